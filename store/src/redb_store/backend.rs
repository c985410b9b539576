//! The storage below the database: passed through, held back until the database has opened, or with everything that is written kept in
//! memory.
//!
//! To open a database is to write it: that it is open is noted in its header, and one that was not closed in order repairs itself. What
//! turns out to be damaged has to stay as it was found, so that nothing is lost that somebody could still bring back: its writes are
//! held back until it has opened, and then made in their order. For a disk that takes no more writes they are held back for good, so
//! that what is stored stays readable. Nothing here decides which way is right.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::backends::InMemoryBackend;
use redb::{BackendError, StorageBackend};

const BLOCK: usize = 4096;

/// A storage, with or without an overlay.
#[derive(Debug, Clone)]
pub(super) struct Backend(Arc<Layers>);

#[derive(Debug)]
struct Layers {
    inner: Box<dyn StorageBackend>,
    /// Set once the database has panicked: what it would write then could only do harm.
    damage: Arc<OnceLock<String>>,
    overlay: Mutex<Overlay>,
    /// Whether the overlay has gone, and the storage is read and written itself.
    is_through: AtomicBool,
}

/// What was written, in blocks, over a storage that stays as it is.
#[derive(Debug)]
struct Overlay {
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
    length: u64,
    /// How much of the storage still shows: cutting it off and growing again leaves zeroes.
    shows: u64,
    /// What will be done to the storage, in its order; none where nothing will.
    held_back: Option<Vec<Held>>,
}

/// Something that is done to the storage later.
#[derive(Debug)]
enum Held {
    Write(u64, Vec<u8>),
    Length(u64),
    Sync,
}

impl Backend {
    /// Reads the storage, and writes it from when it is let through until there is damage.
    pub(super) fn held_back(
        inner: Box<dyn StorageBackend>,
        damage: Arc<OnceLock<String>>,
    ) -> io::Result<Self> {
        Self::layered(inner, damage, Some(Vec::new()))
    }

    /// Reads the storage and never writes it.
    pub(super) fn over(inner: Box<dyn StorageBackend>) -> io::Result<Self> {
        Self::layered(inner, Arc::default(), None)
    }

    fn layered(
        inner: Box<dyn StorageBackend>,
        damage: Arc<OnceLock<String>>,
        held_back: Option<Vec<Held>>,
    ) -> io::Result<Self> {
        let length = inner.len()?;
        Ok(Self(Arc::new(Layers {
            inner,
            damage,
            overlay: Mutex::new(Overlay {
                blocks: BTreeMap::new(),
                length,
                shows: length,
                held_back,
            }),
            is_through: AtomicBool::new(false),
        })))
    }

    /// Does what was held back to the storage, and from now on everything at once. Over a storage that is never written this does nothing.
    pub(super) fn let_through(&self) -> io::Result<()> {
        let mut overlay = self.0.lock();
        let Some(held_back) = overlay.held_back.take() else {
            return Ok(());
        };
        let inner = self.0.sound()?;
        for held in held_back {
            match held {
                Held::Write(offset, data) => inner.write(offset, &data)?,
                Held::Length(length) => inner.set_len(length)?,
                Held::Sync => inner.sync_data()?,
            }
        }
        overlay.blocks.clear();
        self.0.is_through.store(true, Ordering::Release);
        Ok(())
    }
}

impl Layers {
    /// The storage itself, where nothing lies over it.
    fn through(&self) -> Option<&dyn StorageBackend> {
        self.is_through
            .load(Ordering::Acquire)
            .then_some(self.inner.as_ref())
    }

    fn sound(&self) -> io::Result<&dyn StorageBackend> {
        match self.damage.get() {
            None => Ok(self.inner.as_ref()),
            Some(_) => Err(io::Error::other("a damaged store is not written")),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Overlay> {
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn hold_back(&mut self, held: impl FnOnce() -> Held) {
        if let Some(held_back) = &mut self.held_back {
            held_back.push(held());
        }
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
        match self.0.through() {
            Some(inner) => inner.len(),
            None => Ok(self.0.lock().length),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self.0.through() {
            Some(inner) => inner.read(offset, out),
            None => self.0.lock().read(self.0.inner.as_ref(), offset, out),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        match self.0.through() {
            Some(_) => self.0.sound()?.set_len(len),
            None => {
                let mut overlay = self.0.lock();
                overlay.set_length(len);
                overlay.hold_back(|| Held::Length(len));
                Ok(())
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.0.through() {
            Some(inner) => inner.sync_data(),
            None => {
                self.0.lock().hold_back(|| Held::Sync);
                Ok(())
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.0.through() {
            Some(_) => self.0.sound()?.write(offset, data),
            None => {
                let mut overlay = self.0.lock();
                overlay.write(self.0.inner.as_ref(), offset, data)?;
                overlay.hold_back(|| Held::Write(offset, data.to_vec()));
                Ok(())
            }
        }
    }

    fn close(&self) -> io::Result<()> {
        self.0.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.inner.query_lock_range(start, end)
    }
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
        fn an_overlay_reads_as_if_it_had_written(
            actions in prop::collection::vec(actions(), 1..20),
            is_for_good: bool,
        ) {
            let below = Memory::default();
            let mut expected: Vec<u8> = (0..10_000).map(|n| u8::try_from(n % 251).unwrap()).collect();
            below.set_len(10_000).unwrap();
            below.write(0, &expected).unwrap();
            let original = expected.clone();
            let overlay = match is_for_good {
                true => Backend::over(Box::new(below.clone())),
                false => Backend::held_back(Box::new(below.clone()), Arc::default()),
            };
            let overlay = overlay.unwrap();
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
            overlay.let_through().unwrap();
            let expected = if is_for_good { original } else { expected };
            prop_assert_eq!(below.len().unwrap(), expected.len() as u64);
            let mut found = vec![0; expected.len()];
            below.read(0, &mut found).unwrap();
            prop_assert!(found == expected, "let through, it is as if it had been written at once");
        }
    }
}
