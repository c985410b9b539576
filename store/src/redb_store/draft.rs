//! The records within a transaction that is being filled.
//!
//! It remembers what it replaces, so that a transaction can be taken back after it was committed. Nothing here
//! commits.

use std::collections::BTreeMap;

use redb::{ReadableTable, Table, WriteTransaction};

use super::failure::Trouble;
use super::frame;
use super::keys::{self, Kind};
use super::table::RECORDS;

/// What was there before each write, in the order of the writes.
pub(super) type Undo = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Counted up when what is kept, or how it is counted, changes: then it is made anew.
const EDITION: u8 = 4;

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
        let last = self.sequence()?;
        let (key, value) = true_of(last.map(u64::to_be_bytes).as_ref().map_or(&[], |last| last));
        self.put(&key, &value)
    }

    /// The number of the last transaction; none where there is none, or it can't be read.
    fn sequence(&self) -> Result<Option<u64>, Trouble> {
        let key = keys::all(Kind::Sequence);
        let value = self.get(&key)?;
        Ok(value.and_then(|value| number(&key, &value)))
    }

    /// Numbers the transaction, so that it can be recognised after a commit in doubt.
    pub(super) fn count(&mut self) -> Result<u64, Trouble> {
        let next = self.sequence()?.map_or(1, |last| last.wrapping_add(1));
        let key = keys::all(Kind::Sequence);
        self.put(&key, &frame::around(&key, &next.to_be_bytes()))?;
        if !self.behind {
            let (key, value) = true_of(&next.to_be_bytes());
            self.put(&key, &value)?;
        }
        Ok(next)
    }
}

/// The number of a transaction, of the value under [`Kind::Sequence`].
pub(super) fn number(key: &[u8], value: &[u8]) -> Option<u64> {
    let payload = frame::within(key, value).ok()?;
    Some(u64::from_be_bytes(payload.try_into().ok()?))
}

/// The key and the value that say that what is kept is true of this transaction.
pub(super) fn true_of(sequence: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let key = keys::all(Kind::Kept);
    let value = frame::around(&key, &[&[EDITION], sequence].concat());
    (key, value)
}
