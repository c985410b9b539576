//! What the cells of the matrix were answered, as far as it is shown.

use std::collections::BTreeMap;

use stepwell_engine::{CellAddress, CellDetail, CellView, ComparisonView};
use stepwell_rendering::TextOf;

use crate::{App, ProblemDetails};

/// A cell's answer: the last one of its model, or else its first document.
struct Answer {
    /// The document; none is an answer.
    document: Option<String>,
    /// Which answer, from 0.
    call: usize,
    text: String,
}

/// By case and variant, of the first repeat.
#[derive(Default)]
pub(super) struct Answers(BTreeMap<(u32, u32), Answer>);

impl Answers {
    /// Those of the first repeat of these cases.
    pub(super) async fn of(
        app: &App,
        view: &ComparisonView,
        cases: &[usize],
    ) -> Result<Self, ProblemDetails> {
        let mut answers = BTreeMap::new();
        for case in cases {
            for variant in 0..view.variants.len() {
                let Some(cell) = view
                    .cell(*case, variant, 1)
                    .filter(|cell| cell.run.is_some())
                else {
                    continue;
                };
                let address = CellAddress {
                    comparison: view.summary.id,
                    case: cell.case,
                    variant: cell.variant,
                    repeat: 1,
                };
                let detail = app.engine.comparison_cell(&address).await?;
                if let Some(answer) = answer(detail) {
                    answers.insert((cell.case, cell.variant), answer);
                }
            }
        }
        Ok(Self(answers))
    }

    /// That of a cell.
    pub(super) fn get(&self, cell: &CellView) -> Option<(TextOf<'_>, &str)> {
        let answer = self.0.get(&(cell.case, cell.variant))?;
        let of = match &answer.document {
            Some(name) => TextOf::Document(name),
            None => TextOf::Answer(answer.call),
        };
        Some((of, &answer.text))
    }
}

fn answer(detail: CellDetail) -> Option<Answer> {
    let mut answers = detail.answers.into_iter().enumerate().rev();
    if let Some((call, text)) = answers.find(|(_, text)| !text.is_empty()) {
        return Some(Answer {
            document: None,
            call,
            text,
        });
    }
    let (name, text) = detail.documents.into_iter().next()?;
    Some(Answer {
        document: Some(name),
        call: 0,
        text,
    })
}
