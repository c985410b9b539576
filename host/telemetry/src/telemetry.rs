//! [`Telemetry`]: begun with an engine, finished with the command.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stepwell_contract::Clock;
use stepwell_engine::Engine;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::following::Following;
use crate::measures::Measures;
use crate::resource::resource;
use crate::sending::{Fate, Queue, Sending, lock};
use crate::settings::{Receiver, Settings};

/// How long a command that has ended waits for the collector.
const FAREWELL: Duration = Duration::from_secs(5);

/// What follows an engine, and tells a collector of it.
pub struct Telemetry {
    stop: oneshot::Sender<()>,
    following: JoinHandle<()>,
    ending: watch::Sender<bool>,
    sending: Vec<JoinHandle<()>>,
    fate: Arc<Fate>,
    /// Where the collector is, as it may be told.
    address: String,
}

impl Telemetry {
    /// From now on. It must be called within a runtime.
    #[must_use]
    pub fn begin(settings: Settings, engine: Engine, clock: Clock) -> Self {
        let fate = Arc::new(Fate::default());
        let measures = Arc::new(Mutex::new(Measures::default()));
        let (ending, ends) = watch::channel(false);
        let resource = resource(&settings.resource, &instance());
        let to = |receiver: Receiver| Sending {
            receiver,
            resource: resource.clone(),
            fate: Arc::clone(&fate),
            ending: ends.clone(),
        };
        let receivers = [&settings.traces, &settings.metrics];
        let first = receivers.into_iter().flatten().next();
        let address = first
            .map(|receiver| format!("{receiver:?}"))
            .unwrap_or_default();
        let mut sending = Vec::new();
        let mut queue = None;
        if let Some(receiver) = settings.traces {
            let (spans, queued) = Queue::new(&fate);
            queue = Some(spans);
            sending.push(tokio::spawn(to(receiver).spans(queued)));
        }
        if let Some(receiver) = settings.metrics {
            let told = to(receiver).metrics(Arc::clone(&measures), clock, settings.interval);
            sending.push(tokio::spawn(told));
        }
        let (stop, stopped) = oneshot::channel();
        let following = Following::new(engine, queue, measures);
        Self {
            stop,
            following: tokio::spawn(following.follow(stopped)),
            ending,
            sending,
            fate,
            address,
        }
    }

    /// Sends what is left, for some seconds at most, and says what couldn't be sent. It lets go of the engine first.
    pub async fn finish(self) {
        let Self {
            stop,
            following,
            ending,
            sending,
            fate,
            address,
        } = self;
        let given_up: Vec<_> = sending.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            // It has no receiver where the store is closed already.
            let _ = stop.send(());
            let _ = following.await;
            ending.send_replace(true);
            for task in sending {
                let _ = task.await;
            }
        };
        if tokio::time::timeout(FAREWELL, all).await.is_err() {
            given_up.iter().for_each(tokio::task::AbortHandle::abort);
        }
        tell(&fate, &address);
    }
}

/// Says what wasn't sent.
fn tell(fate: &Fate, address: &str) {
    let spans = fate.lost.load(Ordering::Relaxed) + fate.waiting.load(Ordering::Relaxed);
    let metrics = fate.without_metrics.load(Ordering::Relaxed);
    let what = match (spans, metrics) {
        (0, false) => return,
        (0, true) => "the last metrics weren't sent".to_owned(),
        (1, false) => "1 span wasn't sent".to_owned(),
        (spans, false) => format!("{spans} spans weren't sent"),
        (1, true) => "1 span and the last metrics weren't sent".to_owned(),
        (spans, true) => format!("{spans} spans and the last metrics weren't sent"),
    };
    let reason = lock(&fate.reason);
    let reason = match reason.is_empty() {
        true => format!("{address}: no answer within {FAREWELL:?}"),
        false => reason.clone(),
    };
    tracing::warn!(
        "{what} ({reason}); check the collector and OTEL_EXPORTER_OTLP_ENDPOINT, the outcome is the same"
    );
}

/// An id of this process.
fn instance() -> String {
    let mut random = [0; 16];
    // Without it, all processes would count as one.
    let _ = getrandom::fill(&mut random);
    let id = uuid::Builder::from_random_bytes(random).into_uuid();
    id.to_string()
}
