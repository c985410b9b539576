//! Docker's `config.json`: a table of registries, and what else docker and others keep there.
//!
//! What isn't ours is written as it was read, in its order.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize as _;
use serde_json::{Map, Value, json};
use stepwell_workers::{LARGEST_CONFIGURATION, read_file};

use super::errors::CredentialsError;
use super::secret::{Credentials, Secret};
use crate::reference::Host;

const AUTHS: &str = "auths";

/// Who keeps a registry's credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Keeper {
    /// The file itself.
    File,
    /// The program `docker-credential-NAME`.
    Helper(String),
}

/// What stands in the file.
#[derive(Debug)]
pub(super) struct DockerConfig {
    path: PathBuf,
    table: Map<String, Value>,
}

impl DockerConfig {
    /// What stands there; nothing where there is no file.
    pub(super) fn read(path: PathBuf) -> Result<Self, CredentialsError> {
        let bytes = match read_file(&path, LARGEST_CONFIGURATION) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => b"{}".to_vec(),
            Err(source) => return Err(CredentialsError::Unread { path, source }),
        };
        // An empty file is what a person makes to have one.
        let parsed = match bytes.trim_ascii().is_empty() {
            true => Ok(Value::Object(Map::new())),
            false => serde_json::from_slice(&bytes),
        };
        let reason = match parsed {
            Ok(Value::Object(table)) => match table.get(AUTHS) {
                None | Some(Value::Object(_) | Value::Null) => return Ok(Self { path, table }),
                Some(_) => format!("its `{AUTHS}` is no table"),
            },
            Ok(_) => "it is no table".to_owned(),
            // The words of the library may repeat the text.
            Err(error) => format!("it is no JSON, from line {} on", error.line()),
        };
        Err(CredentialsError::Foreign { path, reason })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Who keeps the credentials for a registry: a helper of its own goes before the one for all.
    pub(super) fn keeper(&self, host: &Host) -> Keeper {
        let helpers = self.table.get("credHelpers").and_then(Value::as_object);
        let own = helpers.and_then(|helpers| {
            let mut own = helpers.iter().filter(|(key, _)| is_for(key, host));
            own.next().map(|(_, name)| name)
        });
        let named = own.or_else(|| self.table.get("credsStore"));
        match named
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
        {
            Some(name) => Keeper::Helper(name.to_owned()),
            None => Keeper::File,
        }
    }

    /// What the file itself has for a registry.
    pub(super) fn credentials(&self, host: &Host) -> Result<Option<Credentials>, CredentialsError> {
        let Some(entry) = self.keys(host).find_map(|key| self.auths()?.get(key)) else {
            return Ok(None);
        };
        let text = |key: &str| {
            let text = entry.get(key).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
        };
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Credentials::Identity(Secret::new(token.to_owned()))));
        }
        let pair = match (text("auth"), text("username"), text("password")) {
            (Some(auth), ..) => decoded(auth).ok_or_else(|| CredentialsError::Foreign {
                path: self.path.clone(),
                reason: format!("what `{AUTHS}` has for {host} is no name with a password"),
            })?,
            (None, Some(name), Some(password)) => (name.to_owned(), password.to_owned()),
            _ => return Ok(None),
        };
        Ok(Some(Credentials::Password {
            username: pair.0,
            password: Secret::new(pair.1),
        }))
    }

    /// Writes name and password down for a registry.
    pub(super) fn keep(&mut self, host: &Host, username: &str, password: &Secret) {
        let encoded = STANDARD.encode(format!("{username}:{}", password.reveal()));
        self.set(host, json!({ "auth": encoded }));
    }

    /// Writes down that a helper has them.
    pub(super) fn keep_mark(&mut self, host: &Host) {
        self.set(host, json!({}));
    }

    fn set(&mut self, host: &Host, entry: Value) {
        self.forget(host);
        let auths = self.table.entry(AUTHS).or_insert_with(|| json!({}));
        if auths.is_null() {
            *auths = json!({});
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(host.key().to_owned(), entry);
        }
    }

    /// Leaves a registry out; says whether it stood there.
    pub(super) fn forget(&mut self, host: &Host) -> bool {
        let Some(auths) = self.table.get_mut(AUTHS).and_then(Value::as_object_mut) else {
            return false;
        };
        let before = auths.len();
        auths.retain(|key, _| !is_for(key, host));
        auths.len() < before
    }

    /// Writes the file, at once or not at all, so that only this user can read it.
    pub(super) fn write(&self) -> Result<(), CredentialsError> {
        self.replace()
            .map_err(|source| CredentialsError::Unwritten {
                path: self.path.clone(),
                source,
            })
    }

    fn replace(&self) -> io::Result<()> {
        // Of a link, what it leads to: many keep such files in a repository of their own.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        let mut text = Vec::new();
        // As docker indents it.
        let form = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut to = serde_json::Serializer::with_formatter(&mut text, form);
        self.table.serialize(&mut to)?;
        text.push(b'\n');
        // Such a file is made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&text)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    }

    fn auths(&self) -> Option<&Map<String, Value>> {
        self.table.get(AUTHS)?.as_object()
    }

    /// The keys under which a registry stands, the usual one first.
    fn keys<'t>(&'t self, host: &'t Host) -> impl Iterator<Item = &'t str> {
        let all = self.auths().into_iter().flat_map(Map::keys);
        let others = all.map(String::as_str).filter(|key| is_for(key, host));
        std::iter::once(host.key()).chain(others)
    }
}

