//! The storage below the database: passed through, or with everything that is written kept in memory.
//!
//! The second way is for a disk that takes no more writes. A database that was not closed in order repairs itself
//! when it is opened, by writing; over this it can do so, and what is stored stays readable. Nothing here decides
//! which way is right.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::backends::InMemoryBackend;
use redb::{BackendError, StorageBackend};

const BLOCK: usize = 4096;

/// A storage, with or without an overlay.
#[derive(Debug)]
pub(super) struct Backend {
    inner: Box<dyn StorageBackend>,
    /// Set once the database has panicked: what it would write then could only do harm.
    damage: Arc<OnceLock<String>>,
    overlay: Option<Mutex<Overlay>>,
}

/// What was written, in blocks, over a storage that stays as it is.
#[derive(Debug)]
struct Overlay {
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
    length: u64,
    /// How much of the storage still shows: cutting it off and growing again leaves zeroes.
    shows: u64,
}

impl Backend {
    /// Reads the storage, and writes it until there is damage.
    pub(super) fn through(inner: Box<dyn StorageBackend>, damage: Arc<OnceLock<String>>) -> Self {
        Self {
            inner,
            damage,
            overlay: None,
        }
    }

    /// Reads the storage and never writes it.
    pub(super) fn over(inner: Box<dyn StorageBackend>) -> io::Result<Self> {
        let length = inner.len()?;
        Ok(Self {
            inner,
            damage: Arc::default(),
            overlay: Some(Mutex::new(Overlay {
                blocks: BTreeMap::new(),
                length,
                shows: length,
            })),
        })
    }

    fn sound(&self) -> io::Result<&dyn StorageBackend> {
        match self.damage.get() {
            None => Ok(self.inner.as_ref()),
            Some(_) => Err(io::Error::other("a damaged store is not written")),
        }
    }
}

impl Overlay {
    fn below(&self, inner: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        out.fill(0);
        let length = self.shows.saturating_sub(offset).min(out.len() as u64);
        let length = usize::try_from(length).unwrap_or(out.len());
        if length > 0 {
            inner.read(offset, &mut out[..length])?;
        }
        Ok(())
    }

    fn read(&self, inner: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset + out.len() as u64;
        if end > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.below(inner, offset, out)?;
        let first = offset / BLOCK as u64;
        for (number, block) in self.blocks.range(first..end.div_ceil(BLOCK as u64)) {
            let (from, to, within) = overlap(*number, offset, end);
            out[within..within + (to - from)].copy_from_slice(&block[from..to]);
        }
        Ok(())
    }

    fn write(&mut self, inner: &dyn StorageBackend, offset: u64, data: &[u8]) -> io::Result<()> {
        let end = offset + data.len() as u64;
        if end > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for number in offset / BLOCK as u64..end.div_ceil(BLOCK as u64) {
            let (from, to, within) = overlap(number, offset, end);
            if !self.blocks.contains_key(&number) {
                let mut block = Box::new([0; BLOCK]);
                self.below(inner, number * BLOCK as u64, block.as_mut_slice())?;
                self.blocks.insert(number, block);
            }
            if let Some(block) = self.blocks.get_mut(&number) {
                block[from..to].copy_from_slice(&data[within..within + (to - from)]);
            }
        }
        Ok(())
    }

    fn set_length(&mut self, length: u64) {
        if length < self.length {
            self.shows = self.shows.min(length);
            self.blocks.retain(|number, block| {
                let start = number * BLOCK as u64;
                if let Ok(kept) = usize::try_from(length.saturating_sub(start))
                    && kept < BLOCK
                {
                    block[kept..].fill(0);
                }
                start < length
            });
        }
        self.length = length;
    }
}

/// Where a block and the bytes `offset..end` overlap: from and to in the block, and from in the bytes.
fn overlap(number: u64, offset: u64, end: u64) -> (usize, usize, usize) {
    let start = number * BLOCK as u64;
    let from = offset.max(start);
    let to = end.min(start + BLOCK as u64);
    // All three are smaller than a block or than a buffer in memory.
    let place = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    (place(from - start), place(to - start), place(from - offset))
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        match &self.overlay {
            None => self.inner.len(),
            Some(overlay) => Ok(lock(overlay).length),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match &self.overlay {
            None => self.inner.read(offset, out),
            Some(overlay) => lock(overlay).read(self.inner.as_ref(), offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        match &self.overlay {
            None => self.sound()?.set_len(len),
            Some(overlay) => {
                lock(overlay).set_length(len);
                Ok(())
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        match &self.overlay {
            None => self.inner.sync_data(),
            Some(_) => Ok(()),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match &self.overlay {
            None => self.sound()?.write(offset, data),
            Some(overlay) => lock(overlay).write(self.inner.as_ref(), offset, data),
        }
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}

fn lock(overlay: &Mutex<Overlay>) -> std::sync::MutexGuard<'_, Overlay> {
    overlay.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A storage in memory that outlives the database above it, so that the database can be opened again.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<InMemoryBackend>);

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Action {
        Write(u64, Vec<u8>),
        Length(u64),
    }

    fn actions() -> impl Strategy<Value = Action> {
        let write = (0..15_000_u64, any::<u8>(), 1..9_000_usize);
        prop_oneof![
            3 => write.prop_map(|(at, byte, length)| Action::Write(at, vec![byte; length])),
            1 => (0..20_000_u64).prop_map(Action::Length),
        ]
    }

    proptest! {
        #[test]
        fn an_overlay_reads_as_if_it_had_written(actions in prop::collection::vec(actions(), 1..20)) {
            let below = Memory::default();
            let mut expected: Vec<u8> = (0..10_000).map(|n| u8::try_from(n % 251).unwrap()).collect();
            below.set_len(10_000).unwrap();
            below.write(0, &expected).unwrap();
            let original = expected.clone();
            let overlay = Backend::over(Box::new(below.clone())).unwrap();
            for action in actions {
                match action {
                    Action::Length(length) => {
                        overlay.set_len(length).unwrap();
                        expected.resize(usize::try_from(length).unwrap(), 0);
                    }
                    Action::Write(at, data) => {
                        let range = usize::try_from(at).unwrap()..usize::try_from(at).unwrap() + data.len();
                        match expected.get_mut(range) {
                            Some(place) => {
                                place.copy_from_slice(&data);
                                overlay.write(at, &data).unwrap();
                            }
                            None => prop_assert!(overlay.write(at, &data).is_err()),
                        }
                    }
                }
                let mut found = vec![0; expected.len()];
                overlay.read(0, &mut found).unwrap();
                prop_assert!(found == expected);
                let middle = expected.len() / 3..expected.len() / 2;
                let mut found = vec![0; middle.len()];
                overlay.read(middle.start as u64, &mut found).unwrap();
                prop_assert!(found == expected[middle]);
                prop_assert_eq!(overlay.len().unwrap(), expected.len() as u64);
            }
            let mut found = vec![0; 10_000];
            below.read(0, &mut found).unwrap();
            prop_assert!(found == original, "what lies below was never written");
        }
    }
}
