//! What tokens cost.
//!
//! It knows no prices of its own: where there is none, the cost is not known, and never zero.

use stepwell_contract::{
    Attachment, ChatRequest, LongRates, Message, Money, Part, Price, PriceSource, Prices, Rates,
    Usage,
};

use crate::ResolvedModel;

/// Options of a request by which a provider asks another price than the one that it lists.
const SURCHARGED: [&str; 3] = ["service_tier", "speed", "inference_geo"];

/// The price of a request; none where nobody knows it. A listed price is that of ordinary requests of texts and pictures; one
/// that the operator gives is taken as it is.
pub(crate) fn of<'m>(model: &'m ResolvedModel, request: &ChatRequest) -> Option<&'m Price> {
    let price = model.prices.as_ref()?;
    let is_ordinary = || {
        let surcharged = |name: &str| SURCHARGED.contains(&name);
        let mut options = request.options.iter();
        !options.any(|option| surcharged(&option.name)) && !request.messages.iter().any(has_sound)
    };
    match price.source {
        PriceSource::List { .. } if !is_ordinary() => None,
        PriceSource::List { .. } | PriceSource::You => Some(price),
    }
}

/// The price of a request in a batch, which is a part of the ordinary one.
pub(crate) fn in_batch(prices: Prices, percent: u32) -> Prices {
    let part = |money: Money| {
        let part = (u128::from(money.0) * u128::from(percent)).div_ceil(100);
        money_of(part)
    };
    let rates = |rates: Rates| Rates {
        input: part(rates.input),
        output: part(rates.output),
        cache_read: rates.cache_read.map(part),
        cache_write: rates.cache_write.map(part),
        cache_write_hour: rates.cache_write_hour.map(part),
    };
    Prices {
        rates: rates(prices.rates),
        long: prices.long.map(|long| LongRates {
            rates: rates(long.rates),
            ..long
        }),
    }
}

/// Whether a message holds what isn't counted as text: sounds, and films with their sound.
fn has_sound(message: &Message) -> bool {
    let sounds = |file: &Attachment| {
        let kind = file.media_type.as_str();
        kind.starts_with("audio/") || kind.starts_with("video/")
    };
    message.parts.iter().any(|part| match part {
        Part::Attachment(file) => sounds(file),
        Part::ToolResult(result) => result.attachments.iter().any(sounds),
        Part::Text(_) | Part::ToolCall(_) | Part::Opaque(_) => false,
    })
}

/// The cost of an attempt, and what its provider's cache saved of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// What it cost; rounded up, so that a sum never falls short.
    pub(crate) money: Money,
    /// What the tokens that were read from the cache would have cost more; rounded down.
    pub(crate) saved: Money,
}

/// The cost of an attempt, where its tokens are known. `hour_writes` are the tokens that were written to the cache for an hour,
/// of those that were written at all.
pub(crate) fn cost(prices: &Prices, usage: &Usage, hour_writes: Option<u32>) -> Option<Cost> {
    let (input, output) = (usage.input_tokens?, usage.output_tokens?);
    let rates = prices.rates_for(input.into());
    let cache_read = usage.cache_read_tokens.unwrap_or(0).min(input);
    let left = input - cache_read;
    let cache_write = usage.cache_write_tokens.unwrap_or(0).min(left);
    let hour = hour_writes.unwrap_or(0).min(cache_write);
    let of_read = rates.cache_read.unwrap_or(rates.input);
    let of_write = rates.cache_write.unwrap_or(rates.input);
    let money = total(&[
        (left - cache_write, rates.input),
        (cache_read, of_read),
        (cache_write - hour, of_write),
        (hour, rates.cache_write_hour.unwrap_or(of_write)),
        (output, rates.output),
    ]);
    let less = Money(rates.input.0.saturating_sub(of_read.0));
    Some(Cost {
        money: money_of(money.div_ceil(MILLION)),
        saved: money_of(total(&[(cache_read, less)]) / MILLION),
    })
}

