//! The prices of the known providers, as of a day: what holds where the operator says nothing of a model's price.
//!
//! The facts stand in `prices.toml`, with where they come from. Nothing here is guessed: a model that isn't on the list has no
//! price, and neither has one at another address than its provider's own.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::LazyLock;

use jiff::civil::Date;
use reqwest::Url;
use serde::Deserialize;
use serde::de::Error as _;
use stepwell_contract::{LongRates, Money, Price, PriceSource, Prices, Rates};

static LIST: LazyLock<Option<PriceList>> =
    LazyLock::new(|| toml::from_str(include_str!("prices.toml")).ok());

/// The day of the list of prices that comes with the program.
#[must_use]
pub fn prices_as_of() -> Option<Date> {
    Some(LIST.as_ref()?.as_of)
}

/// What the list says of a model, by its name at the provider that is reached at this address.
pub(crate) fn listed(base_url: &Url, model: &str) -> Option<Price> {
    let list = LIST.as_ref()?;
    let prices = list.prices(base_url, model)?;
    let source = PriceSource::List { as_of: list.as_of };
    Some(Price { prices, source })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceList {
    as_of: Date,
    providers: BTreeMap<String, Listed>,
}

/// A provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// The host of its own server.
    address: String,
    models: BTreeMap<String, ListedModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedModel {
    input: Dollars,
    output: Dollars,
    cache_read: Option<Dollars>,
    cache_write: Option<Dollars>,
    cache_write_hour: Option<Dollars>,
    long: Option<ListedLong>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedLong {
    above: u32,
    input: Dollars,
    output: Dollars,
    cache_read: Option<Dollars>,
    cache_write: Option<Dollars>,
    cache_write_hour: Option<Dollars>,
}

impl PriceList {
    fn prices(&self, base_url: &Url, model: &str) -> Option<Prices> {
        // The same host over an open connection, or at another port, is somebody in between.
        if base_url.scheme() != "https" || base_url.port().is_some() {
            return None;
        }
        let host = base_url.host_str()?;
        let mut providers = self.providers.values();
        let provider = providers.find(|provider| provider.address == host)?;
        let listed = |model: &str| provider.models.get(model).map(ListedModel::prices);
        listed(model).or_else(|| listed(undated(model)?))
    }
}

impl ListedModel {
    fn prices(&self) -> Prices {
        let money = |dollars: &Option<Dollars>| dollars.as_ref().map(|dollars| dollars.0);
        let long = self.long.as_ref().map(|long| LongRates {
            above: long.above,
            rates: Rates {
                input: long.input.0,
                output: long.output.0,
                cache_read: money(&long.cache_read),
                cache_write: money(&long.cache_write),
                cache_write_hour: money(&long.cache_write_hour),
            },
        });
        let rates = Rates {
            input: self.input.0,
            output: self.output.0,
            cache_read: money(&self.cache_read),
            cache_write: money(&self.cache_write),
            cache_write_hour: money(&self.cache_write_hour),
        };
        Prices { rates, long }
    }
}

/// A model's name without the day of its version, or `-latest`; none where it has neither.
fn undated(model: &str) -> Option<&str> {
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (name, last) = model.rsplit_once('-')?;
    if last.len() == 8 && digits(last) {
        let (year, rest) = last.split_at(4);
        let (month, day) = rest.split_at(2);
        return is_day(year, month, day).then_some(name);
    }
    let (name, month) = name.rsplit_once('-')?;
    let (name, year) = name.rsplit_once('-')?;
    let is_written = [(year, 4), (month, 2), (last, 2)]
        .into_iter()
        .all(|(part, length)| part.len() == length && digits(part));
    (is_written && is_day(year, month, last)).then_some(name)
}

fn is_day(year: &str, month: &str, day: &str) -> bool {
    year.starts_with("20") && Date::from_str(&format!("{year}-{month}-{day}")).is_ok()
}

/// Dollars as they are written, exactly: `12.5`.
struct Dollars(Money);

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let money = Money::from_dollars(&text);
        money.map(Self).ok_or_else(|| D::Error::custom(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str, model: &str) -> Option<Rates> {
        let url = Url::parse(address).unwrap();
        Some(listed(&url, model)?.prices.rates)
    }

    #[test]
    fn the_list_can_be_read_and_says_no_price_of_nothing() {
        let list: PriceList = toml::from_str(include_str!("prices.toml")).unwrap();
        assert!(list.as_of > "2026-01-01".parse().unwrap());
        let mut count = 0;
        for (name, provider) in &list.providers {
            assert!(!provider.models.is_empty(), "{name}");
            for (model, listed) in &provider.models {
                let Prices { rates, long } = listed.prices();
                for rates in [Some(rates), long.map(|long| long.rates)].iter().flatten() {
                    assert!(rates.input.0 > 0 && rates.output.0 > 0, "{model}");
                    assert!(rates.cache_read.is_none_or(|read| read.0 < rates.input.0));
                    assert!(rates.output.0 < 1_000_000_000, "{model}: dollars");
                }
                let dearer = |long: LongRates| long.rates.input.0 > rates.input.0;
                assert!(long.is_none_or(dearer), "{model}");
                count += 1;
            }
        }
        assert!(count > 90, "{count}");
    }

    #[test]
    fn a_price_is_found_by_the_exact_name_or_by_it_without_its_date() {
        const ANTHROPIC: &str = "https://api.anthropic.com/v1";
        const OPENAI: &str = "https://api.openai.com/v1";
        let sonnet = at(ANTHROPIC, "claude-sonnet-4-5").unwrap();
        assert_eq!(sonnet.input, Money(3_000_000));
        assert_eq!(sonnet.cache_write_hour, Some(Money(6_000_000)));
        for same in ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5-latest"] {
            assert_eq!(at(ANTHROPIC, same), Some(sonnet), "{same}");
        }
        assert_eq!(at(OPENAI, "gpt-5-2025-08-07"), at(OPENAI, "gpt-5"));
        // What has a price of its own keeps it.
        assert_ne!(at(OPENAI, "gpt-4o-2024-05-13"), at(OPENAI, "gpt-4o"));
        for other in [
            "gpt-5-turbo",
            "gpt-5-",
            "gpt-5-1234",
            "gpt-5-99999999",
            "gpt-5-2025-13-07",
            "gpt-5-2025-8-7",
            "gpt-5.1-mini",
            "GPT-5",
            "claude-sonnet-4-5",
            "",
        ] {
            assert_eq!(at(OPENAI, other), None, "{other}");
        }
    }

    #[test]
    fn another_address_than_the_providers_own_has_no_known_price() {
        assert!(at("https://api.openai.com", "gpt-5").is_some());
        for other in [
            "http://api.openai.com/v1",
            "https://api.openai.com:8443/v1",
            "https://eu.api.openai.com/v1",
            "https://api.openai.com.example.org/v1",
            "http://localhost:8080/v1",
            "https://proxy.example.org/api.openai.com/v1",
            "https://api.anthropic.com/v1",
        ] {
            assert_eq!(at(other, "gpt-5"), None, "{other}");
        }
    }
}
