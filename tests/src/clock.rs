//! A clock that is set back, for the real binary: a small library that stands before the system's.

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
