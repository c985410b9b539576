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
        // Below a cent exactly; below a dollar, where a cent is much, to a hundredth of one; else to a cent.
        let digits = match self.0 {
            1..10_000 => 6,
            10_000..1_000_000 => 4,
            _ => 2,
        };
        let unit = 10_u64.pow(6 - digits);
        // Half of a unit is rounded up.
        let units = self.0 / unit + u64::from(self.0 % unit >= unit.div_ceil(2));
        let per_dollar = 10_u64.pow(digits);
        let mut fraction = format!("{:0width$}", units % per_dollar, width = digits as usize);
        // A cent's own digits are always there, and what is exact stays as it is.
        while digits == 4 && fraction.len() > 2 && fraction.ends_with('0') {
            fraction.pop();
        }
        write!(f, "${}.{fraction}", units / per_dollar)
    }
}
