//! What every project has, in whatever language. That each is built, tested and run is a test from outside.

#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stepwell_scaffold::{File, Language, Scaffold, Sdk, contract};
use strum::VariantArray as _;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text_of<'f>(files: &'f [File], path: &str) -> &'f str {
    let file = files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("there is no {path}")).text
}

/// What a template has in the place of what is a project's own.
const WORDS: [&str; 6] = [
    "PLUGIN_NAME",
    "PLUGIN_COMPONENT",
    "PLUGIN_PREPARE",
    "PLUGIN_TEST",
    "PLUGIN_BUILD",
    "SDK_DEPENDENCY",
];

/// Every language with every way to have the SDK.
fn all() -> impl Iterator<Item = (Language, Sdk, Scaffold)> {
    let folder = "/somebody's \"folder\"".to_owned();
    let sdks = [Sdk::Vendored, Sdk::Published, Sdk::At(folder)];
    let each = sdks
        .into_iter()
        .flat_map(|sdk| Language::VARIANTS.iter().map(move |&it| (it, sdk.clone())));
    each.map(|(language, sdk)| {
        let name = "wise_step".parse().unwrap();
        (language, sdk.clone(), Scaffold::new(name, language, sdk))
    })
}

#[test]
fn a_project_has_what_is_promised() {
    for (language, sdk, scaffold) in all() {
        let files = scaffold.files();
        let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths.len(),
            files.len(),
            "{language}: a file is there twice"
        );
        for path in [
            ".gitignore",
            "README.md",
            "workflow.cassette",
            "wit/step.wit",
        ] {
            assert!(paths.contains(path), "{language}: {path}");
        }
        for file in &files {
            let word = WORDS.iter().find(|word| file.text.contains(**word));
            assert_eq!(word, None, "{language}: {} isn't filled", file.path);
        }
        let plugin: toml::Table = text_of(&files, "stepwell-plugin.toml").parse().unwrap();
        assert_eq!(
            plugin["build"].as_str(),
            Some(&*scaffold.build()),
            "{language}"
        );
        assert_eq!(
            plugin["component"].as_str(),
            Some(&*scaffold.component()),
            "{language}"
        );
        let vendored = paths.iter().any(|path| path.starts_with("vendor/"));
        assert_eq!(
            vendored,
            sdk == Sdk::Vendored && !matches!(language, Language::Go | Language::C),
            "{language}"
        );
        let is_licence = |path: &&str| {
            path.ends_with("/LICENSE")
                && (path.starts_with("vendor/") || *path == "bindings/LICENSE")
        };
        assert_eq!(
            paths.iter().any(is_licence),
            vendored || language == Language::Go,
            "{language}"
        );
    }
}

#[test]
fn its_page_has_the_commands_that_come_next() {
    for (language, _, scaffold) in all() {
        let files = scaffold.files();
        let page = text_of(&files, "README.md");
        for command in scaffold.next() {
            assert!(
                page.lines().any(|line| line == command),
                "{language}: {command}"
            );
        }
    }
}

#[test]
fn its_workflow_is_one() {
    for (language, _, scaffold) in all() {
        let files = scaffold.files();
        let text = text_of(&files, "workflow.toml");
        let (definition, diagnostics) =
            stepwell_definition::parse_definition(text, "workflow.toml");
        assert!(diagnostics.is_empty(), "{language}: {diagnostics:?}");
        assert_eq!(definition.unwrap().name.as_str(), "wise_step");
    }
}

