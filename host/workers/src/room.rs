//! The room in memory that large things share which are read because somebody named them, for the whole process.
//!
//! Each is bounded for itself. That says nothing of many at once: whoever finds no room waits in line, and is refused where that
//! takes long. What is small takes none.

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::files::{LARGEST_COMPONENT, Unfit, open_file, read_to_end};
use crate::off_the_workers;

/// What all of them may have together: one that is as large as one may be finds room when it is alone.
pub const LARGE_TOGETHER: u64 = LARGEST_COMPONENT;

/// Up to here a thing is none of the large ones.
const SMALL: u64 = 256 << 10;

/// How long somebody waits for room.
const WITHIN: Duration = Duration::from_secs(30);

const UNIT: u64 = 1 << 10;

static OF_THE_PROCESS: LazyLock<Shared> = LazyLock::new(|| Shared::new(LARGE_TOGETHER, SMALL));

/// What all texts may have together that steps are handed. Of them there may be any number, so that small ones count, too.
const TEXTS_TOGETHER: u64 = 256 << 20;

/// Apart from the other room: a step has its texts while it waits for room for its plugin.
static OF_TEXTS: LazyLock<Shared> = LazyLock::new(|| Shared::new(TEXTS_TOGETHER, 0));

/// There was no room in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no room for it in memory: all large files that are worked on may have {} MiB together, and not enough became free in {} seconds",
    LARGE_TOGETHER >> 20,
    WITHIN.as_secs()
)]
pub struct NoRoom;

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub struct Room(Option<OwnedSemaphorePermit>);

impl Room {
    /// Waits until there is room for so many bytes.
    ///
    /// # Errors
    /// [`NoRoom`] where that takes too long.
    pub async fn of(bytes: u64) -> Result<Self, NoRoom> {
        OF_THE_PROCESS.room(bytes).await
    }

    /// Waits for it as long as that takes: for work that was begun, and mustn't fail of others' work.
    pub async fn in_time(bytes: u64) -> Self {
        OF_THE_PROCESS.in_line(bytes).await
    }

    /// Waits for room for texts that a step is handed, as long as that takes.
    pub async fn of_texts(bytes: u64) -> Self {
        OF_TEXTS.in_line(bytes).await
    }

    /// Gives back what is more than so many bytes need.
    pub fn shrink_to(&mut self, bytes: u64) {
        if let Some(permit) = &mut self.0 {
            let spare = permit.num_permits().saturating_sub(units(bytes) as usize);
            drop(permit.split(spare));
        }
    }
}

/// A large file's bytes, and the room that they take.
#[derive(Debug)]
pub struct LargeFile {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// Their room.
    pub room: Room,
}

impl AsRef<[u8]> for LargeFile {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why there is no [`LargeFile`].
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// There is no room for it.
    #[error(transparent)]
    Room(#[from] NoRoom),
}

/// Reads a regular file of at most so many bytes, once there is room for it.
///
/// # Errors
/// As [`read_file`](crate::read_file), without having read anything of what is too large; and where there is no room in time.
pub async fn read_large_file(path: &Path, most: u64) -> Result<LargeFile, Unread> {
    let path = path.to_owned();
    let (file, length) = off_the_workers(move || open_file(&path, most)).await?;
    let room = Room::of(length).await?;
    let read = move || {
        // It has the room of the length that it had. One whose length the system doesn't tell has that of a small one.
        let least = length.max(SMALL).min(most);
        let bytes = read_to_end(file, length, least).map_err(grown)?;
        Ok(LargeFile {
            bytes: bytes.into(),
            room,
        })
    };
    off_the_workers(read).await
}

fn grown(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Unfit::TooLarge(_)) => Unfit::Grew.into(),
        _ => error,
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// Room that is shared, so large.
struct Shared {
    free: Arc<Semaphore>,
    most: u32,
    /// Up to here something takes none.
    small: u64,
}

impl Shared {
    fn new(bytes: u64, small: u64) -> Self {
        let most = units(bytes);
        let free = Arc::new(Semaphore::new(most as usize));
        Self { free, most, small }
    }

    async fn room(&self, bytes: u64) -> Result<Room, NoRoom> {
        let room = tokio::time::timeout(WITHIN, self.in_line(bytes)).await;
        room.map_err(|_| NoRoom)
    }

    async fn in_line(&self, bytes: u64) -> Room {
        if bytes <= self.small {
            return Room(None);
        }
        // More than there is would be waited for for ever.
        let units = units(bytes).min(self.most);
        // It is never closed.
        Room(Arc::clone(&self.free).acquire_many_owned(units).await.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[tokio::test(start_paused = true)]
    async fn large_things_wait_for_room_and_small_ones_never() {
        let shared = Shared::new(4 * MIB, SMALL);
        let mut first = shared.room(3 * MIB).await.unwrap();
        assert_eq!(shared.room(2 * MIB).await.unwrap_err(), NoRoom);
        let _small = shared.room(SMALL).await.unwrap();
        first.shrink_to(2 * MIB);
        let second = shared.room(2 * MIB).await.unwrap();
        assert_eq!(shared.room(MIB).await.unwrap_err(), NoRoom);
        let waits = async { shared.room(MIB).await.map(drop) };
        let ends = async {
            tokio::time::sleep(WITHIN / 2).await;
            drop(second);
        };
        assert_eq!(tokio::join!(waits, ends), (Ok(()), ()));
    }

    #[tokio::test]
    async fn a_large_file_is_refused_by_its_size_and_has_room_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, vec![7; 1 << 20]).unwrap();
        let read = read_large_file(&path, MIB).await.unwrap();
        assert_eq!((read.bytes.len(), read.bytes[9]), (1 << 20, 7));
        assert!(read.room.0.is_some());
        let Unread::File(error) = read_large_file(&path, MIB - 1).await.unwrap_err() else {
            panic!("a file that is too large waits for room");
        };
        assert_eq!(error.to_string(), Unfit::TooLarge(MIB - 1).to_string());
        // One that says it is empty.
        let made_up = read_large_file(Path::new("/proc/self/status"), MIB).await;
        assert!(!made_up.unwrap().bytes.is_empty());
    }
}
