//! Why a plugin gets no name of the operator's, or doesn't lose one.

use stepwell_contract::Name;
use stepwell_engine::ErrorCode;

use crate::operators_file::Unchanged;
use crate::remedy::{CommandRemedy, Helps};

/// Why names stay as they are. Paths are as a person sees them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamingError {
    #[error("`{name}` is the name of {uses} already")]
    Taken { name: Name, uses: String },
    #[error("no plugin has the name `{name}`{}", those(known))]
    Unknown { name: Name, known: Vec<String> },
    #[error("`{given}` doesn't say where the plugin is")]
    OneWord { given: String },
    #[error("{shown} can't be changed: {error}")]
    Unwritten {
        shown: String,
        #[source]
        error: Unchanged,
    },
}

fn those(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!("; there are: {}", known.join(", ")),
    }
}

impl NamingError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Taken { .. } | Self::OneWord { .. } => ErrorCode::Invalid,
            Self::Unknown { .. } => ErrorCode::Plugin,
            Self::Unwritten { .. } => ErrorCode::File,
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::Taken { name, .. } => CommandRemedy::RemovePluginName { name: name.clone() },
            Self::OneWord { given } => CommandRemedy::SayWherePluginIs {
                given: given.clone(),
            },
            Self::Unknown { .. } | Self::Unwritten { .. } => return None,
        };
        Some(own.into())
    }
}
