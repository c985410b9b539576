//! What a plugin that was compiled once rests on: the contract as it was released, in `tests/released`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stepwell_tests::Project;
use wit_component::semver_check;
use wit_parser::{PackageId, Resolve};

/// A folder of this repository.
fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The files of a contract, each with its text.
fn contract(folder: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "wit"));
    let files = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    files.collect()
}

/// The contract as it was released, by its version.
fn released(version: &str) -> Vec<(String, String)> {
    contract(&here("tests/released").join(version).join("wit"))
}

/// One package that can stand beside another one of its name.
fn pushed(resolve: &mut Resolve, files: &[(String, String)], number: u32) -> PackageId {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let (first, rest) = text.split_once(";\n").unwrap();
        assert!(
            first.starts_with("package stepwell:plugin@0.1."),
            "{name}: {first}"
        );
        let text = format!("package stepwell:plugin@0.{number}.0;\n{rest}");
        fs::write(folder.path().join(name), text).unwrap();
    }
    resolve.push_dir(folder.path()).unwrap().0
}

/// Why a component that was made for one contract is none for another.
fn broken(one: &[(String, String)], other: &[(String, String)]) -> Option<String> {
    let mut resolve = Resolve::default();
    let one = pushed(&mut resolve, one, 1);
    let other = pushed(&mut resolve, other, 2);
    let world = |package| resolve.select_world(&[package], Some("step")).unwrap();
    let (one, other) = (world(one), world(other));
    let checked = semver_check(resolve, one, other);
    checked.err().map(|error| format!("{error:#}"))
}

/// Every version that was released, oldest first.
fn versions() -> Vec<String> {
    let folders = fs::read_dir(here("tests/released")).unwrap();
    let mut versions: Vec<_> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    versions.sort();
    versions
}

#[test]
fn no_plugin_that_was_compiled_is_broken_by_the_contract() {
    let now = contract(&here("wit"));
    let versions = versions();
    assert!(versions.contains(&"0.1.0".to_owned()), "{versions:?}");
    for version in versions {
        if let Some(reason) = broken(&released(&version), &now) {
            panic!("`wit/` breaks plugins of {version}: see wit/README.md\n{reason}");
        }
    }
}

/// The rows of the table in `wit/README.md`: what is changed, into what, and whether that breaks a compiled plugin.
#[test]
fn a_change_that_breaks_compiled_plugins_is_found() {
    let plain = "interface more { tell: func(text: string); }";
    let changes = [
        (
            "a function in an imported interface",
            "progress.wit",
            "  log: func",
            "  beep: func();\n  log: func",
            false,
        ),
        (
            "an imported interface",
            "step.wit",
            "world step {",
            &*format!("{plain}\nworld step {{\n  import more;"),
            false,
        ),
        (
            "documentation",
            "progress.wit",
            "/// How far",
            "/// So far",
            false,
        ),
        (
            "a field of a record",
            "chat.wit",
            "model: option<string>,\n    max",
            "model: option<string>,\n    more: option<string>,\n    max",
            true,
        ),
        (
            "a case of an enum",
            "chat.wit",
            "enum role { system,",
            "enum role { developer, system,",
            true,
        ),
        (
            "a case of a variant",
            "context.wit",
            "too-large, unavailable,",
            "too-large, too-late, unavailable,",
            true,
        ),
        (
            "a parameter",
            "context.wit",
            "load-checkpoint: func(key: string)",
            "load-checkpoint: func(key: string, most: u32)",
            true,
        ),
        (
            "a result",
            "context.wit",
            "attempt: func() -> u32",
            "attempt: func() -> u64",
            true,
        ),
        (
            "a function of the step",
            "step.wit",
            "  /// Calls no host function.\n  describe",
            "  version: func() -> string;\n  describe",
            true,
        ),
        (
            "an export",
            "step.wit",
            "export guest;",
            &*format!("export guest;\n  export more;\n}}\n{plain}\nworld rest {{"),
            true,
        ),
        ("a name", "context.wit", "run-id: func", "run: func", true),
        (
            "an interface that is gone",
            "step.wit",
            "  import progress;\n",
            "",
            true,
        ),
    ];
    let now = released("0.1.0");
    for (what, file, text, other, breaks) in changes {
        let mut changed = now.clone();
        let changing = changed.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(changing.1.contains(text), "{what}: {file} has no `{text}`");
        changing.1 = changing.1.replacen(text, other, 1);
        let reason = broken(&now, &changed);
        assert_eq!(reason.is_some(), breaks, "{what}: {reason:?}");
    }
}

/// A project with a plugin that was compiled when that version was released, and the workflow of its folder. None where it has no plugin in
/// this language.
fn with_plugin(version: &str, kind: &str, language: &str) -> Option<Project> {
    let folder = here("tests/released").join(version).join(kind);
    let packed = fs::File::open(folder.join(format!("{language}.wasm.zst"))).ok()?;
    let project = Project::new();
    fs::write(
        project.join("plugin.wasm"),
        zstd::decode_all(packed).unwrap(),
    )
    .unwrap();
    for file in ["flow.toml", "flow.cassette"] {
        fs::copy(folder.join(file), project.join(file)).unwrap();
    }
    Some(project)
}

const LANGUAGES: [&str; 5] = ["rust", "python", "javascript", "go", "c"];

fn replayed(project: &Project, more: &[&str]) {
    let run = ["run", "flow.toml", "--replay", "flow.cassette"];
    let _ = project.run(&[&run[..], more].concat()).exits_with(0);
}

#[test]
fn a_plugin_that_was_compiled_then_runs_today() {
    let mut ran = Vec::new();
    for version in versions() {
        for language in LANGUAGES {
            let Some(project) = with_plugin(&version, "notes", language) else {
                continue;
            };
            let _ = project
                .run(&["plugin", "check", "plugin.wasm"])
                .exits_with(0);
            replayed(&project, &["--input", "changes=faster reading"]);
            let notes = project.document("notes", "notes");
            assert_eq!(notes.trim(), "- Reading is twice as fast.", "{language}");
            ran.push(language);
        }
        for language in LANGUAGES {
            let Some(project) = with_plugin(&version, "busy", language) else {
                continue;
            };
            project.write("in.txt", "here");
            replayed(&project, &["--input", "text= a ", "--answer", "who=me"]);
            let report: Value = serde_json::from_str(&project.document("busy", "report")).unwrap();
            assert_eq!(report["prompt"], "loud: a", "{language}: {report}");
            assert_eq!(report["answers"], json!(["1\n", "2\n"]), "{language}");
            assert_eq!(report["person"], json!(["me"]), "{language}");
            assert_eq!(project.read("out.txt").unwrap(), "hereé", "{language}");
            ran.push(language);
        }
    }
    ran.sort_unstable();
    assert_eq!(ran, ["c", "go", "javascript", "python", "rust"]);
}
