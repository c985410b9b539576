//! What surrounds one call into a step: its bounds, its frozen clock and chance, and the folders that it finds.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::{Grants, Limits};

/// The bounds and the frozen surroundings of one call into a step.
#[derive(Debug, Clone)]
pub struct Environment {
    /// What it may use.
    pub limits: Limits,
    /// What it may do; the sandbox looks at the clock alone, the rest is asked of [`HostServices`].
    pub grants: Grants,
    /// Where the clock stands, unless the real one is granted (rule E12).
    pub started_at: Timestamp,
    /// The seed of its randomness, from the execution's key (rule E12).
    pub seed: [u8; 32],
    /// The step as a person names it, for messages: `requirement/refine`.
    pub step: String,
    /// The files of its copy of the workspace, where it is granted one (rule E26).
    pub copy: Option<Arc<[CopiedFile]>>,
    /// The folders that it may read.
    pub folders: Vec<LentFolder>,
}

/// A folder that a step may read, where it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LentFolder {
    /// Where it is, with every link followed.
    pub folder: PathBuf,
    /// Where the guest finds it, such as `/packages`.
    pub at: String,
}

/// A file of a copy of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedFile {
    /// Its path below the workspace, with `/` between the parts and no `.` or `..` among them.
    pub path: String,
    /// What it holds.
    pub content: Vec<u8>,
}
