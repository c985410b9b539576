//! What a run wrote, as commits on a branch of a git repository.
//!
//! A [`Repository`] is found from a folder, has the commit that `HEAD` stands at, and says of a path whether what is there is
//! what that commit has. [`Repository::commit`] writes a commit, and [`Repository::advance`] moves a branch to it, if nobody
//! else moved it. The same commit is made from the same things, so that whoever was stopped does it again.
//!
//! It touches no working tree and no index, starts no program (neither `git` nor hooks nor filters), speaks to no other
//! machine, and knows nothing of runs. All of it blocks.

mod attributes;
mod branches;
mod cleaning;
mod commits;
mod error;
mod fit;
mod held;
mod paths;
mod repository;
#[cfg(test)]
mod tests;

pub use commits::{CommittedFile, NewCommit};
pub use error::GitError;
pub use repository::Repository;
