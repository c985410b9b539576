//! What helps with an error, as data, wherever it was found.

use stepwell_contract::Remedy;

use super::CommandError;
use crate::project::LinkedStore;
use crate::remedy::{CommandRemedy, Helps};

impl CommandError {
    /// What helps. Where several things are wrong at once, each of them has its own.
    pub(crate) fn helps(&self) -> Vec<Helps> {
        let one: Helps = match self {
            Self::Engine(error) => return known(error.remedy()),
            Self::There(error) => return known(error.remedy()),
            Self::Store(error) => return known(Some(error.remedy())),
            Self::Models(error) => return error.helps(),
            Self::Serving(error) => return error.helps().into_iter().collect(),
            Self::Develop(error) => return error.helps().into_iter().collect(),
            Self::Signing(error) => return error.helps().into_iter().collect(),
            Self::Registry(error) => return error.helps().into_iter().collect(),
            Self::Naming(error) => return error.helps().into_iter().collect(),
            Self::Step(error) => error.helps(),
            Self::Prompt(error) => error.helps(),
            Self::Compared(error) => error.helps(),
            Self::RunGiven(error) => error.helps(),
            Self::Folder(error) => error.helps(),
            Self::Scaffold(error) => error.helps(),
            Self::CutOff { what, .. } => CommandRemedy::GoOnWith { what: *what }.into(),
            Self::StoreFolder { .. } => Remedy::ChooseStore.into(),
            Self::StoreIsFile { .. } => CommandRemedy::MoveStoreAway.into(),
            Self::NoStore { .. } => CommandRemedy::GoToProject.into(),
            Self::StoreFileMissing { path, .. } => {
                CommandRemedy::PutStoreFileBack { path: path.clone() }.into()
            }
            Self::StoreIsLink(LinkedStore { path, .. }) => {
                CommandRemedy::RemoveOrNameLink { path: path.clone() }.into()
            }
            Self::File {
                named: Some(file), ..
            } => CommandRemedy::NameFile { file: file.clone() }.into(),
            Self::Usage { usage, .. } if !usage.is_empty() => CommandRemedy::ReadUsage {
                usage: usage.clone(),
            }
            .into(),
            // Each problem of a text has its own; of the rest the system says all that there is.
            Self::Text { .. }
            | Self::File { named: None, .. }
            | Self::Write { .. }
            | Self::Directory { .. }
            | Self::Usage { .. }
            | Self::Runtime { .. }
            | Self::Output { .. }
            | Self::Json { .. } => return Vec::new(),
        };
        vec![one]
    }
}

/// What a later build says helps has no words here.
fn known(remedy: Option<Remedy>) -> Vec<Helps> {
    let known = remedy.filter(Remedy::is_known);
    known.into_iter().map(Helps::from).collect()
}
