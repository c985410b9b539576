//! The records within a transaction that is being filled.
//!
//! It remembers what it replaces, so that a transaction can be taken back after it was committed. Nothing here
//! commits.

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};

use super::failure::Trouble;
use super::keys::{self, Kind};

/// Every record. One table, since every table that a commit touches costs it further pages.
pub(super) const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

/// What was there before each write, in the order of the writes.
pub(super) type Undo = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// The records within a transaction, with what it has written so far.
pub(super) struct Draft<'t> {
    table: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) undo: Undo,
}

impl<'t> Draft<'t> {
    pub(super) fn of(transaction: &'t WriteTransaction) -> Result<Self, Trouble> {
        Ok(Self {
            table: transaction.open_table(RECORDS)?,
            undo: Undo::new(),
        })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.table.get(key)?.map(|value| value.value().to_vec()))
    }

    pub(super) fn has(&self, key: &[u8]) -> Result<bool, Trouble> {
        Ok(self.table.get(key)?.is_some())
    }

    /// The last key that goes on with these bytes.
    pub(super) fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let range = keys::range_of(prefix);
        let mut records = self
            .table
            .range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
        match records.next_back() {
            Some(record) => Ok(Some(record?.0.value().to_vec())),
            None => Ok(None),
        }
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

    /// Numbers the transaction, so that it can be recognised after a commit in doubt.
    pub(super) fn count(&mut self) -> Result<Vec<u8>, Trouble> {
        let key = keys::all(Kind::Sequence);
        let last = self.get(&key)?.and_then(|value| value.try_into().ok());
        let next = last.map_or(1, |last| u64::from_be_bytes(last).wrapping_add(1));
        self.put(&key, &next.to_be_bytes())?;
        Ok(next.to_be_bytes().to_vec())
    }
}
