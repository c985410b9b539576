//! Where a path leads once every symbolic link on the way is followed, one name at a time.
//!
//! It opens nothing. The confinement itself is the directory handle's, which refuses to leave whatever this finds;
//! resolving by hand tells a link to the outside from a missing permission, and yields the path to hold against
//! what is closed and what is ignored.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use cap_std::fs::{Dir, Metadata};

/// As many links as the kernel follows before it calls them a loop.
const MOST_LINKS: u32 = 40;

/// Where a path leads: relative to the directory, with no link in it.
#[derive(Debug)]
pub(super) enum Resolved {
    /// Something is there, and it is no link.
    Found {
        /// Its own path.
        path: PathBuf,
        /// What it is.
        metadata: Metadata,
    },
    /// Nothing is there.
    Missing {
        /// What its path would be.
        path: PathBuf,
        /// The file that stands where a folder would have to be, if that is why.
        blocked_by: Option<PathBuf>,
        /// The link that leads to nothing, if that is why.
        dangling: Option<PathBuf>,
    },
}

impl Resolved {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Found { path, .. } | Self::Missing { path, .. } => path,
        }
    }
}

/// Why it isn't known where a path leads.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unresolved {
    #[error("the symbolic link `{}` is absolute or goes above the root", link.display())]
    Outside { link: PathBuf },
    #[error("the symbolic link `{}` is part of a loop", link.display())]
    Loop { link: PathBuf },
    #[error("{0}")]
    Failed(#[from] io::Error),
}

/// Follows a path below the directory. An absolute link is outside, even one that points back inside: what it names
/// depends on where the workspace lies.
pub(super) fn resolve(directory: &Dir, path: &Path) -> Result<Resolved, Unresolved> {
    let mut pending: VecDeque<Step> = steps(path)
        .ok_or_else(|| Unresolved::Outside {
            link: path.to_owned(),
        })?
        .into();
    let mut real = PathBuf::new();
    let mut metadata = directory.dir_metadata()?;
    // The link that is being followed, and how many moves are left to make after it.
    let mut following: Option<(PathBuf, usize)> = None;
    let mut links = 0;
    while let Some(step) = pending.pop_front() {
        let Step::Into(name) = step else {
            if !real.pop() {
                let link = following.map_or_else(|| path.to_owned(), |(link, _)| link);
                return Err(Unresolved::Outside { link });
            }
            metadata = at(directory, &real)?;
            continue;
        };
        let candidate = real.join(name);
        let found = if metadata.is_dir() {
            match directory.symlink_metadata(&candidate) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                found => Some(found?),
            }
        } else {
            None
        };
        let Some(found) = found else {
            let blocked_by = (!metadata.is_dir()).then(|| real.clone());
            let dangling = following
                .filter(|(_, after)| pending.len() >= *after)
                .map(|(link, _)| link);
            return Ok(Resolved::Missing {
                path: joined(candidate, pending),
                blocked_by,
                dangling,
            });
        };
        if found.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return Err(Unresolved::Loop { link: candidate });
            }
            let target = directory.read_link_contents(&candidate)?;
            let Some(target) = steps(&target) else {
                return Err(Unresolved::Outside { link: candidate });
            };
            // Of links that lead to links the first is kept: it is the one that the path names.
            if following
                .as_ref()
                .is_none_or(|(_, after)| pending.len() < *after)
            {
                following = Some((candidate, pending.len()));
            }
            for step in target.into_iter().rev() {
                pending.push_front(step);
            }
        } else {
            real = candidate;
            metadata = found;
        }
    }
    Ok(Resolved::Found {
        path: real,
        metadata,
    })
}

/// One move of a path.
enum Step {
    Into(OsString),
    Up,
}

/// The moves of a relative path; none for an absolute one.
fn steps(path: &Path) -> Option<Vec<Step>> {
    let step = |component: Component<'_>| match component {
        Component::Normal(name) => Some(Some(Step::Into(name.to_owned()))),
        Component::ParentDir => Some(Some(Step::Up)),
        Component::CurDir => Some(None),
        Component::RootDir | Component::Prefix(_) => None,
    };
    let steps: Option<Vec<Option<Step>>> = path.components().map(step).collect();
    Some(steps?.into_iter().flatten().collect())
}

fn at(directory: &Dir, real: &Path) -> io::Result<Metadata> {
    if real.as_os_str().is_empty() {
        directory.dir_metadata()
    } else {
        directory.symlink_metadata(real)
    }
}

/// What the path of something would be that isn't there.
fn joined(mut path: PathBuf, rest: VecDeque<Step>) -> PathBuf {
    for step in rest {
        match step {
            Step::Into(name) => path.push(name),
            Step::Up => {
                path.pop();
            }
        }
    }
    path
}
