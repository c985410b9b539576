//! `stepwell plugin test`: a plugin's cases, carried out and held against what they expect.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use serde::Serialize;
use stepwell_definition::{TestCase, parse_tests};
use stepwell_plugin_tests::{Bench, CaseResult, How, bless};

use super::named::at_hand;
use super::test_sources::Sources;
use crate::arguments::TestArguments;
use crate::commands::texts;
use crate::errors::{CommandError, ComparedError, Given};
use crate::exit::Exit;
use crate::remedy::GivenFile;
use crate::terminal::{Interrupts, case_result, case_results};
use crate::wiring::Context;

pub(super) async fn tested(
    arguments: TestArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let interrupts = Interrupts::listen(Arc::clone(&context.screen));
    let mut stop = interrupts.stop();
    tokio::select! {
        ended = carried_out(arguments, context) => ended,
        // The cases under way are dropped, and their workspaces go with the command.
        _ = stop.changed() => Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
    }
}

async fn carried_out(arguments: TestArguments, context: &Context) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let source = texts::file(&arguments.cases, GivenFile::PluginTests)?;
    let plugin = at_hand(&arguments.plugin, context).await?;
    let parts = context.parts_of_bench()?;
    let bench = Arc::new(Bench::of(&plugin, &context.start, parts).await?);
    let cases = read(&arguments.cases, &source, &bench, context).await?;
    let cases = chosen(cases, &arguments.only)?;
    let crash = arguments.crash;
    let how = How { crash };
    let mut coming = pin!(bench.results(cases.clone(), how));
    // What is blessed is shown as it is afterwards, and JSON is one value.
    let at_once = !arguments.bless && !arguments.json;
    let mut results = Vec::new();
    while let Some(result) = coming.next().await {
        if at_once {
            screen.print(&case_result(&result, screen.out_style()))?;
        }
        results.push(result);
    }
    if arguments.bless {
        written(&arguments.cases, &source, &cases, &mut results)?;
    }
    if arguments.json {
        screen.print_json(&Told::of(&results))?;
    } else {
        for result in results.iter().filter(|_| !at_once) {
            screen.print(&case_result(result, screen.out_style()))?;
        }
        screen.print(&case_results(&results, screen.out_style()))?;
    }
    Ok(match results.iter().all(CaseResult::passed) {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

/// What came of all cases, as JSON.
#[derive(Serialize)]
struct Told<'r> {
    passed: usize,
    failed: usize,
    cases: Vec<ToldCase<'r>>,
}

#[derive(Serialize)]
struct ToldCase<'r> {
    passed: bool,
    #[serde(flatten)]
    result: &'r CaseResult,
}

impl<'r> Told<'r> {
    fn of(results: &'r [CaseResult]) -> Self {
        let passed = results.iter().filter(|result| result.passed()).count();
        let told = results.iter().map(|result| ToldCase {
            passed: result.passed(),
            result,
        });
        Self {
            passed,
            failed: results.len() - passed,
            cases: told.collect(),
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

async fn read(
    file: &Path,
    source: &str,
    bench: &Bench,
    context: &Context,
) -> Result<Vec<TestCase>, CommandError> {
    let folder = folder_of(file);
    let sources = Sources::of(folder, source, bench.plugin(), context).await?;
    let name = crate::project::shown(file, &context.start);
    let read = parse_tests(source, &name, bench.plugin(), &sources, bench.texts()).await;
    match read {
        (Some(cases), warnings) => {
            for warning in warnings {
                context.screen.note(&warning.render(source));
            }
            Ok(cases)
        }
        (None, diagnostics) => Err(Given::Cases.with(diagnostics, source.to_owned())),
    }
}

/// The cases that are named; all of them where none is.
fn chosen(cases: Vec<TestCase>, only: &[String]) -> Result<Vec<TestCase>, ComparedError> {
    let is_there = |id: &&String| cases.iter().any(|case| case.id == **id);
    if let Some(id) = only.iter().find(|id| !is_there(id)) {
        return Err(ComparedError::NoCaseInFile {
            id: id.clone(),
            cases: cases.into_iter().map(|case| case.id).collect(),
        });
    }
    let is_chosen = |case: &TestCase| only.is_empty() || only.contains(&case.id);
    Ok(cases.into_iter().filter(is_chosen).collect())
}

/// Writes what came into the file of the cases, and into those that it names.
fn written(
    file: &Path,
    source: &str,
    cases: &[TestCase],
    results: &mut [CaseResult],
) -> Result<(), CommandError> {
    let blessed = bless(source, cases, results).map_err(|error| CommandError::Write {
        path: file.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    let write = |path: PathBuf, text: &str| {
        std::fs::write(&path, text).map_err(CommandError::unwritten(&path))
    };
    for (path, text) in &blessed.files {
        write(folder_of(file).join(path), text)?;
    }
    if blessed.text != source {
        write(file.to_owned(), &blessed.text)?;
    }
    Ok(())
}
