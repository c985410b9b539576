//! The text of a version of a prompt, whole.

use axum::extract::{Path, State};
use serde::Deserialize;
use stepwell_contract::{Name, RunId};

use super::{INTRINSIC, name_of, of_intrinsic};
use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, of_version};
use crate::page::frame::Section;
use crate::page::problem::Page;
use crate::page::whole::Whole;

/// Which text.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// The version; none is the current one.
    #[serde(default)]
    version: Option<u32>,
    /// The run that used it, where it isn't kept any more.
    #[serde(default)]
    run: Option<RunId>,
}

/// Where a version is shown whole.
pub(super) fn whole(prompt: &str, version: u32, run: Option<RunId>) -> Address {
    Address::at(format!("/prompts/{prompt}/text"))
        .with("version", Some(version))
        .with("run", run)
}

/// `GET /prompts/{name}/text`.
pub(super) async fn text(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(pairs): Query<Pairs>,
) -> Page {
    let name: Name = name_of(&name)?;
    let (number, text) = match (wanted.version, wanted.run) {
        (Some(number), Some(run)) => (number, app.engine.prompt_of_run(run, &name, number).await?),
        (number, _) => {
            let version = app.engine.prompt_version(&name, number).await?;
            (version.summary.number, version.content)
        }
    };
    let (back, named) = match (number, wanted.run) {
        (INTRINSIC, None) => (of_intrinsic(name.as_str()), format!("{name} intrinsic")),
        (number, run) => {
            let back = of_version(&name, Some(number)).with("run", run);
            (back, format!("{name} v{number}"))
        }
    };
    let whole = Whole {
        section: Section::Prompts,
        back: (name.as_str(), back.to_string()),
        name: named,
        text: &text,
        here: Some(whole(name.as_str(), number, wanted.run)),
    };
    Ok(whole.answer(&app, &pairs))
}
