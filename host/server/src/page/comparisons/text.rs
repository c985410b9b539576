//! A text of a comparison, whole: of a cell, of what a case gives, or of a version.

use axum::extract::State;
use stepwell_contract::ComparisonId;
use stepwell_engine::{CellAddress, CellView};
use stepwell_rendering::{TextOf, Whole as Of};

use crate::App;
use crate::app::OfComparison;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::Section;
use crate::page::problem::{Page, no_page};
use crate::page::whole::Whole;

/// Where a text is shown whole.
pub(in crate::page) fn address(comparison: ComparisonId, of: Of) -> Address {
    let there = Address::at(format!("/comparisons/{comparison}/text"));
    match of {
        Of::Template(variant) => there.with("variant", Some(variant)),
        Of::Input(case, name) => there.with("case", Some(case)).with("input", Some(name)),
        Of::Cell(cell, of) => {
            let cell = there
                .with("case", Some(cell.case))
                .with("variant", Some(cell.variant))
                .with("repeat", Some(cell.repeat).filter(|repeat| *repeat > 1));
            match of {
                TextOf::Document(name) => cell.with("document", Some(name)),
                TextOf::File(path) => cell.with("file_path", Some(path)),
                TextOf::Answer(call) => cell.with("answer", Some(call)),
                TextOf::Prompt(call) => cell.with("prompt", Some(call)),
            }
        }
    }
}

/// Which text of a cell an address names.
fn text_of(pairs: &Pairs) -> Option<TextOf<'_>> {
    let document = pairs.get("document").map(TextOf::Document);
    let file = || pairs.get("file_path").map(TextOf::File);
    let answer = || pairs.number("answer").map(TextOf::Answer);
    let prompt = || pairs.number("prompt").map(TextOf::Prompt);
    document.or_else(file).or_else(answer).or_else(prompt)
}

/// `GET /comparisons/{id}/text`.
pub(super) async fn text(
    State(app): State<App>,
    OfComparison(id): OfComparison,
    Query(pairs): Query<Pairs>,
) -> Page {
    let (case, variant) = (pairs.number("case"), pairs.number("variant"));
    let (name, text, here) = match (case, variant, text_of(&pairs), pairs.get("input")) {
        (Some(case), Some(variant), Some(of), _) => {
            let repeat = pairs.number("repeat").unwrap_or(1);
            let cell = CellAddress {
                comparison: id,
                case,
                variant,
                repeat,
            };
            let detail = app.engine.comparison_cell(&cell).await?;
            let text = detail.text(of).map(str::to_owned);
            let cell: &CellView = &detail.cell;
            (of.to_string(), text, address(id, Of::Cell(cell, of)))
        }
        (Some(case), None, None, Some(input)) => {
            let view = app.engine.comparison(id).await?;
            let case = case as usize;
            let found = view.cases.get(case).and_then(|case| case.inputs.get(input));
            let here = address(id, Of::Input(case, input));
            (format!("input {input}"), found.cloned(), here)
        }
        (None, Some(variant), None, None) => {
            let view = app.engine.comparison(id).await?;
            let found = view.variants.get(variant as usize);
            let label = found.map_or("", |variant| variant.label.as_str());
            let here = address(id, Of::Template(variant as usize));
            let text = found.and_then(|variant| variant.template.clone());
            (format!("text of {label}"), text, here)
        }
        _ => return Err(nothing()),
    };
    let whole = Whole {
        section: Section::Comparisons,
        back: ("The comparison", back(id, case)),
        name,
        text: &text.ok_or_else(nothing)?,
        here: Some(here),
    };
    Ok(whole.answer(&app, &pairs))
}

/// The page that the text belongs to.
fn back(id: ComparisonId, case: Option<u32>) -> String {
    let there = Address::at(format!("/comparisons/{id}"));
    match case {
        Some(case) => format!("{}#case-{case}", there.with("case", Some(case))),
        None => there.to_string(),
    }
}

fn nothing() -> crate::ProblemDetails {
    let hint = "the comparison's page has all that there is of it";
    no_page("the comparison has no such text", hint)
}
