//! What .gitattributes says of a path.
//!
//! The files are those of a commit, not those on the disk, so that the same commit is made again from the same things. What the
//! user's and the repository's own configuration says comes with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use gix::glob::pattern::Case;
use gix::objs::tree::EntryKind;
use gix_attributes::search::{MetadataCollection, Outcome};
use gix_attributes::{Search, Source, StateRef};

use crate::error::GitError;
use crate::paths::{InRepository, entry, folders};
use crate::repository::Repository;

/// The name of the files.
const FILE: &str = ".gitattributes";

/// What decides what is stored; the order is that of [`Said`].
const NAMES: [&str; 6] = [
    "crlf",
    "text",
    "eol",
    "ident",
    "filter",
    "working-tree-encoding",
];

/// What is said of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    Nothing,
    Set,
    Unset,
    Value(String),
}

/// What is said of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) crlf: Word,
    pub(crate) text: Word,
    pub(crate) eol: Word,
    pub(crate) ident: Word,
    pub(crate) filter: Word,
    pub(crate) encoding: Word,
}

/// The attributes of a commit's paths.
pub(crate) struct Attributes<'r> {
    repository: &'r Repository,
    tree: &'r gix::Tree<'r>,
    /// The files that a commit brings itself, by their folder; none is that it removes one.
    brought: BTreeMap<String, Option<Bytes>>,
    /// The files that were read, by their folder.
    read: BTreeMap<String, Option<Vec<u8>>>,
}

impl<'r> Attributes<'r> {
    pub(crate) fn of(repository: &'r Repository, tree: &'r gix::Tree<'r>) -> Self {
        Self {
            repository,
            tree,
            brought: BTreeMap::new(),
            read: BTreeMap::new(),
        }
    }

    /// Lays a file that is committed, too, over those of the tree, if it is one of attributes.
    pub(crate) fn lay_over(&mut self, path: &str, content: Option<&Bytes>) {
        let folder = match path.rsplit_once('/') {
            Some((folder, FILE)) => folder,
            None if path == FILE => "",
            _ => return,
        };
        self.brought.insert(folder.to_owned(), content.cloned());
    }

    pub(crate) fn said_of(&mut self, at: &InRepository) -> Result<Said, GitError> {
        let mut files = Vec::new();
        for folder in folders(&at.path) {
            if let Some(text) = self.file_of(folder)? {
                files.push((folder, text));
            }
        }
        let case = match self.is_set("core.ignorecase") {
            true => Case::Fold,
            false => Case::Sensitive,
        };
        let unread = |error: std::io::Error| GitError::Failed {
            what: format!("what .gitattributes says of `{}` can't be read", at.given),
            reason: error.to_string(),
        };
        let mut known = MetadataCollection::default();
        let mut buffer = Vec::new();
        let mut search =
            Search::new_globals(self.global_files(), &mut buffer, &mut known).map_err(unread)?;
        let root = Path::new("/");
        for (folder, text) in &files {
            let source = root.join(folder).join(FILE);
            search
                .add_patterns_buffer(text, source, Some(root), &mut known, folder.is_empty())
                .map_err(unread)?;
        }
        let own = self.repository.git.common_dir().join("info/attributes");
        search
            .add_patterns_file(own, true, None, &mut buffer, &mut known, true)
            .map_err(unread)?;
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&known, NAMES);
        search.pattern_matching_relative_path(
            at.path.as_str().into(),
            case,
            Some(false),
            &mut outcome,
        );
        let words: Vec<Word> = outcome
            .iter_selected()
            .map(|found| word(found.assignment.state))
            .collect();
        let word = |place: usize| words.get(place).cloned().unwrap_or(Word::Nothing);
        Ok(Said {
            crlf: word(0),
            text: word(1),
            eol: word(2),
            ident: word(3),
            filter: word(4),
            encoding: word(5),
        })
    }

    /// The file of attributes in a folder.
    fn file_of(&mut self, folder: &str) -> Result<Option<Vec<u8>>, GitError> {
        if let Some(brought) = self.brought.get(folder) {
            return Ok(brought.as_ref().map(|text| text.to_vec()));
        }
        if let Some(read) = self.read.get(folder) {
            return Ok(read.clone());
        }
        let path = match folder {
            "" => FILE.to_owned(),
            folder => format!("{folder}/{FILE}"),
        };
        let at = InRepository {
            given: path.clone(),
            path,
        };
        // Git follows no link here.
        let found = entry(self.tree, &at)?
            .filter(|entry| matches!(entry.kind, EntryKind::Blob | EntryKind::BlobExecutable));
        let text = match found {
            None => None,
            Some(found) => {
                let unread = GitError::failed(format!("`{}` can't be read", at.path));
                let mut blob = self.repository.git.find_blob(found.id).map_err(unread)?;
                Some(std::mem::take(&mut blob.data))
            }
        };
        self.read.insert(folder.to_owned(), text.clone());
        Ok(text)
    }

    /// Files that hold for every repository, the weakest first.
    fn global_files(&self) -> Vec<PathBuf> {
        let mut environment = gix::path::env::var;
        let system = Source::System.storage_location(&mut environment);
        let config = self.repository.git.config_snapshot();
        let named = config.trusted_path("core.attributesFile").ok().flatten();
        let user = named.or_else(|| Source::Git.storage_location(&mut environment));
        system.into_iter().chain(user).collect()
    }

    fn is_set(&self, key: &str) -> bool {
        let config = self.repository.git.config_snapshot();
        config.boolean(key).unwrap_or(false)
    }
}

fn word(state: StateRef<'_>) -> Word {
    match state {
        StateRef::Unspecified => Word::Nothing,
        StateRef::Set => Word::Set,
        StateRef::Unset => Word::Unset,
        StateRef::Value(value) => Word::Value(value.as_bstr().to_string()),
    }
}