/// The most that this many tokens can cost: all input at the dearest of its prices.
pub(crate) fn most(prices: &Prices, input: u32, output: u32) -> Money {
    let cost = |rates: Rates| {
        let dearest = rates.of_input().max().unwrap_or(rates.input);
        total(&[(input, dearest), (output, rates.output)])
    };
    let of_length = prices.rates_for(input.into());
    money_of(cost(prices.rates).max(cost(of_length)).div_ceil(MILLION))
}

const MILLION: u128 = 1_000_000;

fn total(parts: &[(u32, Money)]) -> u128 {
    parts
        .iter()
        .map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0))
        .sum()
}

fn money_of(amount: u128) -> Money {
    Money(u64::try_from(amount).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> Rates {
        Rates {
            cache_read: Some(Money(500_000)),
            ..Rates::of(Money(2_000_000), Money(8_000_000))
        }
    }

    fn used(input: u32, output: u32) -> Usage {
        Usage {
            input_tokens: Some(input),
            output_tokens: Some(output),
            ..Usage::default()
        }
    }

    #[test]
    fn cached_tokens_have_a_price_of_their_own_and_unknown_stays_unknown() {
        let prices = Prices::from(rates());
        let usage = Usage {
            cache_read_tokens: Some(400),
            ..used(1000, 100)
        };
        let found = cost(&prices, &usage, None).unwrap();
        assert_eq!(found.money, Money(600 * 2 + 400 / 2 + 100 * 8));
        assert_eq!(found.saved, Money(600), "1.5 for each of the 400");
        assert_eq!(cost(&prices, &Usage::default(), None), None);
        let tiny = Usage {
            cache_read_tokens: Some(1),
            ..used(1, 0)
        };
        let found = cost(&prices, &tiny, None).unwrap();
        assert_eq!((found.money, found.saved), (Money(1), Money(1)));
        assert_eq!(most(&prices, 1000, 100), Money(2800));
    }

    #[test]
    fn what_is_kept_for_an_hour_is_dearer_than_what_is_kept_for_minutes() {
        let prices = Prices::from(Rates {
            cache_write: Some(Money(2_500_000)),
            cache_write_hour: Some(Money(4_000_000)),
            ..rates()
        });
        let usage = Usage {
            cache_write_tokens: Some(100),
            ..used(100, 0)
        };
        let money = |hour| cost(&prices, &usage, hour).unwrap().money;
        assert_eq!(money(None), Money(250));
        assert_eq!(money(Some(40)), Money(60 * 5 / 2 + 40 * 4));
        assert_eq!(money(Some(1000)), Money(400), "no more than were written");
        assert_eq!(most(&prices, 100, 0), Money(400));
    }

    #[test]
    fn a_batch_costs_its_part_of_each_price() {
        let price = Price {
            prices: Prices {
                rates: Rates {
                    cache_read: Some(Money(3)),
                    ..rates()
                },
                long: Some(LongRates {
                    above: 1000,
                    rates: rates(),
                }),
            },
            source: PriceSource::You,
        };
        let half = in_batch(price.prices, 50);
        assert_eq!(half.rates.input, Money(1_000_000));
        assert_eq!(half.rates.output, Money(4_000_000));
        assert_eq!(half.rates.cache_read, Some(Money(2)), "rounded up");
        assert_eq!(half.rates.cache_write, None);
        let long = half.long.unwrap();
        assert_eq!((long.above, long.rates.input), (1000, Money(1_000_000)));
        assert_eq!(in_batch(price.prices, 100), price.prices);
    }

    #[test]
    fn a_long_request_is_dearer_as_a_whole() {
        let long = LongRates {
            above: 1000,
            rates: Rates::of(Money(4_000_000), Money(16_000_000)),
        };
        let prices = Prices {
            rates: rates(),
            long: Some(long),
        };
        let money = |input| cost(&prices, &used(input, 10), None).unwrap().money;
        assert_eq!(money(1000), Money(2000 + 80));
        assert_eq!(money(1001), Money(4004 + 160));
        assert_eq!(most(&prices, 1001, 10), Money(4004 + 160));
    }
}
