//! A file that somebody named, read as what it is: a pipe would be waited for, and a device may have no end.
//!
//! All of it blocks, so that a runtime has to do it off its workers.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

const MIB: u64 = 1 << 20;

/// The most bytes of a component.
pub const LARGEST_COMPONENT: u64 = 256 * MIB;

/// The most bytes of a configuration, or the file of a lock.
pub const LARGEST_CONFIGURATION: u64 = MIB;

/// The most bytes of a text that a person gives: an input, a document, a prompt, a file with cases or one beside it.
pub const LARGEST_TEXT: u64 = 64 * MIB;

/// The most bytes of a cassette: it holds whole runs.
pub const LARGEST_CASSETTE: u64 = 512 * MIB;

/// Why something isn't read. It is the inner error of an [`io::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no regular file.
    #[error("it is {}, and only a regular file is read", .0.words())]
    Is(Special),
    /// The same, where a pipe would have done as well.
    #[error("it is {}; a regular file is read, or `-`, /dev/stdin or `<(…)` where that is a pipe", .0.words())]
    IsNoPipe(Special),
    /// It has more bytes than are read.
    #[error("it is larger than {}, the most that is read", size(*.0))]
    TooLarge(u64),
    /// It has more bytes than the system said of it.
    #[error("it grew while it was read")]
    Grew,
}

/// What is no regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// A folder.
    Folder,
    /// A named pipe, or one without a name.
    Pipe,
    /// A terminal, a disk, `/dev/zero`.
    Device,
    /// A socket.
    Socket,
    /// What the system has besides.
    Other,
}

impl Special {
    fn words(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Socket => "a socket",
            Self::Other => "something else",
        }
    }

    #[cfg(unix)]
    fn of(kind: std::fs::FileType) -> Option<Self> {
        use std::os::unix::fs::FileTypeExt as _;
        Some(match kind {
            kind if kind.is_file() => return None,
            kind if kind.is_dir() => Self::Folder,
            kind if kind.is_fifo() => Self::Pipe,
            kind if kind.is_char_device() || kind.is_block_device() => Self::Device,
            kind if kind.is_socket() => Self::Socket,
            _ => Self::Other,
        })
    }

    #[cfg(not(unix))]
    fn of(kind: std::fs::FileType) -> Option<Self> {
        Some(match kind {
            kind if kind.is_file() => return None,
            kind if kind.is_dir() => Self::Folder,
            _ => Self::Other,
        })
    }
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> Self {
        let kind = match unfit {
            Unfit::Is(Special::Folder) | Unfit::IsNoPipe(Special::Folder) => {
                ErrorKind::IsADirectory
            }
            Unfit::Is(_) | Unfit::IsNoPipe(_) => ErrorKind::InvalidInput,
            Unfit::TooLarge(_) | Unfit::Grew => ErrorKind::FileTooLarge,
        };
        Self::new(kind, unfit)
    }
}

/// Reads a regular file of at most so many bytes.
///
/// # Errors
/// The system's, or one with an [`Unfit`] in it.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open_file(path, most)?;
    read_to_end(file, length, most)
}

/// Opens a regular file of at most so many bytes, and says how many the system says it has: none of some that the system makes up.
pub(crate) fn open_file(path: &Path, most: u64) -> io::Result<(File, u64)> {
    // To open a device may do something already.
    refuse(std::fs::metadata(path)?.file_type(), Unfit::Is)?;
    let file = open(path)?;
    // Something else may have come into its place.
    let metadata = file.metadata()?;
    refuse(metadata.file_type(), Unfit::Is)?;
    within(metadata.len(), most)?;
    Ok((file, metadata.len()))
}

/// The same of a text.
///
/// # Errors
/// As [`read_file`]; and where it isn't UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    text(read_file(path, most)?)
}

/// Reads a file that a person named to this process itself. That may also be a pipe that the process was given: `/dev/stdin`,
/// or a shell's `<(…)`. And `/dev/null` is an empty file, as everywhere.
///
/// # Errors
/// As [`read_file`].
pub fn read_given(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let name = path.to_str().unwrap_or_default();
    if name == "/dev/null" {
        return Ok(Vec::new());
    }
    let is_own = name == "/dev/stdin"
        || ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .any(|folder| name.starts_with(folder));
    if !is_own {
        return read_file(path, most);
    }
    let refused = |kind| match Special::of(kind) {
        None | Some(Special::Pipe) => Ok(()),
        Some(special) => Err(Unfit::IsNoPipe(special)),
    };
    refused(std::fs::metadata(path)?.file_type())?;
    // Not as above: who writes into the pipe may take its time.
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    refused(metadata.file_type())?;
    // A pipe has none: how much it gives shows at its end.
    within(metadata.len(), most)?;
    read_to_end(file, metadata.len(), most)
}

