//! The file of a recording: entries are added to its end, each in two writes.
//!
//! It doesn't know what an entry is. Whatever ends the process, the file holds whole entries alone.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::RecordError;
use crate::cassette::{Cassette, END, Entry};

/// The file of a recording.
pub(super) struct Tape {
    path: PathBuf,
    /// Where the line that ends the file begins; none where the file has to be written anew.
    end: Option<u64>,
}

impl Tape {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, end: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was collected is no longer what the file holds with more at its end.
    pub(super) fn write_anew_next(&mut self) {
        self.end = None;
    }

    /// Adds an entry, which the cassette holds already, to the file's end.
    pub(super) fn add(&mut self, entry: &Entry, cassette: &Cassette) -> Result<(), RecordError> {
        let Some((mut file, end)) = self.as_we_left_it() else {
            return self.write(cassette);
        };
        self.end = None;
        let added = entry.added();
        append(&mut file, end, added.as_bytes()).map_err(|source| self.failed(source))?;
        self.end = Some(end + (added.len() - END.len()) as u64);
        Ok(())
    }

    /// The file, if it is there and has the length that we gave it. Of what somebody else made of it nothing is known.
    fn as_we_left_it(&self) -> Option<(File, u64)> {
        let end = self.end?;
        let file = File::options().write(true).open(&self.path).ok()?;
        let length = file.metadata().ok()?.len();
        (length == end + END.len() as u64).then_some((file, end))
    }

    /// Replaces the file by a rename, so that a crash leaves the old text or the new one, never half of one.
    pub(super) fn write(&mut self, cassette: &Cassette) -> Result<(), RecordError> {
        self.end = None;
        let text = cassette.to_text();
        replace(&self.path, text.as_bytes()).map_err(|source| self.failed(source))?;
        self.end = Some((text.len() - END.len()) as u64);
        Ok(())
    }

    fn failed(&self, source: io::Error) -> RecordError {
        RecordError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

/// What an entry is added to.
trait Medium {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()>;
    /// Comes back when all that was written is durable.
    fn sync(&mut self) -> io::Result<()>;
}

impl Medium for File {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(place))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Puts `added` in the place of the line that ends the file, which begins at `end`.
///
/// Nobody reads what follows that line. So nearly all is written behind it first, and the line itself is replaced, by as many
/// bytes, once that is durable.
fn append(file: &mut impl Medium, end: u64, added: &[u8]) -> io::Result<()> {
    let (first, rest) = added.split_at(END.len());
    file.write_at(end + END.len() as u64, rest)?;
    file.sync()?;
    file.write_at(end, first)?;
    file.sync()
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A cassette is made to be shared, unlike what temporary files usually hold.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".stepwell-cassette").tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cassette::{Matching, RecordedAnswer};

    /// Counts the bytes that it takes, and keeps the file as it is after each of them.
    #[derive(Default)]
    struct Watched {
        now: Vec<u8>,
        states: Vec<Vec<u8>>,
    }

    impl Medium for Watched {
        fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
            for (place, byte) in (usize::try_from(place).unwrap()..).zip(bytes) {
                self.now.resize(self.now.len().max(place + 1), 0);
                self.now[place] = *byte;
                self.states.push(self.now.clone());
            }
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn entry(number: usize, text: &str) -> Entry {
        Entry::Answer(RecordedAnswer {
            step: Some("a".parse().unwrap()),
            key: format!("key {number}"),
            text: text.to_owned(),
        })
    }

    fn call(number: u32, text: &str) -> Entry {
        let text = format!(
            "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call a #{number}\n\n{text}\n=== request\n{{ \"a\": 1 }}\n"
        );
        let cassette = Cassette::parse(&text, "x").unwrap();
        cassette.entries()[0].clone()
    }

    fn read(bytes: &[u8]) -> Option<Cassette> {
        Cassette::read(bytes, "x").ok()
    }

    #[test]
    fn whatever_ends_the_process_the_file_holds_whole_entries() {
        let mut cassette = Cassette::new(Matching::Sequence);
        cassette.add(entry(1, "one"));
        cassette.add(call(1, "first"));
        for added in [call(2, "=== end\nof é"), entry(2, ""), entry(3, "\n\n")] {
            let before = cassette.entries().to_vec();
            let text = cassette.to_text();
            let mut file = Watched {
                now: text.clone().into_bytes(),
                states: Vec::new(),
            };
            cassette.add(added.clone());
            let new = added.added();
            append(&mut file, (text.len() - END.len()) as u64, new.as_bytes()).unwrap();
            assert_eq!(file.now, cassette.to_text().into_bytes());
            // The last write replaces one line: half of that is no cassette.
            let whole = file.states.len() - END.len();
            for state in &file.states[..whole] {
                let read = read(state).unwrap();
                assert_eq!(read.entries(), before);
                let more = state[text.len()..]
                    .iter()
                    .any(|byte| byte.is_ascii_graphic());
                assert_eq!(read.is_cut_off(), more);
            }
            for state in &file.states[whole..] {
                match read(state) {
                    Some(read) if read.entries().len() == before.len() => {
                        assert_eq!(read.entries(), before);
                    }
                    Some(read) => assert_eq!(read.entries(), cassette.entries()),
                    None => {}
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_as_much_as_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut tape = Tape::new(folder.path().join("run.cassette"));
        let mut cassette = Cassette::new(Matching::Sequence);
        tape.write(&cassette).unwrap();
        let mut file = Watched {
            now: cassette.to_text().into_bytes(),
            states: Vec::new(),
        };
        let mut written = 0;
        for number in 1..=300 {
            let added = call(number, &"x".repeat(100));
            cassette.add(added.clone());
            let end = (file.now.len() - END.len()) as u64;
            append(&mut file, end, added.added().as_bytes()).unwrap();
            written += std::mem::take(&mut file.states).len();
            tape.add(&added, &cassette).unwrap();
        }
        assert_eq!(
            written,
            cassette.to_text().len() - Cassette::new(Matching::Sequence).to_text().len()
                + 300 * END.len()
        );
        assert_eq!(std::fs::read(tape.path()).unwrap(), file.now);
    }
}
