//! Whether a person has said yes to what something will probably take.

use stepwell_contract::{Budget, Confirmation, Remedy, RunEstimate};

use crate::state::House;
use crate::words::{Event, RunError, ToStart};

/// Whether the operator wants a yes to anything: else nobody is told what it will take, and it needn't be reckoned.
pub(crate) fn asks_above(house: &House) -> bool {
    house.configuration.confirm_above != Budget::default()
}

/// Lets pass what needs no yes, or has one; gives what is worth a warning about it.
///
/// # Errors
/// [`RunError::NotConfirmed`].
pub(crate) fn confirmed(
    what: ToStart,
    estimated: &RunEstimate,
    is_confirmed: bool,
) -> Result<Option<Event>, RunError> {
    let total = &estimated.total;
    match estimated.confirmation {
        Confirmation::Needed { above } if !is_confirmed => Err(RunError::NotConfirmed {
            what,
            estimate: Box::new(total.clone()),
            above,
        }),
        Confirmation::Needed { .. } | Confirmation::NotNeeded => Ok(None),
        Confirmation::PriceUnknown => Ok(Some(Event::Warning {
            message: format!(
                "nobody was asked for a yes: `confirm_above` is in money alone, and the price of {} isn't known",
                total.unpriced.join(", ")
            ),
            remedy: Some(Remedy::PriceModels),
        })),
    }
}
