//! What a form gives a step instead of what a run gave: one case that is typed in, or a case file that is pasted.

use std::collections::BTreeMap;

use maud::{Markup, html};
use stepwell_contract::{Field, TextService};
use stepwell_definition::{Case, CaseSources, Diagnostic, parse_cases};
use stepwell_engine::EngineError;

use crate::ProblemDetails;
use crate::page::address::{Pairs, plain_lines};

/// A field for each input.
pub(in crate::page) fn input_fields<'f>(
    inputs: impl IntoIterator<Item = &'f Field>,
    pairs: &Pairs,
) -> Markup {
    html! {
        div.stack {
            @for input in inputs {
                @let id = format!("input-{}", input.name);
                @let name = format!("input.{}", input.name);
                div.field {
                    label for=(id) { (input.name) }
                    @if !input.description.is_empty() { span.hint { (input.description) } }
                    textarea id=(id) name=(name) rows="4" { "\n" (pairs.get(&name).unwrap_or_default()) }
                }
            }
        }
    }
}

/// The field that a case file is pasted into.
pub(in crate::page) fn case_file(pairs: &Pairs) -> Markup {
    html! {
        div.field {
            label for="cases" { "Cases, as in a case file (TOML)" }
            textarea #cases name="cases" rows="12" spellcheck="false" aria-describedby="cases-hint" { "\n" (pairs.get("cases").unwrap_or_default()) }
            span.hint #cases-hint { "A table " code { "[[cases]]" } " for each: an " code { "id" } ", its " code { "inputs" } ", " code { "answers" } " and " code { "checks" } "." }
        }
    }
}

/// The cases of a form: a case file that was pasted, or one case that was typed in. None is what the run itself gave.
pub(in crate::page) async fn cases(
    pairs: &Pairs,
    texts: &dyn TextService,
) -> Result<Vec<Case>, ProblemDetails> {
    if let Some(text) = pairs.get("cases").filter(|text| !text.trim().is_empty()) {
        let text = plain_lines(text);
        let (cases, problems) = parse_cases(&text, "cases", &NoFiles, texts).await;
        return cases.ok_or_else(|| unreadable(problems, text));
    }
    let typed = pairs
        .of("input.")
        .filter(|(_, text)| !text.trim().is_empty());
    let inputs: BTreeMap<String, String> = typed
        .map(|(name, text)| (name.to_owned(), plain_lines(text)))
        .collect();
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Case {
        id: "typed".into(),
        inputs,
        ..Case::default()
    }])
}

/// What is typed into a form names no files: whoever sends one needn't be who may read them.
struct NoFiles;

impl CaseSources for NoFiles {
    fn text(&self, path: &str) -> Result<String, String> {
        Err(format!(
            "cases of this form can't read {path}: write its text here, or use `stepwell compare --cases` at the terminal"
        ))
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        self.text(path).map(|_| BTreeMap::new())
    }
}

/// A case file with problems.
fn unreadable(diagnostics: Vec<Diagnostic>, source_text: String) -> ProblemDetails {
    let mut problem = ProblemDetails::from(EngineError::Definition {
        diagnostics,
        source_text,
    });
    if let Some(told) = &problem.definition {
        problem.detail = match told.diagnostics.len() {
            1 => "the cases have 1 problem".into(),
            several => format!("the cases have {several} problems").into(),
        };
    }
    problem
}
