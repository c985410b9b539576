//! The built-in steps that ride inside of the program.

use stepwell_engine::{BuiltinStep, BuiltinSteps};

/// Whether a built-in step has this name, also one that doesn't ride inside.
pub(crate) fn is_builtin(name: &str) -> bool {
    let is_inside = stepwell_builtin::STEPS.iter().any(|step| step.name == name);
    is_inside
        || stepwell_builtin::APART
            .iter()
            .any(|(apart, _)| *apart == name)
}

/// All of them, by name.
pub(super) fn builtin_steps() -> BuiltinSteps {
    let steps = stepwell_builtin::STEPS.iter();
    steps
        .map(|step| {
            let component = || step.shared();
            (
                step.name.to_owned(),
                BuiltinStep::new(step.has_prompts(), component),
            )
        })
        .collect()
}
