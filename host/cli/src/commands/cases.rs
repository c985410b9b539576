//! A case file, read with what it names beside it.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{Uses, amounts};
use stepwell_definition::{Case, CaseSources, Rule, parse_cases};
use stepwell_workers::{LARGEST_TEXT, read_text};

use super::texts;
use crate::application::Application;
use crate::errors::{CommandError, Given};
use crate::remedy::GivenFile;
use crate::wiring::{Context, Wired};

/// Files beside the case file.
pub(super) struct Beside<'p>(pub(super) &'p Path);

impl CaseSources for Beside<'_> {
    fn text(&self, path: &str) -> Result<String, String> {
        read_text(&self.0.join(path), LARGEST_TEXT).map_err(|error| error.to_string())
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut files = Collected::default();
        collect(&self.0.join(path), "", &mut files)?;
        Ok(files.by_path)
    }
}

/// The most files of a case's workspace.
const MOST_FILES: usize = 10_000;
/// The most bytes of all of them.
const MOST_FILE_BYTES: usize = 64 << 20;

/// The files of a case's workspace, as far as they were read.
#[derive(Default)]
struct Collected {
    by_path: BTreeMap<String, String>,
    bytes: usize,
}

impl Collected {
    fn add(&mut self, path: String, text: String) -> Result<(), String> {
        self.bytes += text.len();
        if self.by_path.len() == MOST_FILES || self.bytes > MOST_FILE_BYTES {
            let bytes = amounts::size(MOST_FILE_BYTES as u64);
            return Err(format!(
                "a case's workspace has at most {MOST_FILES} text files and {bytes} of them, and there are more"
            ));
        }
        self.by_path.insert(path, text);
        Ok(())
    }
}

/// The text files below a folder. Links are not followed: a case holds what lies in its folder.
fn collect(folder: &Path, prefix: &str, files: &mut Collected) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && name != ".git" {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = read_text(&entry.path(), LARGEST_TEXT)
        {
            files.add(path, text)?;
        }
    }
    Ok(())
}

/// The cases of a file.
pub(super) async fn read_cases(
    file: &Path,
    context: &Context,
    wired: &Wired,
) -> Result<Vec<Case>, CommandError> {
    let text = texts::file(file, GivenFile::Cases)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = crate::project::shown(file, &context.start);
    let elsewhere;
    let service = match &wired.engine {
        Application::Here(engine) => engine.texts(),
        Application::There(_) => {
            elsewhere = context.texts(&wired.folder);
            &*elsewhere
        }
    };
    match parse_cases(&text, &name, &Beside(folder), service).await {
        (Some(mut cases), warnings) => {
            for warning in warnings {
                context.screen.note(&warning.render(&text));
            }
            for check in cases.iter_mut().flat_map(|case| &mut case.checks) {
                if let Rule::Judge(judge) = &mut check.rule {
                    judge.uses = Uses::seen_from(&judge.uses, folder);
                }
            }
            Ok(cases)
        }
        (None, diagnostics) => Err(Given::Cases.with(diagnostics, text)),
    }
}
