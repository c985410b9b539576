//! What the model that proposes is asked, and what is read of its answer.
//!
//! It is shown training cases alone.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use stepwell_comparison::{CellDetail, CellStatus, CellView, ComparisonView};
use stepwell_contract::{ComparisonId, Field, Finding, RefusalKind, Remedy, amounts};
use stepwell_definition::Case;
use stepwell_store::{ImprovementRecord, ProposalRecord, Refusal, Standing};

use super::{Comparing, comparison_of};
use crate::comparing::matrix::varied;
use crate::words::{
    CellAddress, CompareIn, EngineError, StartComparison, StartImprovement, VersionError,
};

/// The step that proposes.
const PROPOSES: &str = "builtin:improve";

/// The most cases that a model is shown: what they have in common shows in so many, or not at all.
const MOST_SHOWN: usize = 12;

/// The most bytes of a text of a case.
const MOST_OF_A_TEXT: usize = 4 << 10;

/// The comparison by which a model is asked for a proposal.
pub(super) fn asking_of(request: &StartImprovement, cases: Vec<Case>) -> StartComparison {
    let within = CompareIn::Plugin {
        folder: None,
        settings: BTreeMap::new(),
        grant_workspace: None,
    };
    StartComparison {
        models: request.model.iter().cloned().collect(),
        cases,
        ..StartComparison::new(PROPOSES, within)
    }
}

/// The cells of a variant that something is to be said against: of each case the worst, the worst first.
pub(super) fn lacking(view: &ComparisonView, variant: usize) -> Vec<&CellView> {
    let mut worst: BTreeMap<u32, &CellView> = BTreeMap::new();
    let cells = view.cells.iter();
    for cell in cells.filter(|cell| cell.variant as usize == variant && lacks(cell)) {
        let kept = worst.entry(cell.case).or_insert(cell);
        if by_merit(cell, kept).is_lt() {
            *kept = cell;
        }
    }
    let mut worst: Vec<&CellView> = worst.into_values().collect();
    worst.sort_by(|one, other| by_merit(one, other));
    worst
}

fn lacks(cell: &CellView) -> bool {
    cell.passed == Some(false) || cell.score.is_some_and(|score| score < 1.0)
}

fn by_merit(one: &CellView, other: &CellView) -> Ordering {
    let passed = |cell: &CellView| cell.passed != Some(false);
    let score = |cell: &CellView| cell.score.unwrap_or_default();
    passed(one)
        .cmp(&passed(other))
        .then(score(one).total_cmp(&score(other)))
}

impl Comparing {
    /// The case on which the model is asked for a proposal; none where nothing failed with the text that it would be made from.
    pub(super) async fn case_to_propose(
        &self,
        record: &ImprovementRecord,
        request: &StartImprovement,
        text: &str,
        (comparison, variant): (ComparisonId, usize),
        standing: Option<Standing>,
    ) -> Result<Option<Case>, EngineError> {
        let view = self.comparison(comparison).await?;
        let failed = lacking(&view, variant);
        if failed.is_empty() {
            return Ok(None);
        }
        let mut failures = Vec::new();
        for cell in failed.into_iter().take(MOST_SHOWN) {
            failures.push(self.failure(&view, cell).await?);
        }
        let mut earlier = Vec::new();
        for (place, proposal) in record.proposals.iter().enumerate() {
            earlier.push(self.as_earlier(place + 1, proposal).await?);
        }
        let variables: Vec<Value> = (self.variables(request).await?.iter())
            .map(|field| {
                let Field {
                    name,
                    description,
                    required,
                    ..
                } = field;
                json!({ "name": name, "description": description, "required": required })
            })
            .collect();
        let mut inputs = BTreeMap::from([
            ("prompt".to_owned(), text.to_owned()),
            ("failures".to_owned(), json!(failures).to_string()),
            ("variables".to_owned(), json!(variables).to_string()),
            ("earlier".to_owned(), json!(earlier).to_string()),
        ]);
        if let Some(standing) = standing {
            inputs.insert("standing".to_owned(), json!(standing).to_string());
        }
        Ok(Some(Case {
            id: format!("proposal-{}", record.proposals.len() + 1),
            inputs,
            ..Case::default()
        }))
    }

    /// The variables that the step fills.
    pub(super) async fn variables(
        &self,
        request: &StartImprovement,
    ) -> Result<Vec<Field>, EngineError> {
        let compared = comparison_of(request, Vec::new());
        let base = self.base_of(&compared).await?;
        let varied = varied(&base, &compared)?;
        Ok(varied.map_or_else(Vec::new, |(declared, _)| declared.variables.clone()))
    }

