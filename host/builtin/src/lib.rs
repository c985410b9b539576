//! The built-in steps, and what works on templates, JSON Schemas and regular expressions, as the bytes of their components.
//!
//! They are ordinary plugins of the folder `plugins/`, built by this crate's build script. Nothing here loads or
//! runs them.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

/// A component that rides inside the program.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its name, of a step as in `uses = "builtin:requirement"`.
    pub name: &'static str,
    /// The SHA-256 of its component.
    pub sha256: [u8; 32],
    component: Component,
}

#[derive(Debug, Clone, Copy)]
enum Component {
    #[cfg(not(feature = "testing"))]
    Plain(&'static [u8]),
    /// Compressed by zstd.
    #[cfg(feature = "testing")]
    Packed(&'static [u8]),
}

impl Embedded {
    /// Its component. Where it is packed it is unpacked anew by each call, which takes a millisecond, and some 50 ms for the largest
    /// one: whoever needs that often keeps it.
    ///
    /// # Errors
    /// The program's file is damaged.
    pub fn component(&self) -> io::Result<Cow<'static, [u8]>> {
        match self.component {
            #[cfg(not(feature = "testing"))]
            Component::Plain(bytes) => Ok(Cow::Borrowed(bytes)),
            #[cfg(feature = "testing")]
            Component::Packed(bytes) => zstd::stream::decode_all(bytes).map(Cow::Owned),
        }
    }

    /// Whether it asks a model, and so declares prompts.
    #[must_use]
    pub fn has_prompts(&self) -> bool {
        !matches!(self.name, "gate" | "survey" | "testing")
    }

    /// Its component as a piece of memory of its own.
    ///
    /// # Errors
    /// As [`Embedded::component`].
    pub fn shared(&self) -> io::Result<Arc<[u8]>> {
        self.component().map(Arc::from)
    }

    /// How many bytes of the program it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self.component {
            #[cfg(not(feature = "testing"))]
            Component::Plain(bytes) => bytes.len(),
            #[cfg(feature = "testing")]
            Component::Packed(bytes) => bytes.len(),
        }
    }
}

/// All built-in steps that ride inside the program, sorted by name.
pub static STEPS: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/steps.rs"));

/// The component of the crate `stepwell-texts-guest`, which fills templates and holds values against JSON Schemas.
pub static TEXTS: Embedded = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The built-in steps that don't ride inside this build: in another language, and large. Each with the command that builds
/// it.
pub const APART: &[(&str, &str)] = if cfg!(feature = "testing") {
    &[]
} else {
    &[("testing", "plugins/testing/build")]
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The first eight bytes of a component; a core module has `01 00 00 00` in the second half.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn every_step_is_a_component_of_reasonable_size() {
        for step in STEPS {
            let component = step.component().unwrap();
            assert!(component.starts_with(COMPONENT), "{}", step.name);
            let most = match step.name {
                // It brings its interpreter.
                "testing" => 13 << 20,
                // It brings a parser of Python.
                "survey" => 2 << 20,
                // It brings a reader of TOML.
                "test_generation" => 5 << 18,
                _ => 1 << 20,
            };
            assert!(
                step.size() < most,
                "{} has {} bytes: was its debug information left in?",
                step.name,
                step.size()
            );
        }
    }

    #[test]
    #[cfg(feature = "testing")]
    fn what_is_handed_out_has_its_components_packed() {
        for step in STEPS.iter().chain([&TEXTS]) {
            let plain = step.component().unwrap().len();
            assert!(step.size() * 2 < plain, "{} is not packed", step.name);
        }
    }

    #[test]
    fn functions_keep_their_names_for_backtraces() {
        for step in STEPS.iter().filter(|step| step.name != "testing") {
            let name = format!("stepwell_plugin_{}", step.name);
            assert!(
                step.component()
                    .unwrap()
                    .windows(name.len())
                    .any(|window| window == name.as_bytes()),
                "{} has no names",
                step.name
            );
        }
    }

    #[test]
    fn the_whole_workflow_is_there_sorted_by_name() {
        let mut names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        assert!(names.is_sorted());
        names.extend(APART.iter().map(|(name, _)| *name));
        for name in [
            "survey",
            "gate",
            "requirement",
            "refine",
            "architecture_design",
            "implementation",
            "code",
            "test_generation",
            "testing",
            "verify",
        ] {
            assert!(names.contains(&name), "{name} is missing");
        }
    }
}
