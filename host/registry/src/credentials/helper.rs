//! The programs that keep credentials for docker: `docker-credential-NAME get`, `store` and `erase`.
//!
//! A program is found where the system finds programs, by a name that stands in the user's own file.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::errors::CredentialsError;
use super::secret::{Credentials, Secret};

/// How long one may take: it may ask a person to unlock a key ring.
const WITHIN: Duration = Duration::from_secs(60);

/// The most bytes of what one answers.
const MOST: u64 = 64 << 10;

/// What a helper says where it has nothing; it fails then, as with anything else.
const NOT_FOUND: &str = "credentials not found";

/// What stands in the place of a name where the secret is a token.
const TOKEN: &str = "<token>";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'e> {
    #[serde(rename = "ServerURL", default)]
    server_url: String,
    username: std::borrow::Cow<'e, str>,
    secret: std::borrow::Cow<'e, str>,
}

pub(super) fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}

/// What a helper has for a registry.
pub(super) async fn get(
    name: &str,
    server: &str,
    config: &Path,
) -> Result<Option<Credentials>, CredentialsError> {
    let program = program(name);
    let answer = run(&program, "get", server.as_bytes(), config).await?;
    let Some(answer) = answer else {
        return Ok(None);
    };
    let foreign = |reason| CredentialsError::HelperForeign {
        program: program.clone(),
        reason,
    };
    let entry: Entry<'_> =
        serde_json::from_slice(&answer).map_err(|_| foreign("no JSON with a name and a secret"))?;
    let secret = Secret::new(entry.secret.into_owned());
    Ok(Some(match &*entry.username {
        TOKEN => Credentials::Identity(secret),
        name => Credentials::Password {
            username: name.to_owned(),
            password: secret,
        },
    }))
}

/// Gives a helper something to keep.
pub(super) async fn store(
    name: &str,
    server: &str,
    username: &str,
    password: &Secret,
    config: &Path,
) -> Result<(), CredentialsError> {
    let entry = Entry {
        server_url: server.to_owned(),
        username: username.into(),
        secret: password.reveal().into(),
    };
    let given = serde_json::to_vec(&entry).unwrap_or_default();
    run(&program(name), "store", &given, config).await?;
    Ok(())
}

/// Lets a helper forget what it has.
pub(super) async fn erase(name: &str, server: &str, config: &Path) -> Result<(), CredentialsError> {
    run(&program(name), "erase", server.as_bytes(), config).await?;
    Ok(())
}

/// Runs a helper, and gives what it prints; nothing where it says that it has nothing.
async fn run(
    program: &str,
    action: &str,
    given: &[u8],
    config: &Path,
) -> Result<Option<Vec<u8>>, CredentialsError> {
    // A path in its place would start any program.
    if program.contains(['/', '\\']) {
        return Err(CredentialsError::Foreign {
            path: config.to_owned(),
            reason: "it names a helper by a path".to_owned(),
        });
    }
    let mut child = Command::new(program)
        .arg(action)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| CredentialsError::NoHelper {
            program: program.to_owned(),
            path: config.to_owned(),
            source,
        })?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let talk = async {
        if let Some(mut stdin) = stdin {
            // One that needs nothing of it may not read it.
            let _ = stdin.write_all(given).await;
        }
        let mut answer = Vec::new();
        if let Some(stdout) = stdout {
            let _ = stdout.take(MOST + 1).read_to_end(&mut answer).await;
        }
        (answer.len() as u64 > MOST, answer)
    };
    let slow = |_| CredentialsError::HelperSlow {
        program: program.to_owned(),
        within: WITHIN,
    };
    let (is_long, answer) = timeout(WITHIN, talk).await.map_err(slow)?;
    if is_long {
        return Err(CredentialsError::HelperForeign {
            program: program.to_owned(),
            reason: "more than any credentials have",
        });
    }
    let ended = timeout(WITHIN, child.wait()).await.map_err(slow)?;
    match ended {
        Ok(status) if status.success() => Ok(Some(answer)),
        Ok(_) if String::from_utf8_lossy(&answer).contains(NOT_FOUND) => Ok(None),
        Ok(status) => Err(CredentialsError::HelperFailed {
            program: program.to_owned(),
            status,
        }),
        Err(source) => Err(CredentialsError::NoHelper {
            program: program.to_owned(),
            path: config.to_owned(),
            source,
        }),
    }
}
