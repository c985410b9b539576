//! A walk through the tree of a table: every record that can be reached, and what can't.
//!
//! A page that isn't what its parent says is looked at all the same: records in it have digests of their own. But of a damaged
//! page that names others, only those are believed that fit what it says of them: a page number with a flipped bit may lead to a
//! page that an earlier commit left behind. Nothing here knows which commit is the right one.

use std::collections::BTreeSet;

use super::pages::{Node, PageRef, Pages, Slot, table};

/// The name of the one table.
const RECORDS: &[u8] = b"records";
/// More levels than any tree has.
const DEEPEST: usize = 64;

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Every page that it came to.
    pub(super) pages: BTreeSet<PageRef>,
    /// Those of them that aren't what was written.
    pub(super) damaged: BTreeSet<PageRef>,
    /// The keys between which records are missing, as far as they are known.
    pub(super) gaps: Vec<Between>,
    /// How many records it came to.
    pub(super) found: u64,
    /// How many there are; none where that can't be read.
    pub(super) all: Option<u64>,
}

/// The keys on both sides of what is below a page; none is the beginning or the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Between {
    pub(super) after: Option<Vec<u8>>,
    pub(super) before: Option<Vec<u8>>,
}

/// Walks through the records of a commit, and calls `each` with a record's key and value.
pub(super) fn walk(pages: &mut Pages, slot: &Slot, each: &mut dyn FnMut(&[u8], &[u8])) -> Walked {
    let mut walked = Walked::default();
    let Some(root) = slot.root else {
        walked.all = Some(0);
        return walked;
    };
    let mut definition = None;
    let mut tables = Walker {
        pages,
        walked: Walked::default(),
        each: &mut |key, value| {
            if key == RECORDS {
                definition = Some(value.to_vec());
            }
        },
    };
    tables.below(root, Between::default(), true, 0);
    walked.pages = tables.walked.pages;
    walked.damaged = tables.walked.damaged;
    let is_whole = walked.damaged.is_empty();
    let found = definition.as_deref().and_then(table);
    let Some((root, all)) = found else {
        walked.gaps.push(Between::default());
        return walked;
    };
    walked.all = is_whole.then_some(all);
    if let Some(root) = root {
        let mut records = Walker {
            pages,
            walked,
            each,
        };
        records.below(root, Between::default(), is_whole, 0);
        walked = records.walked;
    }
    walked
}

struct Walker<'w> {
    pages: &'w mut Pages,
    walked: Walked,
    each: &'w mut dyn FnMut(&[u8], &[u8]),
}

impl Walker<'_> {
    /// What is below a page. `believed` is whether who names it is what was written.
    fn below(&mut self, page: PageRef, between: Between, believed: bool, depth: usize) {
        if depth > DEEPEST || !self.walked.pages.insert(page) {
            return;
        }
        let read = self.pages.read(page);
        if !read.as_ref().is_some_and(|read| read.whole) {
            self.walked.damaged.insert(page);
        }
        let Some(read) = read.filter(|read| read.whole || believed) else {
            self.walked.gaps.push(between);
            return;
        };
        match Node::of(&read.bytes) {
            None => self.walked.gaps.push(between),
            Some(Node::Leaf(leaf)) => {
                for (key, value) in leaf.pairs() {
                    self.walked.found += 1;
                    (self.each)(key, value);
                }
                if !read.whole {
                    self.walked.gaps.push(between);
                }
            }
            Some(Node::Branch(branch)) => {
                for n in 0..branch.children() {
                    let key = |n| Some(branch.key(n)?.to_vec()).filter(|_| read.whole);
                    let around = Between {
                        after: n.checked_sub(1).and_then(key).or(between.after.clone()),
                        before: key(n).or(between.before.clone()),
                    };
                    match branch.child(n) {
                        Some(child) => self.below(child, around, read.whole, depth + 1),
                        None => self.walked.gaps.push(around),
                    }
                }
            }
        }
    }
}
