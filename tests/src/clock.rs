//! A clock that is set back or ahead, for the real binary: a small library that stands before the system's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::Project;

/// Sets the clock of every later command of a project back by so many seconds.
pub fn set_clock_back(project: &mut Project, seconds: u64) {
    let library = library().to_str().unwrap();
    project.set("LD_PRELOAD", library);
    project.set("STEPWELL_TEST_CLOCK_BEHIND", &seconds.to_string());
}

/// What sets the clocks of processes ahead that are running.
pub struct ClockAhead(PathBuf);

impl ClockAhead {
    /// By so many seconds more than they would show.
    pub fn set(&self, seconds: u64) {
        // A number that is read while it is written would be another one.
        let new = self.0.with_extension("new");
        std::fs::write(&new, seconds.to_string()).unwrap();
        std::fs::rename(new, &self.0).unwrap();
    }
}

/// Lets the clocks of every later command of a project be set ahead, by a file beside its others.
#[must_use]
pub fn clock_ahead(project: &mut Project) -> ClockAhead {
    let file = project.join(".clock-ahead");
    project.set("LD_PRELOAD", library().to_str().unwrap());
    project.set("STEPWELL_TEST_CLOCK_AHEAD", file.to_str().unwrap());
    ClockAhead(file)
}

fn library() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libset_back.so");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let built = Command::new(compiler)
            .args([
                "--edition",
                "2024",
                "--crate-type",
                "cdylib",
                "-C",
                "panic=abort",
                "-o",
            ])
            .arg(&library)
            .arg(root.join("clock/set_back.rs"))
            // Where the toolchain of this repository is known.
            .current_dir(root)
            .status();
        assert!(built.unwrap().success(), "the library should build");
        (folder, library)
    });
    library
}
