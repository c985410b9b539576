//! What every handler is given, and what a server says of itself.

use std::sync::Arc;

use aide::generate::GenContext;
use aide::openapi::Operation;
use aide::operation::OperationInput;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, ImprovementId, RunId, amounts};
use stepwell_engine::{Engine, Reach};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::{ProblemDetails, Supervisor};

/// The most bytes that are kept of who did something.
const MOST_OF_A_NAME: usize = 256;

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) about: Arc<About>,
    /// Who drives the runs.
    pub(crate) runs: Arc<Supervisor>,
    pub(crate) edits: Arc<Mutex<()>>,
    /// Whose server it is: who does what is asked without a name. Empty where others may ask as well.
    pub(crate) user: Arc<str>,
    /// Turns true when the server ends: streams end then.
    pub(crate) ending: watch::Receiver<bool>,
}

impl App {
    /// The same, for who may name only some folders.
    pub(crate) fn within(&self, reach: Reach) -> Self {
        let engine = self.engine.within(reach);
        Self {
            runs: Arc::new(self.runs.asked_by(engine.clone())),
            engine,
            ..self.clone()
        }
    }

    /// Who does it, for logs: who the request names, or else whose server it is. What is more than a name is cut off.
    pub(crate) fn person(&self, named: String) -> String {
        if named.trim().is_empty() {
            self.user.to_string()
        } else {
            amounts::cut(named, MOST_OF_A_NAME)
        }
    }

    /// Held from looking at a prompt's tag, or at a document's revision, until it is changed.
    pub(crate) async fn edit(&self) -> MutexGuard<'_, ()> {
        self.edits.lock().await
    }
}

/// What an address names by its id, or the last characters of it, or as `last`.
macro_rules! named_in_address {
    ($(#[$about:meta])* $of:ident($id:ident), $place:ident { #[doc = $doc:literal] $name:ident }, $find:ident) => {
        $(#[$about])*
        pub(crate) struct $of(pub(crate) $id);

        #[derive(Deserialize, JsonSchema)]
        struct $place {
            #[doc = $doc]
            #[serde(alias = "id")]
            $name: String,
        }

        impl FromRequestParts<App> for $of {
            type Rejection = ProblemDetails;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ProblemDetails> {
                let Path(place) = Path::<$place>::from_request_parts(parts, app).await?;
                Ok(Self(app.engine.$find(&place.$name).await?))
            }
        }

        impl OperationInput for $of {
            fn operation_input(context: &mut GenContext, operation: &mut Operation) {
                Path::<$place>::operation_input(context, operation);
            }
        }
    };
}

named_in_address! {
    /// The run that an address names.
    OfRun(RunId), RunPlace {
        /// The run: `last`, its id, or the last characters of it.
        run
    }, find_run
}

named_in_address! {
    /// The comparison that an address names.
    OfComparison(ComparisonId), ComparisonPlace {
        /// The comparison: `last`, its id, or the last characters of it.
        comparison
    }, find_comparison
}

named_in_address! {
    /// The improvement that an address names.
    OfImprovement(ImprovementId), ImprovementPlace {
        /// The improvement: `last`, its id, or the last characters of it.
        improvement
    }, find_improvement
}

/// What a server says of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The project's directory.
    pub project: String,
    /// The version of the program.
    pub version: String,
}
