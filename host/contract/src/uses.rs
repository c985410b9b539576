//! What names the component of a step.

use std::path::Path;

use crate::names::Name;

/// Where a component is, as `uses` of a definition says it, and whatever else names a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uses<'u> {
    /// A step that comes with Stepwell, by its name: `builtin:NAME`.
    Builtin(&'u str),
    /// On another machine, such as `oci://registry.example/name:1`.
    Elsewhere(&'u str),
    /// A file of this machine; or the name that the operator gave to a plugin, which is one word.
    File(&'u str),
}

impl<'u> Uses<'u> {
    /// What a text names.
    #[must_use]
    pub fn of(text: &'u str) -> Self {
        match text.strip_prefix("builtin:") {
            Some(name) => Self::Builtin(name),
            None if text.contains("://") => Self::Elsewhere(text),
            None => Self::File(text),
        }
    }

    /// Whether it is a step that comes with Stepwell.
    #[must_use]
    pub fn is_builtin(self) -> bool {
        matches!(self, Self::Builtin(_))
    }

    /// Whether it lies on another machine.
    #[must_use]
    pub fn is_elsewhere(self) -> bool {
        matches!(self, Self::Elsewhere(_))
    }

    /// Whether it is a file of this machine, or a name.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Whether it is a file, and can't be a name.
    #[must_use]
    pub fn is_path(self) -> bool {
        matches!(self, Self::File(path) if Name::new(path).is_err())
    }

    /// The same for whoever stands elsewhere: a file's path starts at `folder`, unless it is absolute. One word stays as it is, since it
    /// may be a name.
    #[must_use]
    pub fn seen_from(text: &'u str, folder: &Path) -> String {
        match Self::of(text).is_path() {
            true => folder.join(text).display().to_string(),
            false => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_before_files_alone() {
        let folder = Path::new("/home/ada");
        let seen = |text| Uses::seen_from(text, folder);
        assert_eq!(seen("plugins/a.wasm"), "/home/ada/plugins/a.wasm");
        assert_eq!(seen("/b.wasm"), "/b.wasm");
        assert_eq!(seen("./notes"), "/home/ada/./notes");
        assert_eq!(seen("notes"), "notes");
        assert_eq!(seen("builtin:refine"), "builtin:refine");
        assert_eq!(seen("oci://host/name:1"), "oci://host/name:1");
        assert_eq!(Uses::of("builtin:refine"), Uses::Builtin("refine"));
        assert!(Uses::of("https://host/a.wasm#sha256:0").is_elsewhere());
        assert!(Uses::of("refine").is_file());
    }
}
