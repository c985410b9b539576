//! Parts of what is said of a remedy.

use stepwell_contract::{Choice, FolderProblem, GuestMend, Language, Obstacle};

pub(super) fn cleared(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Full => "make room on the disk of the workspace",
        Obstacle::Permission => "let this user write to the file's folder, or run as one who may",
        Obstacle::InTheWay => "move away what stands in its place",
    }
}

pub(super) fn folder(problem: FolderProblem, workspace: &str) -> String {
    let other = format!("`workspace` in the definition, or {workspace}");
    match problem {
        FolderProblem::Missing => format!("create it, or name another: {other}"),
        FolderProblem::NotAFolder => format!("name a directory: {other}"),
        FolderProblem::Permission => {
            "run as a user who may read and enter it, or change its permissions".to_owned()
        }
        FolderProblem::Closed => format!("name the project's folder, or another: {other}"),
        FolderProblem::Name => format!("choose another with {workspace}"),
        FolderProblem::System => {
            format!("see that its file system is there and whole, or name another: {workspace}")
        }
    }
}

pub(super) fn choice(what: Choice, names: &[String]) -> String {
    let names = names.join(", ");
    match what {
        Choice::Items if names.is_empty() => "name the step alone".to_owned(),
        Choice::Items => format!("its items are {names}"),
        Choice::Steps => format!("its steps are {names}"),
        Choice::Inputs if names.is_empty() => "it has no inputs".to_owned(),
        Choice::Inputs => format!("its inputs are {names}"),
        Choice::Prompts if names.is_empty() => "it uses none".to_owned(),
        Choice::Prompts => format!("it uses {names}"),
        Choice::Documents if names.is_empty() => "it writes none".to_owned(),
        Choice::Documents => format!("it writes {names}"),
        Choice::Versions => format!("compared are {names}"),
    }
}

/// Git may have removed the commits that no branch had any more: only who makes them anew can be sure of a branch where the run left it.
pub(super) fn branch_cleared(
    branch: &str,
    was_left: bool,
    is_gone: bool,
    make_again: &str,
    go_on: &str,
) -> String {
    match was_left {
        true if is_gone => format!("make it again ({make_again}), then {go_on}"),
        true => format!(
            "keep what is there under another name (`git branch -m {branch} NAME`), make it again where the run left it \
             ({make_again}), then {go_on}"
        ),
        false => format!(
            "leave it where it is checked out (`git switch` to another), or give it another name if it isn't of this run \
             (`git branch -m {branch} NAME`); then {go_on}"
        ),
    }
}

pub(super) fn branch_deleted(branch: &str) -> String {
    format!("`git branch -D {branch}` takes all of it back")
}

pub(super) fn repository(publish_files: &str) -> String {
    format!(
        "make it one with a commit (`git init`, `git add`, `git commit`), or start it with {publish_files}"
    )
}

pub(super) fn no_branch(publish_files: &str) -> String {
    format!("mend what it says, or start it with {publish_files}")
}

/// What a plugin's author can do about what its code broke of, as more of a sentence.
pub(super) fn guest_mend(mend: Option<GuestMend>) -> &'static str {
    match mend {
        None => "",
        Some(GuestMend::ImportAtTop) => {
            ": import it at the top of the module, since modules are read while it is built, and none later"
        }
    }
}

/// How a module becomes a component.
pub(super) fn made_a_component(language: Option<&Language>) -> &'static str {
    match language {
        Some(Language::Rust) => "build it with `--target wasm32-wasip2`, which gives a component",
        Some(Language::Python) => "let componentize-py make a component of its source",
        Some(Language::JavaScript) => "let componentize-qjs make a component of its source",
        Some(Language::Go) => {
            "make a component of it: `wasm-tools component embed WIT MODULE --world step`, then `wasm-tools component new` \
             with an adapter, since Go speaks an older WASI"
        }
        Some(Language::C) => {
            "make a component of it: `wasm-tools component embed WIT MODULE --world step`, then `wasm-tools component new`"
        }
        _ => {
            "make a component of it by its language's tools: `wasm-tools component embed WIT MODULE --world step`, then \
             `wasm-tools component new`; Rust gives one with `--target wasm32-wasip2`"
        }
    }
}

/// How a plugin is built whose functions are plain ones.
pub(super) fn built_synchronously(language: Option<&Language>) -> String {
    let how = match language {
        Some(Language::Python) => {
            "write `def` in the place of `async def`, in a world whose functions are plain"
        }
        Some(Language::Rust) => "leave `async` out of `wit_bindgen::generate!`",
        Some(Language::JavaScript) => "componentize-qjs has that option",
        _ => "or whatever its tools call it",
    };
    format!("build with `--sync`: {how}")
}

/// How a `describe` is mended that gave nothing.
pub(super) fn describe_mended(language: Option<&Language>, mend: Option<GuestMend>) -> String {
    let also = match language {
        Some(Language::Python) if mend.is_none() => "; an exception in it ends it",
        Some(Language::Rust) => "; a panic in it ends it",
        Some(Language::Go) => "; a panic in it, or in an `init`, ends it",
        Some(Language::JavaScript) => "; what it throws ends it, and what it returns is no promise",
        Some(Language::C) => "; every text and list of what it returns has to be set",
        _ => "",
    };
    format!(
        "`describe` may call no host function and must return{also}; the plugin's author has to mend it{}",
        guest_mend(mend)
    )
}
