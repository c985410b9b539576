//! The work as a module of Extism.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn notes(changes: String) -> FnResult<String> {
    Ok(measured_work::notes(&changes))
}
