//! Who answers: the models of the configuration, or a cassette; and what is recorded of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{KnownProvider, ModelsSettings};
use stepwell_definition::Configuration;
use stepwell_llm::{Cassette, Keys, Matching, Models, Recorder, keyed, settings_from_keys};
use stepwell_workers::{LARGEST_CASSETTE, read_given};

use crate::arguments::ModelArguments;
use crate::environment::Environment;
use crate::errors::CommandError;

/// What a command does with the cassette that it records into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tape {
    /// It begins a run, and so a cassette.
    Begins,
    /// It goes on with a run, and so with the run's cassette.
    GoesOn,
    /// It asks no model, and leaves the file alone.
    Stays,
}

/// What answers instead of models, and what is recorded.
#[derive(Default)]
pub(crate) struct Asked {
    /// What answers instead of models.
    pub(crate) cassette: Option<Cassette>,
    /// The cassette's file, as it was named.
    pub(crate) replay: Option<PathBuf>,
    /// The file that is recorded into, as it was named.
    pub(crate) record: Option<PathBuf>,
    pub(crate) recorder: Option<Arc<Recorder>>,
}

impl Asked {
    pub(super) fn of(arguments: &ModelArguments, tape: Tape) -> Result<Self, CommandError> {
        let matching = arguments.record_match.map(Matching::from);
        let recorder = match (&arguments.record, tape) {
            (None, _) | (_, Tape::Stays) => None,
            (Some(path), Tape::Begins) => {
                let matching = matching.unwrap_or(Matching::Request);
                Some(Recorder::begin(path, matching)?)
            }
            (Some(path), Tape::GoesOn) => Some(Recorder::go_on(path, matching)?),
        };
        Ok(Self {
            cassette: arguments.replay.as_deref().map(read_cassette).transpose()?,
            replay: arguments.replay.clone(),
            record: arguments.record.clone(),
            recorder: recorder.map(Arc::new),
        })
    }
}

/// The models that answer: a cassette's, the configuration's, or those of the usual variables.
pub(crate) fn models(
    configuration: &mut Configuration,
    keys: Keys,
    asked: &Asked,
) -> Result<Models, CommandError> {
    if let Some(cassette) = &asked.cassette {
        return Ok(Models::replaying(cassette.clone()));
    }
    if configuration.models.models.is_empty()
        && let Some(usual) = settings_from_keys(&keys)
    {
        configuration.models.models = usual.models;
        configuration.models.default_model = usual.default_model;
        for (name, provider) in usual.providers {
            configuration
                .models
                .providers
                .entry(name)
                .or_insert(provider);
        }
    }
    let models = Models::live(configuration.models.clone(), keys)?;
    Ok(match &asked.recorder {
        Some(recorder) => models.recording(Arc::clone(recorder)),
        None => models,
    })
}

/// What to do where no model is set up. Whoever has a key of a known provider is told the line for it.
pub(crate) fn set_up_hint(environment: &Environment) -> String {
    let keys = environment.keys(&ModelsSettings::default());
    let replay = "or replay recorded answers with `--replay CASSETTE`";
    match keyed(&keys)[..] {
        [
            KnownProvider {
                name,
                key_variable: Some(variable),
                ..
            },
            ..,
        ] => format!(
            "`{variable}` is set: write `models.writer = \"{name}/MODEL\"` into stepwell.toml (`stepwell models list {name}` says which there are), {replay}"
        ),
        _ => format!(
            "set OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL for another server), or name a model of another provider in \
             stepwell.toml, such as `models.writer = \"anthropic/MODEL\"` (`stepwell models providers` lists them), {replay}"
        ),
    }
}

fn read_cassette(file: &Path) -> Result<Cassette, CommandError> {
    let hint = "name a cassette's file with `--replay FILE`; `--record FILE` makes one";
    let bytes =
        read_given(file, LARGEST_CASSETTE).map_err(|source| CommandError::CassetteFile {
            path: file.to_owned(),
            source,
            hint,
        })?;
    Ok(Cassette::read(&bytes, &file.display().to_string())?)
}
