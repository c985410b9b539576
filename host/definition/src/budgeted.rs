//! Reads a budget, wherever one stands.

use stepwell_contract::Budget;

use crate::diagnostics::Problems;
use crate::reader::Table;

/// A key that holds a budget; without it nothing is bounded.
pub(crate) fn budget(
    table: &Table<'_, '_>,
    key: &str,
    what: &str,
    problems: &mut Problems,
) -> Budget {
    let Some(table) = table.below(key, what, problems) else {
        return Budget::default();
    };
    Budget {
        tokens: table.number("tokens", problems),
        money: table.money("money", problems),
    }
}
