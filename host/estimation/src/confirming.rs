//! Whether a person is asked before a run is started.

use stepwell_contract::{Budget, Confirmation, Estimate};

/// Whether a run needs a yes, where the operator wants to be asked above this. Where money can't say so, tokens do.
#[must_use]
pub fn confirmation(estimate: &Estimate, above: Budget) -> Confirmation {
    let most = estimate.money.map(|money| money.high);
    let tokens = above
        .tokens
        .is_some_and(|above| estimate.tokens().high > above);
    // What is known of it may be above already.
    let money = above
        .money
        .is_some_and(|above| most.is_some_and(|most| most > above));
    if estimate.asks() && (tokens || money) {
        return Confirmation::Needed { above };
    }
    let is_blind = above.money.is_some() && above.tokens.is_none() && !estimate.unpriced.is_empty();
    match is_blind && estimate.asks() {
        true => Confirmation::PriceUnknown,
        false => Confirmation::NotNeeded,
    }
}
