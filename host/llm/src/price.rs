//! What tokens cost.
//!
//! It knows no prices of its own: where the operator gives none, the cost is not known, and never zero.

use stepwell_contract::{Money, Prices, Usage};

/// The cost of a call, where prices and tokens are known; rounded up, so that a sum never falls short.
pub(crate) fn money(prices: Option<&Prices>, usage: &Usage) -> Option<Money> {
    let prices = prices?;
    let (input, output) = (usage.input_tokens?, usage.output_tokens?);
    let cache_read = usage.cache_read_tokens.unwrap_or(0).min(input);
    let cache_write = usage
        .cache_write_tokens
        .unwrap_or(0)
        .min(input - cache_read);
    let fresh = input - cache_read - cache_write;
    Some(sum(&[
        (fresh, prices.input),
        (cache_read, prices.cache_read.unwrap_or(prices.input)),
        (cache_write, prices.cache_write.unwrap_or(prices.input)),
        (output, prices.output),
    ]))
}

/// The most that this many tokens can cost: all input at the dearest of its prices.
pub(crate) fn most(prices: &Prices, input: u32, output: u32) -> Money {
    let dearest = [Some(prices.input), prices.cache_read, prices.cache_write]
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(prices.input);
    sum(&[(input, dearest), (output, prices.output)])
}

fn sum(parts: &[(u32, Money)]) -> Money {
    let millionths: u128 = parts
        .iter()
        .map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0))
        .sum();
    Money(u64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_have_a_price_of_their_own_and_unknown_stays_unknown() {
        let prices = Prices {
            input: Money(2_000_000),
            output: Money(8_000_000),
            cache_read: Some(Money(500_000)),
            cache_write: None,
        };
        let usage = Usage {
            input_tokens: Some(1000),
            output_tokens: Some(100),
            cache_read_tokens: Some(400),
            ..Usage::default()
        };
        assert_eq!(
            money(Some(&prices), &usage),
            Some(Money(600 * 2 + 400 / 2 + 100 * 8))
        );
        assert_eq!(money(None, &usage), None);
        assert_eq!(money(Some(&prices), &Usage::default()), None);
        let tiny = Usage {
            input_tokens: Some(1),
            output_tokens: Some(0),
            cache_read_tokens: Some(1),
            ..usage
        };
        assert_eq!(money(Some(&prices), &tiny), Some(Money(1)), "rounded up");
        assert_eq!(most(&prices, 1000, 100), Money(2800));
    }
}
