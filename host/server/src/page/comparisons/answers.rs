//! What the cells of the matrix were answered, as far as it is shown.

use std::collections::BTreeMap;

use stepwell_contract::amounts::count;
use stepwell_engine::{CellAnswer, CellView, ComparisonView, ListAnswers};

use crate::{App, ProblemDetails};

/// By case and variant, of the first repeat.
#[derive(Default)]
pub(super) struct Answers(BTreeMap<(u32, u32), CellAnswer>);

impl Answers {
    /// Those of the first repeat of these cases.
    pub(super) async fn of(
        app: &App,
        view: &ComparisonView,
        cases: &[usize],
    ) -> Result<Self, ProblemDetails> {
        let wanted = ListAnswers {
            comparison: view.summary.id,
            cases: cases.iter().map(|case| count(*case)).collect(),
            repeat: Some(1),
        };
        let answers = app.engine.comparison_answers(&wanted).await?.into_iter();
        let by_cell = answers.map(|answer| ((answer.case, answer.variant), answer));
        Ok(Self(by_cell.collect()))
    }

    /// That of a cell.
    pub(super) fn get(&self, cell: &CellView) -> Option<&CellAnswer> {
        self.0.get(&(cell.case, cell.variant))
    }
}
