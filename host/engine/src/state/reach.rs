//! Which folders a request may name: all of them for whoever runs the program, the project's for who comes from elsewhere.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use stepwell_workers::off_the_workers;

use crate::words::EngineError;

/// Which folders a request may name.
#[derive(Debug, Clone, Default)]
pub enum Reach {
    /// Whatever the user may.
    #[default]
    Anywhere,
    /// These, and what lies below, where links are followed.
    Below(Arc<[PathBuf]>),
}

/// Why a path isn't opened.
#[derive(Debug)]
pub(crate) enum Unfollowed {
    /// It leads to where whoever asks may name nothing, or nobody can say where it will lead.
    Outside,
    /// It can't lead anywhere: a loop of links, a name that is too long, a zero byte in it.
    NoPath(io::Error),
}

impl Reach {
    /// These folders, and what lies below.
    ///
    /// # Errors
    /// What isn't there or is no folder, with what the system says.
    pub fn below(folders: impl IntoIterator<Item = PathBuf>) -> Result<Self, (PathBuf, io::Error)> {
        let real = folders
            .into_iter()
            .map(|folder| real_folder(&folder).map_err(|error| (folder, error)));
        Ok(Self::Below(real.collect::<Result<_, _>>()?))
    }

    /// Where a path leads, if that may be named: what was looked at is what is opened, though a link in the path may change
    /// meanwhile. What isn't there is looked at by the folder that it would lie in.
    pub(crate) fn look(&self, path: &Path) -> Result<PathBuf, Unfollowed> {
        match self {
            Self::Anywhere => Ok(path.to_owned()),
            Self::Below(folders) => {
                let real = real(path)?;
                let inside = folders.iter().any(|folder| real.starts_with(folder));
                inside.then_some(real).ok_or(Unfollowed::Outside)
            }
        }
    }

    /// The same, off the workers: a folder of another machine may answer slowly.
    pub(crate) async fn resolve(&self, path: &Path) -> Result<PathBuf, Unfollowed> {
        let (reach, path) = (self.clone(), path.to_owned());
        off_the_workers(move || reach.look(&path)).await
    }

    /// Refuses a path that may not be named.
    pub(crate) async fn require(&self, path: impl AsRef<Path>) -> Result<(), EngineError> {
        let shown = path.as_ref().display().to_string();
        match self.resolve(path.as_ref()).await {
            Ok(_) => Ok(()),
            Err(Unfollowed::Outside) => Err(EngineError::OutOfReach { path: shown }),
            Err(Unfollowed::NoPath(error)) => Err(EngineError::NoPath {
                path: shown,
                reason: error.to_string(),
            }),
        }
    }
}

/// Where a folder really is.
fn real_folder(path: &Path) -> io::Result<PathBuf> {
    let real = std::fs::canonicalize(path)?;
    match real.is_dir() {
        true => Ok(real),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// The path with every link followed.
fn real(path: &Path) -> Result<PathBuf, Unfollowed> {
    let mut known = std::path::absolute(path).map_err(|_| Unfollowed::Outside)?;
    let mut missing: Vec<OsString> = Vec::new();
    loop {
        match std::fs::canonicalize(&known) {
            Ok(real) => {
                let rest = missing.iter().rev();
                return Ok(rest.fold(real, |real, name| real.join(name)));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if is_of_path(&error) => return Err(Unfollowed::NoPath(error)),
            Err(_) => return Err(Unfollowed::Outside),
        }
        // A link that leads to nothing yet may lead anywhere later, and so may a step upwards from what isn't there.
        if known.symlink_metadata().is_ok() {
            return Err(Unfollowed::Outside);
        }
        let Some(Component::Normal(name)) = known.components().next_back() else {
            return Err(Unfollowed::Outside);
        };
        missing.push(name.to_owned());
        known.pop();
    }
}

/// Whether an error is about how the path is written, so that it tells nothing of what lies elsewhere.
fn is_of_path(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput
    ) || error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_lies_below_is_held_wherever_a_path_seems_to_lead() {
        let root = tempfile::tempdir().unwrap();
        let [inside, beside] = ["project", "project-beside"].map(|name| root.path().join(name));
        std::fs::create_dir_all(inside.join("deep")).unwrap();
        std::fs::create_dir(&beside).unwrap();
        std::fs::write(beside.join("file"), "").unwrap();
        symlink(&beside, inside.join("link")).unwrap();
        symlink(beside.join("none"), inside.join("dangling")).unwrap();
        symlink("loop", inside.join("loop")).unwrap();
        symlink(&inside, root.path().join("into")).unwrap();
        let reach = Reach::below([inside.clone()]).unwrap();
        assert!(Reach::below([beside.join("file")]).is_err());
        for held in [
            inside.clone(),
            inside.join("deep"),
            inside.join("none/yet.toml"),
            inside.join("deep/../deep/new"),
            root.path().join("into/deep"),
        ] {
            assert!(reach.look(&held).is_ok(), "{}", held.display());
        }
        for refused in [
            root.path().to_owned(),
            beside.clone(),
            beside.join("file"),
            inside.join(".."),
            inside.join("../project-beside/file"),
            inside.join("deep/../../project-beside"),
            inside.join("link"),
            inside.join("link/file"),
            inside.join("link/none"),
            inside.join("dangling"),
            inside.join("dangling/below"),
            inside.join("none/../../project-beside"),
            inside.join("link/../project-beside/file"),
            PathBuf::from("/"),
            PathBuf::from("/dev/zero"),
            PathBuf::from("/proc/self/root"),
            PathBuf::from(""),
        ] {
            let found = reach.look(&refused);
            assert!(
                matches!(found, Err(Unfollowed::Outside)),
                "{}: {found:?}",
                refused.display()
            );
        }
        for none in ["loop", "loop/below", &"n".repeat(300), "zero\0byte"] {
            let found = reach.look(&inside.join(none));
            assert!(
                matches!(found, Err(Unfollowed::NoPath(_))),
                "{none:?}: {found:?}"
            );
        }
        let wider = Reach::below([inside, beside.clone()]).unwrap();
        assert!(wider.look(&beside.join("file")).is_ok());
        assert!(Reach::Anywhere.look(Path::new("/dev/zero")).is_ok());
        assert!(Reach::below([root.path().join("none")]).is_err());
    }
}