    async fn failure(&self, view: &ComparisonView, cell: &CellView) -> Result<Value, EngineError> {
        let detail = self
            .comparison_cell(&CellAddress {
                comparison: view.summary.id,
                case: cell.case,
                variant: cell.variant,
                repeat: cell.repeat,
            })
            .await?;
        let case = view.cases.get(cell.case as usize);
        let texts = |texts: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let texts = texts.iter();
            texts
                .map(|(name, text)| (name.clone(), short(text)))
                .collect()
        };
        let found = cell.checks.iter().filter(|check| {
            let Finding { passed, score, .. } = check.found;
            passed != Some(true) || score.is_some_and(|score| score < 1.0)
        });
        let found: Vec<Value> = found
            .map(|check| {
                let Finding {
                    passed,
                    score,
                    detail,
                } = &check.found;
                json!({ "check": check.what, "passed": passed, "score": score, "detail": detail })
            })
            .collect();
        Ok(json!({
            "case": case.map(|case| case.id.as_str()),
            "inputs": case.map(|case| texts(&case.inputs)).unwrap_or_default(),
            "answers": case.map(|case| texts(&case.answers)).unwrap_or_default(),
            "outcome": outcome(&detail),
            "problem": cell.problem.as_ref().map(|problem| short(&problem.message)),
            "found": found,
        }))
    }

    async fn as_earlier(
        &self,
        number: usize,
        proposal: &ProposalRecord,
    ) -> Result<Value, EngineError> {
        let reason = match &proposal.reason {
            Some(digest) => Some(short(&self.house.text(digest).await?)),
            None => None,
        };
        Ok(json!({
            "number": number,
            "reason": reason.unwrap_or_default(),
            "refused": proposal.refusal,
            "standing": proposal.training,
        }))
    }

    /// Why a proposal can't be used; none where it can.
    pub(super) async fn refusal(
        &self,
        record: &ImprovementRecord,
        request: &StartImprovement,
        text: &str,
    ) -> Result<Option<Refusal>, EngineError> {
        let mut earlier = vec![(None, record.baseline.digest)];
        for (number, proposal) in (1..).zip(&record.proposals) {
            earlier.extend(proposal.text.map(|text| (Some(number), text)));
        }
        for (same_as, digest) in earlier {
            if self.house.text(&digest).await?.trim_end() == text.trim_end() {
                return Ok(Some(Refusal {
                    kind: RefusalKind::Identical,
                    same_as,
                    message: None,
                }));
            }
        }
        let variables = self.variables(request).await?;
        let checked = self.house.check_template(text, Some(&variables)).await;
        let message = match checked {
            Ok(_) => return Ok(None),
            Err(EngineError::Version(VersionError::Template { message, remedy })) => match remedy {
                Remedy::Said { text } => format!("{message}; {text}"),
                _ => message,
            },
            Err(EngineError::Version(error @ VersionError::Empty)) => error.to_string(),
            Err(error) => return Err(error),
        };
        Ok(Some(Refusal {
            kind: RefusalKind::Misfit,
            same_as: None,
            message: Some(message),
        }))
    }
}

/// What was proposed: template and reason. Or why nothing was.
pub(super) fn read_proposal(detail: &CellDetail) -> Result<(&str, &str), Refusal> {
    let document = |name: &str| detail.documents.get(name).map(String::as_str);
    match (detail.cell.status, document("prompt"), document("reason")) {
        (CellStatus::Success, Some(text), Some(reason)) => Ok((text, reason)),
        _ => {
            let problem = detail.cell.problem.as_ref();
            Err(Refusal {
                kind: RefusalKind::Unusable,
                same_as: None,
                message: problem.map(|problem| short(&problem.message)),
            })
        }
    }
}

/// What came of a cell: its documents, or else the last answer.
fn outcome(detail: &CellDetail) -> String {
    let documents: Vec<_> = detail.documents.iter().collect();
    match documents.as_slice() {
        [] => short(detail.answers.last().map_or("", String::as_str)),
        [(_, only)] => short(only),
        several => {
            let named = several
                .iter()
                .map(|(name, text)| format!("=== {name} ===\n{}", short(text)));
            named.collect::<Vec<_>>().join("\n")
        }
    }
}

fn short(text: &str) -> String {
    amounts::cut(text.to_owned(), MOST_OF_A_TEXT)
}
