//! What several figures come to together that are known as ranges alone.

use stepwell_contract::Spread;

/// Figures that are multiplied with each other and have nothing to do with each other: items, rounds, calls, the length of
/// a text.
///
/// The product of all high ends would be right only if everything came at its worst at once, and a handful of ranges from one
/// to six would make a range of thousands, of which nobody learns anything. So each is taken for a spread around its middle,
/// on the scale on which factors add up, and together they spread as independent ones do: by the root of the sum of squares.
pub(crate) fn product(factors: &[Spread]) -> Spread {
    let at_most = factors
        .iter()
        .copied()
        .fold(Spread::exactly(1), Spread::times);
    let open = factors.iter().filter(|factor| factor.low < factor.high);
    if open.count() <= 1 {
        return at_most;
    }
    let (mut middle, mut squares) = (0.0, 0.0);
    for factor in factors {
        let (low, high) = (logarithm(factor.low), logarithm(factor.high));
        middle += f64::midpoint(low, high);
        squares += ((high - low) / 2.0).powi(2);
    }
    let spread = f64::sqrt(squares);
    let low = whole(f64::exp(middle - spread).floor());
    let high = whole(f64::exp(middle + spread).ceil());
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
