//! What somebody has typed who tries a text, and what is tried with it.

use stepwell_contract::Name;
use stepwell_engine::{CompareIn, Trial};

use super::trial_cases::Case;
use crate::page::address::{Pairs, plain_lines};
use crate::page::comparisons::cases;
use crate::page::definitions::source;
use crate::{App, ProblemDetails};

/// What the form sends.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) content: String,
    /// What the editor had of a note.
    pub(super) note: String,
    /// The version whose text it started with.
    pub(super) from: u32,
    /// The latest version then: what must still be the latest when it is saved.
    pub(super) based_on: u32,
    /// What it is tried on, as a form sends it.
    pub(super) case: String,
    pub(super) search: String,
    pub(super) model: String,
    /// Which time it is sent.
    pub(super) time: Option<u32>,
    /// What is given by hand.
    pub(super) given: Pairs,
}

impl Typed {
    /// What a form has sent; what isn't in it is empty.
    pub(super) fn of(pairs: Pairs) -> Self {
        let text = |name: &str| pairs.get(name).unwrap_or_default().to_owned();
        Self {
            content: plain_lines(&text("content")),
            note: text("note"),
            from: pairs.number("from").unwrap_or_default(),
            based_on: pairs.number("based_on").unwrap_or_default(),
            case: text("case"),
            search: text("search"),
            model: text("model"),
            time: pairs.number("time"),
            given: pairs,
        }
    }

    /// The trial of it.
    pub(super) async fn trial(
        &self,
        app: &App,
        name: &Name,
        case: Case,
    ) -> Result<Trial, ProblemDetails> {
        let (step, within, items) = match case {
            Case::OfRun { run, step, items } => (step.to_string(), CompareIn::Run { run }, items),
            Case::Plugin(uses) => {
                let alone = CompareIn::Plugin {
                    folder: None,
                    settings: Default::default(),
                    grant_workspace: None,
                };
                (uses, alone, Vec::new())
            }
            Case::Definition { step, file } => {
                let definition = source(app, &file).await?;
                let within = CompareIn::Definition { definition };
                (step.to_string(), within, Vec::new())
            }
        };
        Ok(Trial {
            step,
            within,
            case: self.given(app).await?,
            items,
            prompt: Some(name.to_string()),
            text: self.content.clone(),
            model: Some(self.model.clone()).filter(|model| !model.is_empty()),
            time: self.time.unwrap_or(1),
        })
    }

    /// The case that is given by hand, if one is.
    async fn given(&self, app: &App) -> Result<Option<stepwell_definition::Case>, ProblemDetails> {
        let mut cases = cases(&self.given, app.engine.texts()).await?;
        let which = self.given.get("which").map(str::trim);
        let place = match which {
            Some(id) => cases.iter().position(|case| case.id == id),
            None => (cases.len() <= 1).then_some(0),
        };
        let Some(place) = place else {
            let known: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            return Err(ProblemDetails {
                hint: Some(
                    format!("name one of them: {}", stepwell_contract::listed(known)).into(),
                ),
                ..ProblemDetails::bad_request(match which {
                    Some(id) => format!("the case file has no case `{id}`"),
                    None => {
                        "the case file has several cases, and a text is tried on one".to_owned()
                    }
                })
            });
        };
        let mut case = cases.drain(..).nth(place);
        if let Some(case) = &mut case {
            // Nothing is held against checks here: an answer is looked at.
            case.checks.clear();
        }
        Ok(case)
    }
}

/// Where the text that stands in the form is kept otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is that of a version: what the browser has kept of it is newer.
    Version,
    /// Nowhere: it was typed.
    Nowhere,
    /// It is that of a trial.
    Trial,
}

impl Kept {
    /// What is said to the scripts that keep what is typed.
    pub(super) fn newer(self) -> Option<&'static str> {
        match self {
            Self::Version => None,
            Self::Nowhere => Some("typed"),
            Self::Trial => Some("kept"),
        }
    }
}
