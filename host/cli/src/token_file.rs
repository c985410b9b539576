//! The token of a server, in a file that only its user can read: the next start has the same one.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use stepwell_server::Token;

use crate::remedy::CommandRemedy;

/// Its name in the store's folder, which no step can read.
const NAME: &str = "token";
/// A longer file holds something else.
const MOST_BYTES: u64 = 4096;
/// What the user may do with it, and nobody else.
const OWN: u32 = 0o600;

/// Why the file can't be relied on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenFileError {
    #[error("it is a link, and what it leads to may be anybody's")]
    Link,
    #[error("it is no file")]
    NoFile,
    #[error("it belongs to user {owner}")]
    Foreign { owner: u32 },
    #[error("others may read or change it (its mode is {mode:o})")]
    Open { mode: u32 },
    #[error("it holds no token")]
    NoToken,
    #[error("the system gives no randomness")]
    NoRandomness,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl TokenFileError {
    /// What helps.
    pub(crate) fn remedy(&self, file: &Path) -> CommandRemedy {
        let file = file.to_owned();
        match self {
            // Who could read it has the token by now.
            Self::Link
            | Self::NoFile
            | Self::Foreign { .. }
            | Self::Open { .. }
            | Self::NoToken => CommandRemedy::RemoveTokenFile { file },
            Self::NoRandomness => CommandRemedy::SetToken,
            Self::Io(_) => CommandRemedy::ReachTokenFile { file },
        }
    }
}

/// Where the token of a store's server lies.
pub(crate) fn of_store(store: &Path) -> PathBuf {
    store.join(NAME)
}

/// The token in the file, which is made where it isn't there.
pub(crate) fn read_or_make(file: &Path) -> Result<Token, TokenFileError> {
    match read(file) {
        Err(TokenFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => make(file),
        other => other,
    }
}

fn read(file: &Path) -> Result<Token, TokenFileError> {
    // What is looked at is what is read. A pipe isn't waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(file, flags, Mode::empty()).map_err(|error| match error {
        Errno::LOOP => TokenFileError::Link,
        error => TokenFileError::Io(error.into()),
    })?;
    let opened = File::from(opened);
    let about = opened.metadata()?;
    if !about.is_file() {
        return Err(TokenFileError::NoFile);
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(TokenFileError::Foreign { owner: about.uid() });
    }
    let mode = about.mode() & 0o7777;
    if mode & !OWN & 0o777 != 0 {
        return Err(TokenFileError::Open { mode });
    }
    let mut text = String::new();
    opened.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    let is_whole = text.len() as u64 <= MOST_BYTES;
    let text = text.trim();
    match is_whole && is_sendable(text) {
        true => Ok(Token::new(text)),
        false => Err(TokenFileError::NoToken),
    }
}

/// Makes the file with its mode and its text at once: at no moment can others read it, and none is left half written.
fn make(file: &Path) -> Result<Token, TokenFileError> {
    let token = Token::made().ok_or(TokenFileError::NoRandomness)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut made = tempfile::Builder::new()
        .prefix(".token-")
        .permissions(std::fs::Permissions::from_mode(OWN))
        .tempfile_in(folder)?;
    writeln!(made, "{}", token.reveal())?;
    made.as_file().sync_all()?;
    match made.persist_noclobber(file) {
        Ok(_) => Ok(token),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(failed) => Err(failed.error.into()),
    }
}

/// Whether a header of a request can hold a text.
pub(crate) fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn set_mode(file: &Path, mode: u32) {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_token_is_made_once_and_only_its_user_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = of_store(folder.path());
        let made = read_or_make(&file).unwrap();
        assert_eq!(made.reveal().len(), 64);
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o7777, OWN);
        assert_eq!(read_or_make(&file).unwrap().reveal(), made.reveal());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        set_mode(&file, 0o400);
        assert_eq!(read_or_make(&file).unwrap().reveal(), made.reveal());
    }

    #[test]
    fn a_file_that_others_could_read_or_put_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = of_store(folder.path());
        let _ = read_or_make(&file).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o666] {
            set_mode(&file, mode);
            let refused = read_or_make(&file).unwrap_err();
            assert!(matches!(refused, TokenFileError::Open { .. }), "{mode:o}");
            let remedy = CommandRemedy::RemoveTokenFile { file: file.clone() };
            assert_eq!(refused.remedy(&file), remedy);
        }
        set_mode(&file, OWN);
        let elsewhere = folder.path().join("elsewhere");
        std::fs::rename(&file, &elsewhere).unwrap();
        symlink(&elsewhere, &file).unwrap();
        assert!(matches!(read_or_make(&file), Err(TokenFileError::Link)));
        // A link to nothing isn't followed to make it there.
        std::fs::remove_file(&elsewhere).unwrap();
        assert!(matches!(read_or_make(&file), Err(TokenFileError::Link)));
        assert!(!elsewhere.exists());
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(matches!(read_or_make(&file), Err(TokenFileError::NoFile)));
        std::fs::remove_dir(&file).unwrap();
        assert!(matches!(
            read(Path::new("/dev/null")),
            Err(TokenFileError::NoFile)
        ));
        // What is root's own is somebody else's, unless root runs this.
        if !rustix::process::geteuid().is_root() {
            let root = read(Path::new("/etc/passwd"));
            assert!(matches!(root, Err(TokenFileError::Foreign { owner: 0 })));
        }
    }

    #[test]
    fn a_file_without_a_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = of_store(folder.path());
        let long = "x".repeat(5000);
        for text in ["", "\n", "two words", "ümlaut", &long] {
            std::fs::write(&file, text).unwrap();
            set_mode(&file, OWN);
            let refused = read_or_make(&file);
            assert!(matches!(refused, Err(TokenFileError::NoToken)), "{text:?}");
        }
        std::fs::write(&file, "chosen\n").unwrap();
        assert_eq!(read_or_make(&file).unwrap().reveal(), "chosen");
    }
}
