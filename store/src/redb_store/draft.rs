//! The records within a transaction that is being filled.
//!
//! It remembers what it replaces, so that a transaction can be taken back after it was committed. Nothing here
//! commits.

use std::collections::BTreeMap;

use redb::{ReadableTable, Table, WriteTransaction};

use super::failure::Trouble;
use super::keys::{self, Kind};
use super::table::RECORDS;

/// What was there before each write, in the order of the writes.
pub(super) type Undo = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Counted up when what is kept, or how it is counted, changes: then it is made anew.
const EDITION: u8 = 3;

/// The records within a transaction, with what it has written so far.
pub(super) struct Draft<'t> {
    pub(super) table: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) undo: Undo,
    /// Whether what is kept follows its records no more, and has to be made anew.
    pub(super) behind: bool,
}

impl<'t> Draft<'t> {
    pub(super) fn of(transaction: &'t WriteTransaction) -> Result<Self, Trouble> {
        Ok(Self {
            table: transaction.open_table(RECORDS)?,
            undo: Undo::new(),
            behind: false,
        })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.table.get(key)?.map(|value| value.value().to_vec()))
    }

    pub(super) fn has(&self, key: &[u8]) -> Result<bool, Trouble> {
        Ok(self.table.get(key)?.is_some())
    }

    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Trouble> {
        let before = self.table.insert(key, value)?;
        let before = before.map(|value| value.value().to_vec());
        self.undo.push((key.to_owned(), before));
        Ok(())
    }

    pub(super) fn delete(&mut self, key: &[u8]) -> Result<(), Trouble> {
        let before = self.table.remove(key)?;
        if let Some(before) = before.map(|value| value.value().to_vec()) {
            self.undo.push((key.to_owned(), Some(before)));
        }
        Ok(())
    }

    /// Replaces everything of some kinds that follow from the records.
    ///
    /// It isn't remembered for taking back: without the mark that it is true, it is made anew.
    pub(super) fn make_anew(
        &mut self,
        kinds: &[Kind],
        entries: BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Result<(), Trouble> {
        for kind in kinds {
            let range = keys::range_of(&keys::all(*kind));
            let range = range.start.as_slice()..range.end.as_slice();
            self.table.retain_in::<&[u8], _>(range, |_, _| false)?;
        }
        for (key, value) in entries {
            self.table.insert(key.as_slice(), value.as_slice())?;
        }
        let sequence = self.get(&keys::all(Kind::Sequence))?.unwrap_or_default();
        self.put(&keys::all(Kind::Kept), &true_of(&sequence))
    }

    /// Numbers the transaction, so that it can be recognised after a commit in doubt.
    pub(super) fn count(&mut self) -> Result<Vec<u8>, Trouble> {
        let key = keys::all(Kind::Sequence);
        let last = self.get(&key)?.and_then(|value| value.try_into().ok());
        let next = last.map_or(1, |last| u64::from_be_bytes(last).wrapping_add(1));
        self.put(&key, &next.to_be_bytes())?;
        if !self.behind {
            self.put(&keys::all(Kind::Kept), &true_of(&next.to_be_bytes()))?;
        }
        Ok(next.to_be_bytes().to_vec())
    }
}

/// Says that what is kept is true of this transaction.
pub(super) fn true_of(sequence: &[u8]) -> Vec<u8> {
    [&[EDITION], sequence].concat()
}
