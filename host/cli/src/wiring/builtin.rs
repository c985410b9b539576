//! The built-in steps that ride inside of the program.

use stepwell_engine::{BuiltinStep, BuiltinSteps};

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
