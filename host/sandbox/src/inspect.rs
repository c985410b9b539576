//! Whether some bytes are a component that this host can link, and in our own words why not.
//!
//! All of it happens before instantiation: not one instruction of the component runs.

use stepwell_contract::{Import, Language, LoadError};
use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, InstancePre};

use crate::anatomy;
use crate::attempt::Attempt;
use crate::runtime::Runtime;

/// The contract's package and the version that this host has.
const PACKAGE: &str = "stepwell:plugin";
const VERSION: &str = "0.1.0";
/// The interfaces of it that a step may import.
const INTERFACES: [&str; 8] = [
    "chat",
    "context",
    "dialogue",
    "documents",
    "progress",
    "prompts",
    "types",
    "workspace",
];
/// The functions of its `guest`, which every step exports. It never gets another one.
const EXPORTS: [&str; 4] = [
    "describe",
    "construct-prompt",
    "process-response",
    "execute",
];
/// The packages of WASI that are linked, closed, in this version.
const WASI: [&str; 7] = [
    "cli",
    "clocks",
    "filesystem",
    "http",
    "io",
    "random",
    "sockets",
];
/// The interfaces of `wasi:http` among them: a step sends requests, and serves none.
const HTTP: [&str; 2] = ["outgoing-handler", "types"];
const WASI_VERSION: &str = "0.2";

/// Looks at the first eight bytes: the magic number, then version and layer.
pub(crate) fn check_header(bytes: &[u8]) -> Result<(), LoadError> {
    let not_wasm = |reason: String| Err(LoadError::NotWasm { reason });
    match bytes {
        [] => not_wasm("it is empty".into()),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(LoadError::CoreModule {
            language: anatomy::language_of(bytes),
        }),
        [0, b'a', b's', b'm', ..] => not_wasm(
            "it is cut off, or of a version of the format that this host doesn't know".into(),
        ),
        _ => not_wasm("it doesn't start with the magic number `\\0asm`".into()),
    }
}

/// What a component imports and exports, and what of it this host can't link.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    /// The version of the contract that its exports are of.
    pub(crate) contract: Option<String>,
    /// What it imports, each interface with its functions.
    pub(crate) imports: Vec<Import>,
    /// What can be told of it by names alone.
    pub(crate) problems: Vec<LoadError>,
}

/// So many interfaces, and functions of each, are told. What is linked has fewer.
const MOST_IMPORTS: usize = 500;
/// So many problems are told.
const MOST_PROBLEMS: usize = 50;

/// Looks at the imports and exports of a component.
pub(crate) fn look(engine: &Engine, component: &Component, language: Option<&Language>) -> Fit {
    let kind = component.component_type();
    let mut fit = Fit::default();
    for (name, item) in kind.imports(engine) {
        if fit.problems.len() < MOST_PROBLEMS {
            fit.problems.extend(check_import(name).err());
        }
        if fit.imports.len() < MOST_IMPORTS {
            let functions = match &item.ty {
                ComponentItem::ComponentInstance(instance) => {
                    let found = check_plain(engine, name, instance, language);
                    fit.problems.extend(found.err());
                    functions(engine, instance)
                }
                _ => Vec::new(),
            };
            fit.imports.push(Import {
                interface: name.to_owned(),
                functions,
            });
        }
    }
    match check_exports(engine, component, language) {
        Ok(version) => fit.contract = Some(version),
        Err(error) => fit.problems.push(error),
    }
    fit
}

fn functions(engine: &Engine, instance: &ComponentInstance) -> Vec<String> {
    let items = instance.exports(engine);
    let functions = items.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
    let names = functions.map(|(name, _)| name.to_owned());
    names.take(MOST_IMPORTS).collect()
}

/// An error where a function of an interface is asynchronous.
fn check_plain(
    engine: &Engine,
    interface: &str,
    instance: &ComponentInstance,
    language: Option<&Language>,
) -> Result<(), LoadError> {
    let mut items = instance.exports(engine);
    let is_async = |item: &ComponentItem| match item {
        ComponentItem::ComponentFunc(function) => function.async_(),
        _ => false,
    };
    match items.find(|(_, item)| is_async(&item.ty)) {
        None => Ok(()),
        Some((function, _)) => Err(LoadError::AsyncFunctions {
            what: format!("`{interface}#{function}` is asynchronous"),
            language: language.cloned(),
        }),
    }
}