/// The same of a text.
///
/// # Errors
/// As [`read_file`]; and where it isn't UTF-8.
pub fn read_given_text(path: &Path, most: u64) -> io::Result<String> {
    text(read_given(path, most)?)
}

/// Reads what has at most so many bytes, and no more of what has more. A text it has to be.
///
/// # Errors
/// The system's, or one with [`Unfit::TooLarge`] in it; and where it isn't UTF-8.
pub fn read_text_from(source: impl Read, most: u64) -> io::Result<String> {
    text(read_to_end(source, 0, most)?)
}

/// What is too large is refused by its size, before anything of it is in memory.
fn within(length: u64, most: u64) -> io::Result<()> {
    match length > most {
        true => Err(Unfit::TooLarge(most).into()),
        false => Ok(()),
    }
}

/// Reads at most so many bytes, and one more, by which more than that is known. `length` is how many there should be.
pub(crate) fn read_to_end(source: impl Read, length: u64, most: u64) -> io::Result<Vec<u8>> {
    // A memory that grows while it is filled is there twice each time. The one more is where the end shows.
    let expected = length.min(most).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    source
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(Unfit::TooLarge(most).into()),
        false => Ok(bytes),
    }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"))
}

fn refuse(kind: std::fs::FileType, as_unfit: fn(Special) -> Unfit) -> io::Result<()> {
    match Special::of(kind) {
        None => Ok(()),
        Some(special) => Err(as_unfit(special).into()),
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    // A pipe is opened at once, and a terminal doesn't become this process's.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        bytes => format!("{bytes} bytes"),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn unfit<T: std::fmt::Debug>(result: io::Result<T>) -> Unfit {
        let error = result.unwrap_err();
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        *inner.unwrap_or_else(|| panic!("{error:?}"))
    }

    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        let socket = folder.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for read in [read_file, read_given] {
            for (path, special) in [
                (folder.path(), Special::Folder),
                (&pipe, Special::Pipe),
                (&socket, Special::Socket),
                (&link, Special::Device),
                (Path::new("/dev/zero"), Special::Device),
                (Path::new("/dev/tty"), Special::Device),
            ] {
                assert_eq!(unfit(read(path, 10)), Unfit::Is(special), "{path:?}");
            }
        }
        // Also where it came into the place of a file.
        let opened = open(&pipe).unwrap().metadata().unwrap().file_type();
        assert_eq!(unfit(refuse(opened, Unfit::Is)), Unfit::Is(Special::Pipe));
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        let error = read_file(&path, 4);
        assert_eq!(unfit(error), Unfit::TooLarge(4));
        // One that takes no room on the disk, and one that says it is empty.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(unfit(read_text(&path, 2 << 20)), Unfit::TooLarge(2 << 20));
        assert_eq!(
            unfit(read_file(Path::new("/proc/self/maps"), 9)),
            Unfit::TooLarge(9)
        );
        assert_eq!(
            Unfit::TooLarge(2 << 20).to_string(),
            "it is larger than 2 MiB, the most that is read"
        );
    }

    #[test]
    fn a_process_s_own_pipe_is_read_and_its_own_device_is_not() {
        let (reader, mut writer) = io::pipe().unwrap();
        let own = |file: &dyn std::os::fd::AsRawFd| format!("/dev/fd/{}", file.as_raw_fd());
        let path = own(&reader);
        io::Write::write_all(&mut writer, b"given").unwrap();
        drop(writer);
        assert_eq!(unfit(read_file(path.as_ref(), 9)), Unfit::Is(Special::Pipe));
        assert_eq!(read_given_text(path.as_ref(), 9).unwrap(), "given");
        let device = File::open("/dev/zero").unwrap();
        let error = read_given(own(&device).as_ref(), 9);
        assert_eq!(unfit(error), Unfit::IsNoPipe(Special::Device));
        assert_eq!(read_given(Path::new("/dev/null"), 9).unwrap(), b"");
    }
}
