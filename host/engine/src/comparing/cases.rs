//! The cases of a comparison, complete: what was given for each, over what the run or the definition says.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Digest, Position, Remedy, TemplateError, Text, TextService};
use stepwell_definition::Case;

use super::base::{Base, FoundCase};
use super::cells::KeptCase;
use crate::state::most_bytes;
use crate::words::{ComparisonError, EngineError, StartComparison};

/// The cases, complete: those that were given, over the inputs of the run where there is one.
pub(super) async fn cases_of(
    base: &Base,
    request: &StartComparison,
    texts: &dyn TextService,
) -> Result<Vec<KeptCase>, EngineError> {
    let mut given = request.cases.clone();
    let from_run = given.is_empty() && !base.found.is_empty();
    if from_run {
        given = base.found.iter().map(case_of_execution).collect();
    }
    if given.is_empty() {
        given.push(Case {
            id: "1".into(),
            ..Case::default()
        });
    }
    let mut ids = BTreeSet::new();
    let mut cases = Vec::with_capacity(given.len());
    for (place, mut case) in given.into_iter().enumerate() {
        if !ids.insert(case.id.clone()) {
            return Err(ComparisonError::SameCase { case: case.id }.into());
        }
        case.checks.extend(request.checks.iter().cloned());
        // It means nothing here, and an earlier build would refuse a kept case that has it.
        case.split = None;
        case.check(texts)
            .await?
            .map_err(|mistake| ComparisonError::BadCase {
                case: case.id.clone(),
                mistake,
                remedy: Box::new(Remedy::MendCase),
            })?;
        let documents = base.description.documents.iter();
        let declared: Vec<&str> = documents.map(|document| document.name.as_str()).collect();
        case.check_documents(&declared)
            .map_err(|(mistake, hint)| ComparisonError::BadCase {
                case: case.id.clone(),
                mistake,
                remedy: Box::new(Remedy::said(hint)),
            })?;
        let found = base.found.get(if from_run { place } else { 0 });
        let inputs = inputs_of(
            base,
            &case,
            found.map(|found| found.inputs.as_slice()),
            texts,
        )
        .await?;
        let depth = base.step().path.depth();
        let files = case.files.as_ref().map(|files| {
            let digests = files
                .iter()
                .map(|(path, text)| (path.clone(), Digest::of(text)));
            digests.collect::<BTreeMap<String, Digest>>()
        });
        cases.push(KeptCase {
            inputs,
            files,
            at: found.map_or_else(
                || vec![Position::default(); depth],
                |found| found.at.clone(),
            ),
            items: found.map_or_else(|| vec![None; depth], |found| found.items.clone()),
            documents_of: base.documents_of,
            case,
        });
    }
    Ok(cases)
}

fn case_of_execution(found: &FoundCase) -> Case {
    let items: Vec<String> = found
        .at
        .iter()
        .filter_map(|position| position.item)
        .map(|item| format!("[{item}]"))
        .collect();
    let id = if items.is_empty() {
        "run".to_owned()
    } else {
        items.concat()
    };
    let inputs = found
        .inputs
        .iter()
        .map(|input| (input.name.clone(), input.value.clone()));
    Case {
        id,
        inputs: inputs.collect(),
        ..Case::default()
    }
}

/// The inputs of the step in a case: those of the case, then those of the run, then what the definition says as it is.
async fn inputs_of(
    base: &Base,
    case: &Case,
    of_run: Option<&[Text]>,
    texts: &dyn TextService,
) -> Result<Vec<Text>, EngineError> {
    let fields = &base.description.inputs;
    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    if let Some(unknown) = case
        .inputs
        .keys()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(ComparisonError::UnknownInput {
            case: case.id.clone(),
            step: base.step().path.clone(),
            input: unknown.clone(),
            known: known.iter().map(|name| (*name).to_owned()).collect(),
        }
        .into());
    }
    let mut inputs = Vec::new();
    let mut missing = Vec::new();
    for field in fields {
        let of_run = of_run
            .unwrap_or_default()
            .iter()
            .find(|input| input.name == field.name);
        let given = case.inputs.get(&field.name).cloned();
        let mut value = given.or_else(|| of_run.map(|input| input.value.clone()));
        if value.is_none() {
            value = constant(base, &field.name, texts).await?;
        }
        match value {
            Some(value) => inputs.push(Text::new(field.name.as_str(), value)),
            None if field.required => missing.push(field.name.clone()),
            None => {}
        }
    }
    if missing.is_empty() {
        return Ok(inputs);
    }
    Err(ComparisonError::MissingInputs {
        case: case.id.clone(),
        missing,
    }
    .into())
}

/// What the definition says of an input, where that refers to nothing.
async fn constant(
    base: &Base,
    name: &str,
    texts: &dyn TextService,
) -> Result<Option<String>, EngineError> {
    let mut inputs = base.step().inputs.iter();
    let Some((_, template)) = inputs.find(|(input, _)| input.as_str() == name) else {
        return Ok(None);
    };
    if !template.references().is_empty() {
        return Ok(None);
    }
    let most = most_bytes(&base.step().limits);
    match template.render(&|_| None, texts, most).await {
        Err(TemplateError::Failed(failed)) => Err(failed.into()),
        filled => Ok(filled.ok()),
    }
}
