//! What changes while a build goes on: somebody saved a source, or the build itself wrote what it makes among the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often a build is followed by another one because of what changed meanwhile.
const MOST: u32 = 2;

/// What changed while builds went on that followed each other at once.
#[derive(Debug, Default)]
pub(super) struct Meanwhile {
    /// How many followed.
    again: u32,
    /// What changed while each of them went on.
    each_time: BTreeSet<PathBuf>,
    /// What builds make. It begins none while another one goes on; who changes it later begins one.
    made: BTreeSet<PathBuf>,
}

impl Meanwhile {
    /// Whether another build follows at once, after one while which this changed.
    pub(super) fn builds_again(&mut self, changed: BTreeSet<&Path>) -> bool {
        let changed = changed
            .into_iter()
            .filter(|path| !self.made.contains(*path));
        let changed: BTreeSet<PathBuf> = changed.map(Path::to_owned).collect();
        self.each_time = match self.again {
            0 => changed.clone(),
            _ => self.each_time.intersection(&changed).cloned().collect(),
        };
        if changed.is_empty() || self.again == MOST {
            return false;
        }
        self.again += 1;
        true
    }

    /// No build follows: what each of the last ones made is known from now on, and told.
    pub(super) fn rested(&mut self) -> BTreeSet<PathBuf> {
        self.again = 0;
        let made = std::mem::take(&mut self.each_time);
        self.made.extend(made.iter().cloned());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths<'a>(names: &'a [&'a str]) -> BTreeSet<&'a Path> {
        names.iter().map(Path::new).collect()
    }

    #[test]
    fn what_each_build_makes_begins_no_further_one_and_a_source_does() {
        let mut meanwhile = Meanwhile::default();
        assert!(meanwhile.builds_again(paths(&["out", "source"])));
        assert!(meanwhile.builds_again(paths(&["out", "other"])));
        assert!(!meanwhile.builds_again(paths(&["out", "source"])));
        assert_eq!(meanwhile.rested(), BTreeSet::from([PathBuf::from("out")]));
        // From now on.
        assert!(!meanwhile.builds_again(paths(&["out"])));
        assert!(meanwhile.rested().is_empty());
        assert!(meanwhile.builds_again(paths(&["out", "source"])));
        assert!(!meanwhile.builds_again(paths(&[])));
        assert!(meanwhile.rested().is_empty());
    }
}
