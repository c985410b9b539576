//! The one table that holds every record.

use std::ops::Range;

use redb::{AccessGuard, ReadOnlyTable, ReadableTable, StorageError, TableDefinition};

use super::keys;

/// Every record. One table, since every table that a commit touches costs it further pages.
pub(super) const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

/// The records as a snapshot shows them.
pub(super) type Records = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A table of records, of a snapshot or of a transaction.
pub(super) trait Table: ReadableTable<Bytes, Bytes> {
    /// The records of a range of keys, in their order.
    fn within(
        &self,
        range: &Range<Vec<u8>>,
    ) -> Result<redb::Range<'_, Bytes, Bytes>, StorageError> {
        self.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())
    }

    /// Those whose key begins so.
    fn below(&self, prefix: &[u8]) -> Result<redb::Range<'_, Bytes, Bytes>, StorageError> {
        self.within(&keys::range_of(prefix))
    }
}

impl<T: ReadableTable<Bytes, Bytes>> Table for T {}

type Bytes = &'static [u8];

/// A key with its value.
pub(super) type Record<'r> = (AccessGuard<'r, Bytes>, AccessGuard<'r, Bytes>);
