//! Tokens, money and times that may not be known: what isn't is a dash, never 0.

use stepwell_contract::{Money, Spent, amounts};

pub(crate) const UNKNOWN: &str = "–";

/// Money, where it is known.
#[must_use]
pub fn money(money: Option<Money>) -> String {
    money.map_or_else(|| UNKNOWN.to_owned(), |money| money.to_string())
}

/// Tokens, where they are known.
#[must_use]
pub fn tokens(count: Option<impl Into<u64>>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), |count| amounts::tokens(count.into()))
}

/// Input and output tokens together, as far as they are known.
#[must_use]
pub fn spent_tokens(spent: &Spent) -> String {
    match (spent.input_tokens, spent.output_tokens) {
        (None, None) => UNKNOWN.to_owned(),
        (input, output) => {
            let sum = amounts::tokens(input.unwrap_or(0) + output.unwrap_or(0));
            at_least(sum, spent.unknown_tokens)
        }
    }
}

/// The money of some calls, as far as it is known.
#[must_use]
pub fn spent_money(spent: &Spent) -> String {
    match spent.money {
        None => UNKNOWN.to_owned(),
        Some(known) => at_least(known.to_string(), spent.unknown_money),
    }
}

fn at_least(sum: String, unknown: u64) -> String {
    if unknown == 0 {
        sum
    } else {
        format!("≥ {sum}")
    }
}

/// How long something took, where it is known.
#[must_use]
pub fn milliseconds(duration: Option<u64>) -> String {
    duration.map_or_else(|| UNKNOWN.to_owned(), amounts::duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_zero() {
        let unknown = Spent {
            attempts: 2,
            input_tokens: Some(12_345),
            output_tokens: Some(0),
            unknown_tokens: 1,
            ..Spent::default()
        };
        assert_eq!(spent_tokens(&unknown), "≥ 12\u{202f}345");
        assert_eq!(spent_money(&unknown), "–");
    }
}
