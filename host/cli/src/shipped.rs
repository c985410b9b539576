//! What rides inside the program as text: workflows to begin with, and the demonstration.
//!
//! It writes them, and runs nothing.

use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// The operator's file to start from.
pub(crate) const CONFIGURATION_TEXT: &str = include_str!("commands/stepwell.toml");

/// A workflow that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Workflow {
    /// Requirement, design, code and tests, which are run in the sandbox and mended while they fail
    AutomatedCoding,
    /// The same with your yes before and after, and every requirement verified
    AgreedCoding,
    /// Automated coding for whatever language, without running the tests
    UntestedCoding,
    /// The requirement document and the architecture design alone
    Design,
}

impl Workflow {
    /// The name of its file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::AutomatedCoding => "automated_coding.toml",
            Self::AgreedCoding => "agreed_coding.toml",
            Self::UntestedCoding => "untested_coding.toml",
            Self::Design => "design.toml",
        }
    }

    /// Its definition.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AutomatedCoding => include_str!("../../../workflows/automated_coding.toml"),
            Self::AgreedCoding => include_str!("../../../workflows/agreed_coding.toml"),
            Self::UntestedCoding => include_str!("../../../workflows/untested_coding.toml"),
            Self::Design => include_str!("../../../workflows/design.toml"),
        }
    }

    /// Whether it has the step that runs tests.
    pub(crate) fn tests(self) -> bool {
        matches!(self, Self::AutomatedCoding | Self::AgreedCoding)
    }
}

/// A workflow of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Demonstration {
    /// With tests that are run, and a mistake that they find
    AutomatedCoding,
    /// Without running the tests
    UntestedCoding,
}

impl Demonstration {
    pub(crate) fn workflow(self) -> Workflow {
        match self {
            Self::AutomatedCoding => Workflow::AutomatedCoding,
            Self::UntestedCoding => Workflow::UntestedCoding,
        }
    }

    /// The definition, for a program in a folder of its own: the recorded answers are nothing that a step should see.
    fn definition(self) -> String {
        let text = self.workflow().text();
        text.replacen("\n[inputs]", "workspace = \"workspace\"\n\n[inputs]", 1)
    }

    /// The file of its recorded answers.
    pub(crate) fn cassette(self) -> &'static str {
        match self {
            Self::AutomatedCoding => "automated_coding.cassette",
            Self::UntestedCoding => "untested_coding.cassette",
        }
    }
}

macro_rules! example {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!("../../../examples/automated_coding/", $path)),
        )
    };
}

/// The demonstration's files: the request, the program that is to have it, and the recorded answers.
const EXAMPLE: &[(&str, &str)] = &[
    example!("automated_coding.cassette"),
    example!("feature.md"),
    example!("untested_coding.cassette"),
    example!("workspace/expenses/__init__.py"),
    example!("workspace/expenses/cli.py"),
    example!("workspace/expenses/ledger.py"),
    example!("workspace/ledger.csv"),
];

/// Writes all of the demonstration into a folder: a project of its own, with both of its workflows. Where that fails, what
/// was written is taken away again: half of it is nothing to look at, and would be in the way of the next try.
pub(crate) fn write_example(folder: &Path) -> io::Result<()> {
    let mut written = Vec::new();
    let ended = write_each(folder, &mut written);
    if ended.is_err() {
        for path in written.iter().rev() {
            let _ = std::fs::remove_file(path);
        }
        // Folders go only if nothing else is in them.
        for (path, _) in EXAMPLE.iter().rev() {
            for folder_of in Path::new(path).ancestors().skip(1) {
                if !folder_of.as_os_str().is_empty() {
                    let _ = std::fs::remove_dir(folder.join(folder_of));
                }
            }
        }
    }
    ended
}

fn write_each(folder: &Path, written: &mut Vec<PathBuf>) -> io::Result<()> {
    let workflows = Demonstration::value_variants()
        .iter()
        .map(|shown| (shown.workflow().file(), shown.definition()));
    let others = [(crate::project::CONFIGURATION, CONFIGURATION_TEXT)];
    let others = others.iter().chain(EXAMPLE);
    for (path, text) in workflows.chain(others.map(|(path, text)| (*path, (*text).to_owned()))) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        write_new(&path, &text)?;
        written.push(path);
    }
    Ok(())
}

/// Writes a file whole, or not at all, and never over one that is there.
pub(crate) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = new_file(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file that others may read, as any editor makes it; a temporary one is for its owner alone.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        // Less what the user's mask takes away.
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_workflow_is_named_as_its_file() {
        for workflow in Workflow::value_variants() {
            let name = workflow.to_possible_value().unwrap();
            assert_eq!(workflow.file(), format!("{}.toml", name.get_name()));
            let (definition, diagnostics) =
                stepwell_definition::parse_definition(workflow.text(), workflow.file());
            assert!(diagnostics.is_empty(), "{diagnostics:?}");
            assert_eq!(definition.unwrap().name.as_str(), name.get_name());
            assert_eq!(
                workflow.text().contains("\"builtin:testing\""),
                workflow.tests()
            );
        }
    }

    #[test]
    fn the_demonstration_works_in_a_folder_of_its_own() {
        for shown in Demonstration::value_variants() {
            let (definition, diagnostics) =
                stepwell_definition::parse_definition(&shown.definition(), "demo.toml");
            assert!(diagnostics.is_empty(), "{diagnostics:?}");
            assert_eq!(definition.unwrap().workspace.unwrap().value, "workspace");
        }
    }

    #[test]
    fn the_demonstration_is_the_example_of_the_repository() {
        fn walk(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{below}{}", path.file_name().unwrap().to_string_lossy());
                // What running the example leaves, and version control passes over.
                if name.starts_with('.') || name.ends_with("__pycache__") {
                    continue;
                }
                match path.is_dir() {
                    true => walk(&path, &format!("{name}/"), found),
                    false => drop(found.insert(name, std::fs::read_to_string(&path).unwrap())),
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/automated_coding");
        let mut example = BTreeMap::new();
        walk(&root, "", &mut example);
        example.remove("README.md");
        let ours: BTreeMap<_, _> = EXAMPLE
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        assert_eq!(ours, example);
    }

    #[test]
    fn a_demonstration_that_cant_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("workspace/ledger.csv");
        std::fs::create_dir(folder.path().join("workspace")).unwrap();
        std::fs::write(&theirs, "theirs").unwrap();
        write_example(folder.path()).unwrap_err();
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        std::fs::remove_file(&theirs).unwrap();
        write_example(folder.path()).unwrap();
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flow.toml");
        write_new(&path, "mine").unwrap();
        let refused = write_new(&path, "yours").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }
}
