//! What several figures come to together that are known as ranges alone.

use stepwell_contract::Spread;

/// A figure that others are multiplied with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factor {
    range: Spread,
    /// The logarithm of what is usual.
    usual: f64,
}

impl Factor {
    /// Anything in the range is as usual as anything else: how long a text is.
    pub(crate) fn anywhere(range: Spread) -> Self {
        let usual = f64::midpoint(logarithm(range.low), logarithm(range.high));
        Self { range, usual }
    }

    /// The low end is what is usual, and more is the exception: one round, one call.
    pub(crate) fn mostly_low(range: Spread) -> Self {
        let usual = logarithm(range.low);
        Self { range, usual }
    }
}

/// Figures that are multiplied with each other and have nothing to do with each other: items, rounds, calls, the length of
/// a text.
///
/// The product of all high ends would be right only if everything came at its worst at once, and a handful of ranges from one
/// to six would make a range of thousands, of which nobody learns anything. So each is taken for a spread around what is
/// usual, on the scale on which factors add up, and together they spread as independent ones do: by the root of the sum of
/// squares, down and up for themselves.
pub(crate) fn product(factors: &[Factor]) -> Spread {
    let at_most = factors
        .iter()
        .map(|factor| factor.range)
        .fold(Spread::exactly(1), Spread::times);
    let open = factors
        .iter()
        .filter(|factor| factor.range.low < factor.range.high);
    if open.count() <= 1 {
        return at_most;
    }
    let (mut usual, mut down, mut up) = (0.0, 0.0, 0.0);
    for factor in factors {
        usual += factor.usual;
        down += (factor.usual - logarithm(factor.range.low)).powi(2);
        up += (logarithm(factor.range.high) - factor.usual).powi(2);
    }
    let low = whole(f64::exp(usual - f64::sqrt(down)).floor());
    let high = whole(f64::exp(usual + f64::sqrt(up)).ceil());
    // Where the low end of one is nothing, so may be that of all.
    let low = if at_most.low == 0 { 0 } else { low };
    Spread::between(
        low.clamp(at_most.low, at_most.high),
        high.clamp(at_most.low, at_most.high),
    )
}

#[allow(
    clippy::cast_precision_loss,
    reason = "an estimate has two digits, and no more are shown"
)]
fn logarithm(figure: u64) -> f64 {
    (figure.max(1) as f64).ln()
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded and not negative; what is too large for it stays the largest that can be"
)]
fn whole(figure: f64) -> u64 {
    figure.max(0.0) as u64
}
