//! The built-in steps, as the bytes of their components.
//!
//! They are ordinary plugins of the folder `plugins/`, built by this crate's build script. Nothing here loads or
//! runs them.

/// A step that rides inside the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinStep {
    /// Its name, as in `uses = "builtin:requirement"`.
    pub name: &'static str,
    /// Its component.
    pub component: &'static [u8],
}

static STEPS: &[BuiltinStep] = include!(concat!(env!("OUT_DIR"), "/steps.rs"));

/// The built-in steps that don't ride inside: in another language, and large. Each with the command that builds it.
pub const APART: &[(&str, &str)] = &[("testing", "plugins/testing/build")];

/// All built-in steps that ride inside the program, sorted by name.
#[must_use]
pub fn steps() -> &'static [BuiltinStep] {
    STEPS
}

/// The built-in step of this name.
#[must_use]
pub fn step(name: &str) -> Option<&'static BuiltinStep> {
    STEPS.iter().find(|step| step.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first eight bytes of a component; a core module has `01 00 00 00` in the second half.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn every_step_is_a_component_of_reasonable_size() {
        for step in steps() {
            assert!(step.component.starts_with(COMPONENT), "{}", step.name);
            assert!(
                step.component.len() < 1 << 20,
                "{} has {} bytes: was its debug information left in?",
                step.name,
                step.component.len()
            );
        }
    }

    #[test]
    fn functions_keep_their_names_for_backtraces() {
        for step in steps() {
            let name = format!("stepwell_plugin_{}", step.name);
            assert!(
                step.component
                    .windows(name.len())
                    .any(|window| window == name.as_bytes()),
                "{} has no names",
                step.name
            );
        }
    }

    #[test]
    fn a_step_is_found_by_its_name() {
        assert_eq!(step("requirement").unwrap().name, "requirement");
        assert!(step("requirements").is_none());
    }

    #[test]
    fn the_whole_workflow_is_there_sorted_by_name() {
        let names: Vec<&str> = steps().iter().map(|step| step.name).collect();
        assert!(names.is_sorted());
        for name in [
            "requirement",
            "refine",
            "architecture_design",
            "implementation",
            "code",
            "test_generation",
        ] {
            assert!(names.contains(&name), "{name} is missing");
        }
    }
}
