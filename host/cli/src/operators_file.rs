//! The operator's file, changed by a command: what a person wrote into it stays as it is, with its comments.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use stepwell_contract::Name;
use stepwell_workers::{LARGEST_CONFIGURATION, read_text};
use toml_edit::{DocumentMut, Item, Table, TomlError, value};

/// The table of the operator's names.
const PLUGINS: &str = "plugins";

/// Why it isn't changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchanged {
    /// It can't be read or written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// It is no TOML.
    #[error("it is no TOML: {0}")]
    NotToml(#[from] TomlError),
    /// `plugins` is there, and no table.
    #[error("`plugins` in it is no table")]
    NoTable,
}

/// Gives a plugin a name; another one that had it doesn't any more. A file that isn't there is made.
///
/// # Errors
/// [`Unchanged`]: then it is as it was.
pub(crate) fn name_plugin(file: &Path, name: &Name, uses: &str) -> Result<(), Unchanged> {
    changed(file, |document| {
        let is_new = !document.contains_key(PLUGINS);
        let table = document
            .entry(PLUGINS)
            .or_insert_with(|| Item::Table(Table::new()));
        let table = table.as_table_like_mut().ok_or(Unchanged::NoTable)?;
        table.insert(name.as_str(), value(uses));
        if is_new && let Some(table) = document.get_mut(PLUGINS).and_then(Item::as_table_mut) {
            table.decor_mut().set_prefix(match document_is_empty(file) {
                true => "",
                false => "\n",
            });
        }
        Ok(())
    })
}

/// Takes a plugin's name away; the table goes with the last one.
///
/// # Errors
/// [`Unchanged`]: then it is as it was.
pub(crate) fn unname_plugin(file: &Path, name: &Name) -> Result<(), Unchanged> {
    changed(file, |document| {
        let Some(table) = document.get_mut(PLUGINS) else {
            return Ok(());
        };
        let table = table.as_table_like_mut().ok_or(Unchanged::NoTable)?;
        table.remove(name.as_str());
        if table.is_empty() {
            document.remove(PLUGINS);
        }
        Ok(())
    })
}

fn document_is_empty(file: &Path) -> bool {
    file.metadata().map_or(true, |it| it.len() == 0)
}

fn changed(
    file: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), Unchanged>,
) -> Result<(), Unchanged> {
    // A link stands for what it leads to.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("."));
    // Let go of when it is dropped: of two commands at once neither takes back what the other one wrote.
    let held = File::open(folder)?;
    held.lock()?;
    let before = match read_text(&file, LARGEST_CONFIGURATION) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let mut document: DocumentMut = before.parse()?;
    change(&mut document)?;
    Ok(replaced(&file, folder, &document.to_string())?)
}

/// Puts a text in the place of a file, which is whole at any time, and as readable as it was.
fn replaced(file: &PathBuf, folder: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let usual = std::fs::Permissions::from_mode(0o666);
    let before = file.metadata().map(|it| it.permissions());
    let mut beside = tempfile::Builder::new()
        .prefix(".stepwell.toml.")
        .permissions(usual)
        .tempfile_in(folder)?;
    if let Ok(permissions) = before {
        beside.as_file().set_permissions(permissions)?;
    }
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stepwell.toml");
        name_plugin(&file, &name("notes"), "oci://host/notes:1").unwrap();
        let read = || std::fs::read_to_string(&file).unwrap();
        assert_eq!(read(), "[plugins]\nnotes = \"oci://host/notes:1\"\n");

        let written = "# Ours.\n[models]\nsmall = \"p/m\" # cheap\n";
        std::fs::write(&file, written).unwrap();
        name_plugin(&file, &name("notes"), "a.wasm").unwrap();
        name_plugin(&file, &name("other"), "b.wasm").unwrap();
        name_plugin(&file, &name("notes"), "c.wasm").unwrap();
        let named = format!("{written}\n[plugins]\nnotes = \"c.wasm\"\nother = \"b.wasm\"\n");
        assert_eq!(read(), named);
        unname_plugin(&file, &name("notes")).unwrap();
        unname_plugin(&file, &name("notes")).unwrap();
        assert!(!read().contains("notes"), "{}", read());
        unname_plugin(&file, &name("other")).unwrap();
        assert_eq!(read(), written);
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stepwell.toml");
        for (text, says) in [("[plugins", "no TOML"), ("plugins = 1\n", "no table")] {
            std::fs::write(&file, text).unwrap();
            let error = name_plugin(&file, &name("notes"), "a.wasm").unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
