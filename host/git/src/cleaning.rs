//! What `git add` would store of a file: its line ends as .gitattributes and the configuration say.
//!
//! No program is started: a path with a filter is refused, and so is one in another encoding.

use stepwell_contract::CommitId;

use gix_filter::eol::{
    AttributesDigest, AutoCrlf, Configuration, Mode, convert_to_git, convert_to_git::Options,
};

use crate::attributes::{Attributes, Said, Word};
use crate::error::GitError;
use crate::paths::{InRepository, entry};
use crate::repository::Repository;

impl Repository {
    /// What git stores of a file's bytes. `stored` is what it has at this path already: where that has the line ends of Windows,
    /// a file of which nobody said that it is a text keeps them.
    ///
    /// # Errors
    /// The path has a filter, or an encoding.
    pub(crate) fn cleaned(
        &self,
        at: &InRepository,
        said: &Said,
        bytes: &[u8],
        stored: impl Fn() -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, GitError> {
        refuse_programs(at, said)?;
        let configuration = self.line_ends();
        let mut ends = Vec::new();
        let mut stored_in = |buffer: &mut Vec<u8>| {
            let found = stored();
            Ok(found.map(|found| {
                buffer.clear();
                buffer.extend_from_slice(&found);
            }))
        };
        let options = Options {
            round_trip_check: None,
            config: configuration,
        };
        let digest = digest(said, configuration);
        let changed = convert_to_git(bytes, digest, &mut ends, &mut stored_in, options)
            .map_err(GitError::failed(format!("`{}` can't be stored", at.given)))?;
        let cleaned = changed.then_some(ends);
        if said.ident != Word::Set {
            return Ok(cleaned);
        }
        let mut named = Vec::new();
        let changed = gix_filter::ident::undo(cleaned.as_deref().unwrap_or(bytes), &mut named)
            .map_err(|error| GitError::Failed {
                what: format!("`{}` can't be stored", at.given),
                reason: error.to_string(),
            })?;
        Ok(if changed { Some(named) } else { cleaned })
    }

    /// The bytes that git would store of a file, as the attributes of a commit say.
    ///
    /// # Errors
    /// As [`commit`](Self::commit) has them of one file.
    pub fn stored_as(
        &self,
        base: &CommitId,
        path: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, GitError> {
        let at = self.place(path);
        let tree = self.tree(base)?;
        let said = Attributes::of(self, &tree).said_of(&at)?;
        let found = entry(&tree, &at)?;
        let stored = || {
            let mut blob = self.git.find_blob(found?.id).ok()?;
            Some(std::mem::take(&mut blob.data))
        };
        let cleaned = self.cleaned(&at, &said, bytes, stored)?;
        Ok(cleaned.unwrap_or_else(|| bytes.to_vec()))
    }

    /// What the configuration says of line ends.
    fn line_ends(&self) -> Configuration {
        let config = self.git.config_snapshot();
        let automatic = config.string("core.autocrlf").map(|said| said.to_string());
        let auto_crlf = match automatic.as_deref() {
            Some(said) if said.eq_ignore_ascii_case("input") => AutoCrlf::Input,
            _ if config.boolean("core.autocrlf").unwrap_or(false) => AutoCrlf::Enabled,
            _ => AutoCrlf::Disabled,
        };
        let eol = config.string("core.eol").map(|said| said.to_string());
        let eol = eol.and_then(|said| match said.to_ascii_lowercase().as_str() {
            "lf" => Some(Mode::Lf),
            "crlf" => Some(Mode::CrLf),
            _ => None,
        });
        Configuration { auto_crlf, eol }
    }
}

/// A path that something else than line ends would change.
fn refuse_programs(at: &InRepository, said: &Said) -> Result<(), GitError> {
    let path = at.given.clone();
    if let Word::Value(filter) = &said.filter {
        let filter = filter.clone();
        return Err(GitError::Filtered { path, filter });
    }
    match &said.encoding {
        Word::Value(encoding) if !encoding.eq_ignore_ascii_case("utf-8") => {
            let encoding = encoding.clone();
            Err(GitError::Encoded { path, encoding })
        }
        _ => Ok(()),
    }
}

/// What the attributes `crlf`, `text` and `eol` come to, as gitattributes(5) has it.
fn digest(said: &Said, configuration: Configuration) -> AttributesDigest {
    let of_word = |word: &Word| match word {
        Word::Nothing => None,
        Word::Set => Some(AttributesDigest::Text),
        Word::Unset => Some(AttributesDigest::Binary),
        Word::Value(value) => match value.as_str() {
            "input" => Some(AttributesDigest::TextInput),
            "auto" => Some(AttributesDigest::TextAuto),
            _ => None,
        },
    };
    let text = of_word(&said.text).or_else(|| of_word(&said.crlf));
    let eol = match &said.eol {
        Word::Value(value) if value == "lf" => Some(Mode::Lf),
        Word::Value(value) if value == "crlf" => Some(Mode::CrLf),
        _ => None,
    };
    match (text, eol) {
        (Some(AttributesDigest::Binary), _) => AttributesDigest::Binary,
        (Some(AttributesDigest::TextAuto), Some(Mode::Lf)) => AttributesDigest::TextAutoInput,
        (Some(AttributesDigest::TextAuto), Some(Mode::CrLf)) => AttributesDigest::TextAutoCrlf,
        (_, Some(mode)) => mode.into(),
        (None, None) => configuration.auto_crlf.into(),
        (Some(AttributesDigest::Text), None) => configuration.to_eol().into(),
        (Some(text), None) => text,
    }
}
