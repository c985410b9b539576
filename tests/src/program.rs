//! The real binary and real components, built once for all tests of a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A command that ended.
pub struct Finished {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// Asserts its exit code, and shows everything it said where it is another.
    #[track_caller]
    #[must_use]
    pub fn exits_with(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(
            self.code, code,
            "\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        );
        self
    }

    /// Asserts that its standard error says each of these.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(
                self.stderr.contains(text),
                "should say `{text}`:\n{}",
                self.stderr
            );
        }
        self
    }

    /// Asserts that its standard output shows each of these.
    #[track_caller]
    pub fn shows(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(
                self.stdout.contains(text),
                "should show `{text}`:\n{}",
                self.stdout
            );
        }
        self
    }

    /// Its standard output as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn cargo() -> Command {
    // The one that runs this test; what it was compiled with may be another.
    let own = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(own);
    command.current_dir(workspace());
    // What the one that runs this test says of this package. To libraries that look at it (`ring`) it would be another build, and all
    // that stands on them would be built anew, there and back.
    let of_package = ["CARGO_MANIFEST_", "CARGO_PKG_"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if of_package.iter().any(|of| text.starts_with(of)) {
            command.env_remove(&name);
        }
    }
    command
}

fn target_directory() -> PathBuf {
    // The test's own binary lies in TARGET/PROFILE/deps.
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(3).unwrap().to_owned()
}

/// The binary, as `cargo build` makes it: with `cargo test` it is there already, and this takes no time.
pub fn stepwell_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let target = target_directory();
        let release = std::env::current_exe()
            .unwrap()
            .ancestors()
            .nth(2)
            .unwrap()
            .ends_with("release");
        let mut command = cargo();
        command
            .args([
                "build",
                "--quiet",
                // Of the whole workspace, as `cargo test --workspace` has it: alone it would want other features of libraries,
                // and wasmtime a second time.
                "--workspace",
                "--bin",
                "stepwell",
                "--target-dir",
            ])
            .arg(&target);
        if release {
            command.arg("--release");
        }
        assert!(
            command.status().unwrap().success(),
            "the binary should build"
        );
        target
            .join(if release { "release" } else { "debug" })
            .join("stepwell")
    })
}

/// A component of `tests/plugins/NAME`, built for `wasm32-wasip2`.
pub fn guest(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let target = target_directory().join("guests");
        let mut command = cargo();
        command
            .args([
                "build",
                "--quiet",
                "--release",
                "--target",
                "wasm32-wasip2",
                "--target-dir",
            ])
            .arg(&target);
        for entry in std::fs::read_dir(workspace().join("tests/plugins")).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let text = std::fs::read_to_string(manifest).unwrap();
            let package = text
                .lines()
                .find_map(|line| line.strip_prefix("name = "))
                .unwrap();
            command.args(["--package", package.trim_matches('"')]);
        }
        // What is set for the host's build doesn't fit a guest's.
        for name in [
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "CARGO_TARGET_DIR",
        ] {
            command.env_remove(name);
        }
        command
            .env("CARGO_PROFILE_RELEASE_LTO", "false")
            .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        let built = command.status().unwrap().success();
        assert!(
            built,
            "the guests should build; `rustup target add wasm32-wasip2` installs their target"
        );
        target.join("wasm32-wasip2/release")
    });
    folder.join(format!("stepwell_fixture_{name}.wasm"))
}
