//! Builds every crate of `plugins/` as a component, and the one that works on templates and JSON Schemas, and hands their
//! bytes to the library; with the feature `testing` the step in Python as well, compressed.
//!
//! It runs an inner cargo, because a crate for another target can't be an ordinary dependency on stable Rust.
//! The inner cargo has a target directory of its own, beside the profiles of the outer one: so it waits for no
//! lock that the outer one holds, and every profile, test and lint shares what it built.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script reads its environment and speaks to cargo on its standard output"
)]

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::Digest as _;

const TARGET: &str = "wasm32-wasip2";

/// Variables by which the outer build would leak into the inner one: flags, wrappers and profiles for the host's
/// own target, linters, coverage, and the job server, whose tokens the outer cargo is holding.
const OUTER: &[&str] = &[
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
];

/// Small, since they are embedded; with names, so that a backtrace can be read.
const PROFILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?)
        .join("../..")
        .canonicalize()
        .map_err(|error| format!("the workspace's folder: {error}"))?;
    for watched in [
        "Cargo.lock",
        "Cargo.toml",
        "host/contract",
        "host/texts",
        "host/texts_guest",
        "plugins",
        "sdk/rust/Cargo.toml",
        "sdk/rust/src",
        "sdk/rust/wit",
        "wit",
    ] {
        // Relative to this package: a folder of built things may serve several checkouts, each with its own plugins.
        println!("cargo::rerun-if-changed=../../{watched}");
    }

    demand_target()?;
    let steps = find_steps(&root.join("plugins"))?;
    let target_directory = inner_target_directory(&out);
    run_cargo(&root, &target_directory, &steps)?;
    let built = target_directory.join(TARGET).join("release");
    // A copy, so that another build of the plugins can't change a file under the compiler's eyes.
    let embed = |file: &str, name: &str| {
        let (built, embedded) = (built.join(file), out.join(name));
        let copied = fs::copy(&built, &embedded);
        copied.map_err(|error| format!("{}: {error}", built.display()))?;
        Ok::<_, String>(embedded)
    };
    let texts = embed("stepwell_texts_guest.wasm", "texts.wasm")?;
    write(&out.join("texts.rs"), &embedded_as("texts", &texts)?)?;

    // By name, since one step isn't among the crates.
    let mut table = BTreeMap::new();
    for step in &steps {
        let embedded = embed(
            &format!("stepwell_plugin_{step}.wasm"),
            &format!("{step}.wasm"),
        )?;
        table.insert(step.clone(), embedded_as(step, &embedded)?);
    }
    #[cfg(feature = "testing")]
    {
        let built = testing::built(&root, &out)?;
        table.insert("testing".to_owned(), embedded_as("testing", &built)?);
    }
    let entries: Vec<String> = table.into_values().collect();
    let table = format!("&[\n    {}\n]", entries.join(",\n    "));
    write(&out.join("steps.rs"), &table)
}

/// What the library writes for a component in this file.
fn embedded_as(name: &str, file: &Path) -> Result<String, String> {
    let component = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let sha256: [u8; 32] = sha2::Sha256::digest(component).into();
    let (kind, file) = match packed(file)? {
        Some(packed) => ("Packed", packed),
        None => ("Plain", file.to_owned()),
    };
    let file = file.display().to_string();
    Ok(format!(
        "Embedded {{ name: {name:?}, sha256: {sha256:?}, component: Component::{kind}(include_bytes!({file:?})) }}"
    ))
}

/// The binary that is handed out is to be small: its components take a third so.
#[cfg(feature = "testing")]
fn packed(file: &Path) -> Result<Option<PathBuf>, String> {
    testing::pack(file).map(Some)
}

/// This build brings nothing that unpacks.
#[cfg(not(feature = "testing"))]
fn packed(_: &Path) -> Result<Option<PathBuf>, String> {
    Ok(None)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("cargo didn't set {name}"))
}

/// Says what to do when the standard library for the target isn't installed: rustc's own error names neither.
fn demand_target() -> Result<(), String> {
    let rustc = variable("RUSTC")?;
    let answer = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("{}: {error}", Path::new(&rustc).display()))?;
    let directory = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    if answer.status.success() && directory.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the built-in steps are WebAssembly components, and the target {TARGET} isn't installed\n\
         hint: run `rustup target add {TARGET}` and build again"
    ))
}

/// The names of the steps, which are the names of their folders, sorted.
fn find_steps(plugins: &Path) -> Result<Vec<String>, String> {
    let explain = |error: std::io::Error| format!("{}: {error}", plugins.display());
    let mut steps = Vec::new();
    for entry in fs::read_dir(plugins).map_err(explain)? {
        let entry = entry.map_err(explain)?;
        if entry.path().join("Cargo.toml").is_file() {
            steps.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    steps.sort();
    Ok(steps)
}

/// `target/plugins`, found upwards from `target/PROFILE/build/PACKAGE/out`; another layout gets a folder in `out`.
fn inner_target_directory(out: &Path) -> PathBuf {
    out.ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "build"))
        .and_then(|build| build.parent()?.parent())
        .map_or_else(|| out.join("plugins"), |target| target.join("plugins"))
}

fn run_cargo(root: &Path, target_directory: &Path, steps: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(root)
        .args(["build", "--release", "--target", TARGET, "--target-dir"])
        .arg(target_directory)
        .args(["--package", "stepwell-texts-guest"]);
    for step in steps {
        cargo.args(["--package", &format!("stepwell-plugin-{step}")]);
    }
    for name in OUTER {
        cargo.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            cargo.env_remove(name);
        }
    }
    cargo.envs(PROFILE.iter().copied());

    let answer = cargo
        .output()
        .map_err(|error| format!("the inner cargo can't be started: {error}"))?;
    if answer.status.success() {
        return Ok(());
    }
    Err(format!(
        "the built-in steps can't be built:\n{}",
        String::from_utf8_lossy(&answer.stderr)
    ))
}

/// The step in Python, which has a command of its own that builds it, and how components are packed.
#[cfg(feature = "testing")]
mod testing {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// Components have up to 45 MB, and are packed once for each release.
    const LEVEL: i32 = 19;

    pub(crate) fn built(root: &Path, out: &Path) -> Result<PathBuf, String> {
        let plain = out.join("testing.wasm");
        let answer = Command::new("python3")
            .arg(root.join("plugins/testing/build"))
            .arg("--output")
            .arg(&plain)
            .output()
            .map_err(|error| {
                format!("python3, which builds the step `testing`, can't be started: {error}")
            })?;
        if !answer.status.success() {
            return Err(format!(
                "the step `testing` can't be built:\n{}\n\
                 hint: it needs Python 3.10 and PyPI; without the feature `testing` the rest can be built",
                String::from_utf8_lossy(&answer.stderr)
            ));
        }
        Ok(plain)
    }

    pub(crate) fn pack(plain: &Path) -> Result<PathBuf, String> {
        let packed = plain.with_extension("wasm.zst");
        fs::read(plain)
            .and_then(|component| zstd::bulk::compress(&component, LEVEL))
            .and_then(|component| fs::write(&packed, component))
            .map_err(|error| format!("{}: {error}", packed.display()))?;
        Ok(packed)
    }
}
