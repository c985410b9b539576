//! Who answers: the models of the configuration, or a cassette; and what is recorded of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::ModelsSettings;
use stepwell_definition::Configuration;
use stepwell_llm::{Cassette, Keys, Matching, Models, Recorder, keyed, settings_from_keys};
use stepwell_workers::{LARGEST_CASSETTE, read_given};

use crate::arguments::ModelArguments;
use crate::environment::Environment;
use crate::errors::ModelsError;
use crate::remedy::{CommandRemedy, KeyedProvider};

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
    pub(super) fn of(arguments: &ModelArguments, tape: Tape) -> Result<Self, ModelsError> {
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
) -> Result<Models, ModelsError> {
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
    let models = Models::live(configuration.models.clone(), keys).map_err(ModelsError::Settings)?;
    Ok(match &asked.recorder {
        Some(recorder) => models.recording(Arc::clone(recorder)),
        None => models,
    })
}

/// What to do where no model is set up: whoever has a key of a known provider is told the line for it.
pub(crate) fn how_to_set_up(environment: &Environment) -> CommandRemedy {
    let keys = environment.keys(&ModelsSettings::default());
    let first = keyed(&keys).first().and_then(|known| {
        Some(KeyedProvider {
            provider: known.name.to_owned(),
            variable: known.key_variable?.to_owned(),
        })
    });
    CommandRemedy::SetUpModel { keyed: first }
}

fn read_cassette(file: &Path) -> Result<Cassette, ModelsError> {
    let bytes = read_given(file, LARGEST_CASSETTE).map_err(|source| ModelsError::CassetteFile {
        path: file.to_owned(),
        source,
    })?;
    Ok(Cassette::read(&bytes, &file.display().to_string())?)
}
