//! The texts of a call, each whole.

use axum::extract::{Path, State};
use stepwell_engine::CallDetail;
use strum::{EnumString, IntoStaticStr};

use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::Section;
use crate::page::problem::{Page, no_page};
use crate::page::whole::Whole;

/// A text of a call. Its word stands in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum TextOf {
    Prompt,
    Answer,
    Reasoning,
    Request,
    /// The bytes of an attempt, as they came.
    Raw,
}

impl TextOf {
    fn said(self) -> &'static str {
        match self {
            Self::Prompt => "Filled prompt",
            Self::Answer => "Raw answer",
            Self::Reasoning => "What the model thought",
            Self::Request => "The request",
            Self::Raw => "Bytes as they came",
        }
    }

    /// The text; `attempt` counts from 0.
    fn text(self, detail: CallDetail, attempt: usize) -> Option<String> {
        match self {
            Self::Prompt => Some(detail.prompt),
            Self::Answer => detail.answer,
            Self::Reasoning => detail.reasoning,
            Self::Request => serde_json::to_string_pretty(&detail.request).ok(),
            Self::Raw => detail.raw.into_iter().nth(attempt),
        }
    }
}

/// Where a text of a call is shown whole.
pub(crate) fn whole_of_call(call: impl std::fmt::Display, of: TextOf) -> Address {
    let word: &str = of.into();
    Address::at(format!("/calls/{call}/text")).with("of", Some(word))
}

/// Where the bytes of an attempt are, which counts from 0.
pub(super) fn whole_attempt(call: impl std::fmt::Display, attempt: usize) -> Address {
    whole_of_call(call, TextOf::Raw).with("attempt", Some(attempt).filter(|attempt| *attempt > 0))
}

/// `GET /calls/{id}/text`.
pub(super) async fn text(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Page {
    let detail = app.engine.call(&id).await?;
    let (id, execution) = (detail.call.id, detail.call.execution.clone());
    let attempt = pairs.number("attempt").unwrap_or(0);
    let found = pairs.number::<TextOf>("of").and_then(|of| {
        let text = of.text(detail, attempt)?;
        Some((of, text))
    });
    let Some((of, text)) = found else {
        let hint = "the call's page has all that there is of it";
        return Err(no_page("the call has no such text", hint));
    };
    let here = match of {
        TextOf::Raw => whole_attempt(id, attempt),
        other => whole_of_call(id, other),
    };
    let whole = Whole {
        section: Section::Calls,
        back: ("The call", format!("/calls/{id}")),
        name: format!("{} of {execution}", of.said()),
        text: &text,
        here: Some(here),
    };
    Ok(whole.answer(&app, &pairs))
}
