//! What the engine relies on, on real directories.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::words::PublishError;

mod apart;
mod exchanging;
mod ignoring;
mod links;
mod listing;
mod reading;
mod searching;
mod writing;

/// A workspace, beside a folder with a secret that no path may reach.
struct Ground {
    around: TempDir,
    root: PathBuf,
}

impl Ground {
    fn new(files: &[(&str, &str)]) -> Self {
        let around = TempDir::new().unwrap();
        let root = around.path().join("workspace");
        fs::create_dir(&root).unwrap();
        fs::create_dir(around.path().join("outside")).unwrap();
        fs::write(around.path().join("outside/secret"), "secret").unwrap();
        let ground = Self { around, root };
        for (path, content) in files {
            ground.write(path, content);
        }
        ground
    }

    fn folder(&self) -> WorkspaceFolder {
        WorkspaceFolder::open(&self.root, &[]).unwrap()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn link(&self, target: &str, link: &str) {
        std::os::unix::fs::symlink(target, self.at(link)).unwrap();
    }

    fn fifo(&self, path: &str) {
        let made = std::process::Command::new("mkfifo")
            .arg(self.at(path))
            .status()
            .unwrap();
        assert!(made.success());
    }

    fn secret_is_untouched(&self) {
        let outside = self.around.path().join("outside");
        assert_eq!(
            fs::read_to_string(outside.join("secret")).unwrap(),
            "secret"
        );
        assert_eq!(fs::read_dir(outside).unwrap().count(), 1);
    }
}

impl WorkspaceFolder {
    /// Makes a path hold these bytes, or nothing, and keeps nothing of what was there.
    fn publish(&self, path: &str, content: Option<&[u8]>) -> Result<(), PublishError> {
        let aside = Aside::of(uuid::Uuid::now_v7(), 0);
        self.exchange(path, content, None, &aside)?;
        self.let_go(path, &aside, content.is_none())
    }
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, WorkspaceError>) -> WorkspaceErrorKind {
    result.unwrap_err().kind
}
