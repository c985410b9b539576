//! Who is told of the runs that this command carries on: a collector, if the usual variables name one.

use std::sync::{Mutex, PoisonError};

use stepwell_contract::Clock;
use stepwell_telemetry::{Settings, Telemetry};

use super::Wired;
use crate::application::Application;
use crate::environment::Environment;
use crate::errors::{CommandError, ModelsError};
use crate::terminal::now;

/// What tells of the runs of this command, once it carries some on.
#[derive(Default)]
pub(crate) struct Telling(Mutex<Option<Telemetry>>);

impl Telling {
    /// From now on, where somebody is named and the work is done in this process.
    pub(crate) fn begin(&self, wired: &Wired) {
        let (Application::Here(engine), Some(settings)) = (&wired.engine, &wired.telemetry) else {
            return;
        };
        let begin = || Telemetry::begin(settings.clone(), engine.clone(), Clock::new(now));
        let mut telling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        telling.get_or_insert_with(begin);
    }

    /// Waits some seconds at most for what isn't told yet.
    pub(crate) async fn end(&self) {
        let telling = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(telling) = telling {
            telling.finish().await;
        }
    }
}

/// What the variables say of a collector.
pub(super) fn settings(environment: &Environment) -> Result<Option<Settings>, CommandError> {
    let variable = |name: &str| Some(environment.get(name)?.to_string_lossy().into_owned());
    Ok(Settings::read(variable).map_err(ModelsError::Collector)?)
}