/// Links a component of which nothing is to be said.
pub(crate) fn link(
    runtime: &Runtime,
    component: &Component,
    fit: &Fit,
) -> Result<InstancePre<Attempt>, LoadError> {
    if let Some(problem) = fit.problems.first() {
        return Err(problem.clone());
    }
    runtime
        .linker
        .instantiate_pre(component)
        .map_err(|error| explain(&fit.imports, &error))
}

/// An interface's name in its parts: `stepwell:plugin`, `chat`, `0.1.0`.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/')?;
    Some((package, interface, version))
}

/// Whether a component of this version can be linked: the same minor version below 1.0.
fn fits(version: &str, ours: &str) -> bool {
    let minor = |version: &str| {
        let mut numbers = version.splitn(3, '.').map(str::to_owned);
        (numbers.next(), numbers.next())
    };
    minor(version) == minor(ours) && !version.contains('-')
}

fn check_import(import: &str) -> Result<(), LoadError> {
    let unknown = |hint: String| {
        Err(LoadError::UnknownImport {
            import: import.into(),
            hint,
        })
    };
    let linked = format!(
        "a step may import `{PACKAGE}@{VERSION}` and, closed, `wasi:{{{}}}@{WASI_VERSION}`",
        WASI.join(",")
    );
    let Some((package, interface, version)) = parts(import) else {
        return unknown(format!("it belongs to no interface; {linked}"));
    };
    if package == PACKAGE {
        return if !fits(version, VERSION) {
            unknown(other_version())
        } else if !INTERFACES.contains(&interface) {
            unknown(format!(
                "this host's `{PACKAGE}@{VERSION}` has no `{interface}`; it may come with a newer Stepwell"
            ))
        } else {
            Ok(())
        };
    }
    match package.strip_prefix("wasi:") {
        Some("http") if fits(version, WASI_VERSION) && !HTTP.contains(&interface) => unknown(
            "a step sends requests, where hosts are granted, and serves none: build it as a component of the `step` world".into(),
        ),
        Some(name) if WASI.contains(&name) && !fits(version, WASI_VERSION) => unknown(format!(
            "this host has WASI {WASI_VERSION}: build the plugin for that version (in Rust, `--target wasm32-wasip2`)"
        )),
        Some(name) if WASI.contains(&name) => Ok(()),
        _ => unknown(format!("{linked}; leave out the dependency that needs it")),
    }
}

fn other_version() -> String {
    format!(
        "this host has `{PACKAGE}@{VERSION}`: build the plugin against that version, or use a Stepwell that has the other"
    )
}

/// What exports a step.
fn exported_by(language: Option<&Language>) -> &'static str {
    match language {
        Some(Language::Rust) => "with the SDK, `stepwell_sdk::export!` adds the exports",
        Some(Language::Python) => {
            "with the SDK, `Guest = exported(…)` in the module that componentize-py is given is what it exports"
        }
        Some(Language::JavaScript) => {
            "with the SDK, `export const guest = exported(…)` in the file that componentize-qjs is given is what it exports"
        }
        Some(Language::Go) => {
            "`main.go` imports `bindings/exports/wit_exports`, and hands the step to `stepwell.Export`"
        }
        Some(Language::C) => {
            "its functions are `exports_stepwell_plugin_guest_…`, and `wasm-tools component embed` is given the world `step`"
        }
        _ => "it is built for the world `step` of the contract",
    }
}

