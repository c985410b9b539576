//! The bytes of all memories and tables of one attempt together, against `limits.memory`.
//!
//! A growth beyond the limit fails as `memory.grow` does; nothing is ended here. What the guest makes of it is its
//! own: it may go on, and if it dies of it, [`Memory::refused`] says so.

use wasmtime::ResourceLimiter;

/// What a table's element counts: a pointer.
const ELEMENT: u64 = 8;

/// Adds up what one attempt has.
pub(crate) struct Memory {
    limit: u64,
    total: u64,
    most: u64,
    /// What the growth under way would add, to be taken back if the host can't serve it.
    growing: u64,
    refused: Option<u64>,
}

impl Memory {
    /// Nothing yet, and at most `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            total: 0,
            most: 0,
            growing: 0,
            refused: None,
        }
    }

    /// The most bytes that there were at once.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// The limit.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// What it would have had in all after the last growth, if that one was refused.
    pub(crate) fn refused(&self) -> Option<u64> {
        self.refused
    }

    fn grow(&mut self, more: u64) -> bool {
        let wanted = self.total.saturating_add(more);
        if wanted > self.limit {
            self.refused = Some(wanted);
            return false;
        }
        self.refused = None;
        self.growing = more;
        self.total = wanted;
        self.most = self.most.max(wanted);
        true
    }

    fn take_back(&mut self) {
        self.total -= std::mem::take(&mut self.growing);
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(desired.saturating_sub(current) as u64))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow((desired.saturating_sub(current) as u64).saturating_mul(ELEMENT)))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_share_one_limit() {
        let mut memory = Memory::new(1000);
        assert!(memory.memory_growing(0, 600, None).unwrap());
        assert!(memory.table_growing(0, 50, None).unwrap());
        assert!(!memory.table_growing(50, 51, None).unwrap());
        assert_eq!((memory.refused(), memory.most()), (Some(1008), 1000));
    }

    #[test]
    fn a_growth_that_the_host_could_not_serve_is_not_counted() {
        let mut memory = Memory::new(1000);
        assert!(memory.memory_growing(0, 900, None).unwrap());
        memory
            .memory_grow_failed(wasmtime::Error::msg("no room"))
            .unwrap();
        assert!(memory.memory_growing(0, 1000, None).unwrap());
        assert_eq!(memory.refused(), None);
    }
}
