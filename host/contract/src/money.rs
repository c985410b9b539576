//! An amount of money.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of money in micro-dollars (millionths of the currency that prices are given in).
///
/// An integer, so that sums are exact.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Money(pub u64);

impl Money {
    /// Reads dollars such as `5`, `1.25` or `0.000001`, exactly; none where the text is anything else.
    #[must_use]
    pub fn from_dollars(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = fraction.trim_end_matches('0');
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return None;
        }
        let millionths: u64 = format!("{fraction:0<6}").parse().ok()?;
        let dollars: u64 = whole.parse().ok()?;
        Some(Self(
            dollars.checked_mul(1_000_000)?.checked_add(millionths)?,
        ))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 != 0 && self.0 < 10_000 {
            write!(f, "${}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
        } else {
            write!(
                f,
                "${}.{:02}",
                self.0 / 1_000_000,
                self.0 % 1_000_000 / 10_000
            )
        }
    }
}