/// Whether a key names a registry: also as an address, as docker did at first.
fn is_for(key: &str, host: &Host) -> bool {
    let name = key.split_once("://").map_or(key, |(_, rest)| rest);
    let name = name.split('/').next().unwrap_or_default();
    match name.parse::<Host>() {
        Ok(named) if host.is_docker() => named.is_docker(),
        Ok(named) => named == *host,
        Err(_) => false,
    }
}

fn decoded(auth: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    // Some fill it up with zeros.
    Some((name.to_owned(), password.trim_end_matches('\0').to_owned()))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    fn kept(config: &DockerConfig, at: &str) -> Option<(String, String)> {
        match config.credentials(&host(at)).unwrap()? {
            Credentials::Password { username, password } => {
                Some((username, password.reveal().to_owned()))
            }
            Credentials::Identity(token) => Some(("<token>".into(), token.reveal().to_owned())),
        }
    }

    fn pair(name: &str, password: &str) -> Option<(String, String)> {
        Some((name.to_owned(), password.to_owned()))
    }

    const OTHERS: &str = r#"{
	"HttpHeaders": {"z": "1", "a": "2"},
	"auths": {
		"https://index.docker.io/v1/": {"auth": "YWRhOmRvY2tlcg=="},
		"other.example": {"identitytoken": "t0ken"},
		"https://old.example/v1/": {"auth": "YWRhOm9sZA=="}
	},
	"credHelpers": {"gcr.example": "gcloud"},
	"currentContext": "far"
}"#;

    #[test]
    fn what_others_keep_there_stays_as_it_is_and_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, OTHERS).unwrap();
        let read = || DockerConfig::read(path.clone()).unwrap();
        let mut config = read();
        config.keep(
            &host("localhost:5000"),
            "ada",
            &Secret::new("hunter:2".into()),
        );
        config.write().unwrap();

        let config = read();
        assert_eq!(kept(&config, "localhost:5000"), pair("ada", "hunter:2"));
        assert_eq!(kept(&config, "localhost:5001"), None);
        assert_eq!(kept(&config, "docker.io"), pair("ada", "docker"));
        assert_eq!(kept(&config, "old.example"), pair("ada", "old"));
        assert_eq!(kept(&config, "other.example"), pair("<token>", "t0ken"));
        assert_eq!(
            config.keeper(&host("gcr.example")),
            Keeper::Helper("gcloud".into())
        );
        assert_eq!(config.keeper(&host("docker.io")), Keeper::File);

        let mut config = read();
        assert!(config.forget(&host("localhost:5000")) && !config.forget(&host("localhost:5000")));
        config.write().unwrap();
        let before: Value = serde_json::from_str(OTHERS).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let after: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(before.to_string(), after.to_string());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it_and_a_link_to_it_stays_one() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("dotfiles.json");
        fs::write(&real, "{}").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).unwrap();
        let link = folder.path().join("config.json");
        symlink(&real, &link).unwrap();
        let new = folder.path().join("new/config.json");
        for path in [&link, &new] {
            let mut config = DockerConfig::read(path.clone()).unwrap();
            config.keep(&host("h"), "ada", &Secret::new("x".into()));
            config.write().unwrap();
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let folder = fs::metadata(new.parent().unwrap()).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_that_is_no_docker_s_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        for text in ["hunter2", "[\"hunter2\"]", "{\"auths\": \"hunter2\"}"] {
            fs::write(&path, text).unwrap();
            let error = DockerConfig::read(path.clone()).unwrap_err();
            assert!(
                error.to_string().contains("is no file of docker's: it"),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        fs::write(&path, r#"{"auths": {"h": {"auth": "hunter2"}}}"#).unwrap();
        let config = DockerConfig::read(path.clone()).unwrap();
        let error = config.credentials(&host("h")).unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        fs::write(&path, "").unwrap();
        assert!(DockerConfig::read(path).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_kept_is_had_again(name in "[^:\\x00]{0,12}", password in "[^\\x00]{1,12}") {
            let mut config = DockerConfig { path: PathBuf::new(), table: Map::new() };
            config.keep(&host("h:1"), &name, &Secret::new(password.clone()));
            prop_assert_eq!(kept(&config, "h:1"), pair(&name, &password));
        }
    }
}