#[test]
fn a_folder_of_any_name_is_written_as_a_manifest_has_it() {
    for (language, sdk, scaffold) in all() {
        let Sdk::At(folder) = sdk else { continue };
        let files = scaffold.files();
        match language {
            Language::Rust => {
                let manifest: toml::Table = text_of(&files, "Cargo.toml").parse().unwrap();
                assert_eq!(
                    manifest["dependencies"]["stepwell-sdk"]["path"].as_str(),
                    Some(&*folder)
                );
            }
            Language::JavaScript => {
                let text = text_of(&files, "package.json");
                let manifest: serde_json::Value = serde_json::from_str(text).unwrap();
                assert_eq!(
                    manifest["dependencies"]["stepwell-sdk"],
                    format!("file:{folder}")
                );
            }
            Language::Python => {
                let command = scaffold
                    .next()
                    .into_iter()
                    .find(|line| line.contains("--target vendor"));
                assert!(
                    command
                        .unwrap()
                        .ends_with(r#"vendor '/somebody'\''s "folder"'"#)
                );
            }
            Language::Go | Language::C => {}
        }
    }
}

#[test]
fn the_sdk_in_rust_stands_alone() {
    let name = "wise_step".parse().unwrap();
    let files = Scaffold::new(name, Language::Rust, Sdk::Vendored).files();
    let text = text_of(&files, "vendor/stepwell-sdk/Cargo.toml");
    assert!(!text.contains("workspace"), "{text}");
    let manifest: toml::Table = text.parse().unwrap();
    assert_eq!(
        manifest["package"]["version"].as_str(),
        Some(env!("CARGO_PKG_VERSION"))
    );
    let serde = &manifest["dependencies"]["serde"];
    assert!(
        serde["features"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it.as_str() == Some("derive"))
    );
    assert!(manifest.get("dev-dependencies").is_none() && manifest.get("lints").is_none());
}

#[test]
fn the_adapter_of_go_is_wasmtimes_to_the_byte() {
    let name = "wise_step".parse().unwrap();
    let files = Scaffold::new(name, Language::Go, Sdk::Vendored).files();
    let module = wat::parse_str(text_of(&files, "bindings/wasi_snapshot_preview1.wat")).unwrap();
    assert!(
        module == wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    );
}

#[test]
fn in_go_the_functions_of_the_host_are_declared_for_a_component_and_for_a_test() {
    let name = "wise_step".parse().unwrap();
    let files = Scaffold::new(name, Language::Go, Sdk::Vendored).files();
    let functions = |path: &str| {
        let text = text_of(&files, &format!("bindings/imports/{path}"));
        let lines = text
            .lines()
            .filter(|line| line.starts_with("func wasm_import_"));
        let names = lines.map(|line| line.trim_end_matches(" {").to_owned());
        names.collect::<Vec<_>>()
    };
    for interface in [
        "chat",
        "context",
        "dialogue",
        "documents",
        "progress",
        "prompts",
        "workspace",
    ] {
        let inside = functions(&format!(
            "stepwell_plugin_{interface}/wit_imports_wasip1.go"
        ));
        let outside = functions(&format!("stepwell_plugin_{interface}/wit_imports_other.go"));
        assert!(
            !inside.is_empty() && inside == outside,
            "{interface}: {outside:?}"
        );
        assert!(functions(&format!("stepwell_plugin_{interface}/wit_bindings.go")).is_empty());
    }
    // All else that the bindings need is in them.
    for file in files
        .iter()
        .filter(|file| file.path.starts_with("bindings/"))
    {
        assert!(
            !file.text.contains("go.bytecodealliance.org"),
            "{}",
            file.path
        );
    }
}

#[test]
fn the_contract_is_that_of_this_repository() {
    for file in contract() {
        let path = root().join("wit").join(&file.path);
        assert_eq!(
            file.text,
            fs::read_to_string(path).unwrap(),
            "{}",
            file.path
        );
    }
    let package = format!("package {};", stepwell_scaffold::CONTRACT);
    assert!(text_of(&contract(), "step.wit").starts_with(&package));
}

#[test]
fn packages_have_one_version_and_one_licence() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let python: toml::Table = read("sdk/python/pyproject.toml").parse().unwrap();
    assert_eq!(
        python["project"]["version"].as_str(),
        Some(env!("CARGO_PKG_VERSION"))
    );
    let javascript: serde_json::Value =
        serde_json::from_str(&read("sdk/javascript/package.json")).unwrap();
    assert_eq!(javascript["version"], env!("CARGO_PKG_VERSION"));
    for package in ["rust", "python", "javascript"] {
        assert_eq!(
            read("LICENSE"),
            read(&format!("sdk/{package}/LICENSE")),
            "{package}"
        );
    }
}
