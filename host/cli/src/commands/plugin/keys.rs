//! Keys in files: read, with the password that opens one, and a new pair written.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use stepwell_contract::Digest;
use stepwell_signing::{KeyError, LARGEST_KEY, PrivateKey, PublicKey, Salts, is_sealed};
use stepwell_workers::{off_the_workers, read_given_text};
use zeroize::Zeroizing;

use crate::arguments::{KeyCommand, NewKeyArguments};
use crate::errors::{CommandError, SigningError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{Table, asked_in_secret, plain};
use crate::wiring::Context;

/// A new pair, as a program reads it.
#[derive(Serialize)]
struct NewPair {
    private_key: String,
    public_key: String,
    fingerprint: Digest,
}

pub(super) async fn keys(command: KeyCommand, context: &Context) -> Result<Exit, CommandError> {
    match command {
        KeyCommand::New(arguments) => made(arguments, context).await,
    }
}

async fn made(arguments: NewKeyArguments, context: &Context) -> Result<Exit, CommandError> {
    let name = &arguments.name;
    let is_name = !name.is_empty() && Path::new(name).file_name() == Some(name.as_ref());
    if !is_name {
        return Err(SigningError::Name { name: name.clone() }.into());
    }
    let folder = context.start.join(arguments.into.unwrap_or_default());
    let private_file = folder.join(format!("{name}.key"));
    let public_file = folder.join(format!("{name}.pub"));
    for file in [&private_file, &public_file] {
        if file.symlink_metadata().is_ok() {
            return Err(there(file, context).into());
        }
    }
    let password = new_password(&private_file, context).await?;
    let (key, salts) = drawn()?;
    let sealing = key.clone();
    let sealed = off_the_workers(move || sealing.sealed_pem(&password, &salts)).await;
    let sealed = sealed.ok_or_else(|| SigningError::NoRandom {
        reason: "the key can't be sealed".to_owned(),
    })?;
    std::fs::create_dir_all(&folder).map_err(CommandError::unwritten(&folder))?;
    write(&private_file, &sealed, 0o600, context)?;
    if let Err(error) = write(&public_file, &key.public().pem(), 0o644, context) {
        // Nobody could say what half of a pair is for.
        let _ = std::fs::remove_file(&private_file);
        return Err(error);
    }
    let pair = NewPair {
        private_key: shown(&private_file, &context.start),
        public_key: shown(&public_file, &context.start),
        fingerprint: key.public().fingerprint(),
    };
    if arguments.json {
        context.screen.print_json(&pair)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    table.row(["private key", &plain(&pair.private_key)]);
    table.row(["public key", &plain(&pair.public_key)]);
    table.row(["fingerprint", &pair.fingerprint.to_string()]);
    context.screen.print(&table.text())?;
    Ok(Exit::Success)
}

fn drawn() -> Result<(PrivateKey, Salts), SigningError> {
    fn random<const N: usize>() -> Result<[u8; N], SigningError> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(|error| SigningError::NoRandom {
            reason: error.to_string(),
        })?;
        Ok(bytes)
    }
    let salts = Salts {
        salt: random()?,
        nonce: random()?,
    };
    loop {
        // Of 2³² numbers one is no key.
        if let Some(key) = PrivateKey::from_scalar(&random()?) {
            return Ok((key, salts));
        }
    }
}

fn write(file: &Path, text: &str, mode: u32, context: &Context) -> Result<(), CommandError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut opened = match options.open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(there(file, context).into());
        }
        Err(error) => return Err(CommandError::unwritten(file)(error)),
    };
    let written = opened.write_all(text.as_bytes());
    written
        .and_then(|()| opened.sync_all())
        .map_err(CommandError::unwritten(file))
}

fn there(file: &Path, context: &Context) -> SigningError {
    SigningError::KeyThere {
        shown: shown(file, &context.start),
    }
}

/// The password of a key that is made: an empty one, too, where the environment says so.
async fn new_password(file: &Path, context: &Context) -> Result<Zeroizing<String>, CommandError> {
    if let Some(password) = context.environment.key_password() {
        return Ok(Zeroizing::new(password));
    }
    let screen = &context.screen;
    if !screen.can_ask() {
        return Err(not_given(file, context).into());
    }
    let shown = plain(&shown(file, &context.start));
    let first = asked_in_secret(screen, &format!("a password for {shown}")).await;
    let first = first.ok_or_else(|| not_given(file, context))?;
    let second = asked_in_secret(screen, "the same password again").await;
    match second.as_ref() == Some(&first) {
        true => Ok(Zeroizing::new(first)),
        false => Err(SigningError::PasswordsDiffer.into()),
    }
}

fn not_given(file: &Path, context: &Context) -> SigningError {
    SigningError::PasswordNotGiven {
        shown: shown(file, &context.start),
    }
}

/// The private key in a file. Its password is asked for where it has one.
pub(super) async fn private_key(
    file: &Path,
    context: &Context,
) -> Result<PrivateKey, CommandError> {
    let (path, text) = read(file, context).await?;
    let unusable = |error: KeyError| SigningError::Key {
        shown: shown(&path, &context.start),
        error,
    };
    let password = match is_sealed(&text).map_err(unusable)? {
        false => None,
        true => match context.environment.key_password() {
            Some(password) => Some(Zeroizing::new(password)),
            None if context.screen.can_ask() => {
                let question = format!("the password of {}", plain(&shown(&path, &context.start)));
                let typed = asked_in_secret(&context.screen, &question).await;
                Some(Zeroizing::new(typed.unwrap_or_default()))
            }
            None => return Err(not_given(&path, context).into()),
        },
    };
    let opened = off_the_workers(move || {
        PrivateKey::from_pem(&text, password.as_ref().map(|it| it.as_str()))
    });
    Ok(opened.await.map_err(unusable)?)
}

/// The public key in a file.
pub(super) async fn public_key(file: &Path, context: &Context) -> Result<PublicKey, CommandError> {
    let (path, text) = read(file, context).await?;
    let key = PublicKey::from_pem(&text).map_err(|error| SigningError::Key {
        shown: shown(&path, &context.start),
        error,
    })?;
    Ok(key)
}

async fn read(file: &Path, context: &Context) -> Result<(PathBuf, String), CommandError> {
    let path = context.start.join(file);
    let reading = path.clone();
    let text = off_the_workers(move || read_given_text(&reading, LARGEST_KEY)).await;
    let text = text.map_err(CommandError::unread(&path, None))?;
    Ok((path, text))
}