/// Gives the version of the contract that its exports are of.
fn check_exports(
    engine: &Engine,
    component: &Component,
    language: Option<&Language>,
) -> Result<String, LoadError> {
    let missing = |export: String, hint: String| Err(LoadError::MissingExport { export, hint });
    let guest = format!("{PACKAGE}/guest@{VERSION}");
    let kind = component.component_type();
    let mut of_other_version = None;
    for (name, item) in kind.exports(engine) {
        let Some((PACKAGE, "guest", version)) = parts(name) else {
            continue;
        };
        if !fits(version, VERSION) {
            of_other_version = Some(name);
            continue;
        }
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        return match EXPORTS
            .iter()
            .find(|function| !instance.exports(engine).any(|(name, _)| name == **function))
        {
            Some(function) => missing(
                format!("{guest}#{function}"),
                "build it against the whole `guest` interface of the contract".into(),
            ),
            None => check_plain(engine, name, &instance, language).map(|()| version.to_owned()),
        };
    }
    match of_other_version {
        Some(name) => missing(
            guest,
            format!("it exports `{name}`, but {}", other_version()),
        ),
        None => missing(guest, format!("is it a step? {}", exported_by(language))),
    }
}

/// What linking says of imports whose interface is known: a function that the host lacks, or another type.
fn explain(imports: &[Import], error: &wasmtime::Error) -> LoadError {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let mut interfaces = imports.iter().map(|import| &import.interface);
    let interface =
        interfaces.find(|name| causes.iter().any(|cause| cause.contains(name.as_str())));
    // wasmtime names the function in one cause and says in the last that there is none. If its words change, the
    // error below is reported instead, which is true as well, only less helpful.
    let missing = causes
        .last()
        .is_some_and(|cause| cause.ends_with("implementation is missing"));
    match interface {
        Some(interface) if missing => {
            let function = causes
                .iter()
                .find_map(|cause| cause.strip_prefix("instance export `")?.split('`').next());
            LoadError::UnknownImport {
                import: match function {
                    Some(function) => format!("{interface}#{function}"),
                    None => interface.clone(),
                },
                hint: "this host's version of the interface lacks it; it may come with a newer Stepwell".into(),
            }
        }
        Some(interface) => LoadError::OtherContract {
            reason: format!("`{interface}`: {}", causes[1..].join(": ")),
        },
        None => LoadError::OtherContract {
            reason: causes.join(": "),
        },
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Remedy;

    use super::*;

    #[test]
    fn versions_fit_within_a_minor_one() {
        for good in ["0.1.0", "0.1.7", "0.1.12"] {
            assert!(fits(good, VERSION), "{good}");
        }
        for bad in ["", "0.2.0", "1.1.0", "9.0.0", "0.1.0-rc.1", "0.11.0"] {
            assert!(!fits(bad, VERSION), "{bad}");
        }
    }

    #[test]
    fn all_interfaces_of_the_world_are_known() {
        let world = include_str!("../../../wit/step.wit");
        let imports = world
            .lines()
            .filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
        let mut imports: Vec<&str> = imports.chain(["types"]).collect();
        imports.sort_unstable();
        assert_eq!(imports, INTERFACES);
        assert!(world.starts_with(&format!("package {PACKAGE}@{VERSION};")));
    }

    #[test]
    fn each_unknown_import_has_a_hint_of_its_own() {
        let hint = |import| match check_import(import).unwrap_err().remedy() {
            Remedy::Said { text } => text,
            other => panic!("{other:?}"),
        };
        assert!(hint("wasi:http/incoming-handler@0.2.0").contains("serves none"));
        assert!(hint("wasi:http/client@0.3.0").contains("wasm32-wasip2"));
        assert!(hint("wasi:cli/stdout@0.3.0").contains("wasm32-wasip2"));
        assert!(
            hint("stepwell:plugin/chat@9.0.0").contains("this host has `stepwell:plugin@0.1.0`")
        );
        assert!(hint("stepwell:plugin/teleport@0.1.0").contains("no `teleport`"));
        assert!(hint("acme:db/query@1.0.0").contains("leave out the dependency"));
        assert!(hint("print").contains("no interface"));
        assert_eq!(check_import("wasi:cli/environment@0.2.6"), Ok(()));
        assert_eq!(check_import("wasi:http/outgoing-handler@0.2.0"), Ok(()));
        assert_eq!(check_import("stepwell:plugin/chat@0.1.3"), Ok(()));
    }
}
