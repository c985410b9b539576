//! Sends what ended to the collector, in its own tasks: nobody waits for them but the end of the command, for a while.
//!
//! What the collector doesn't take in time stays in a queue with an end. What doesn't fit is lost, and counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use stepwell_contract::Clock;
use tokio::sync::{mpsc, watch};

use crate::measures::Measures;
use crate::posting::{Post, Undelivered};
use crate::resource::scope;
use crate::settings::Receiver;

/// How many spans wait for the collector.
pub(crate) const QUEUE: usize = 4096;
/// How many spans are sent at once.
const BATCH: usize = 512;
/// How long a span waits for others to be sent with it.
const GATHERING: Duration = Duration::from_secs(1);
/// How long it is waited before the same is sent again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often it is tried at the command's end, and how long it is waited in between where the collector doesn't say.
const LAST_TRIES: u32 = 4;
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// What became of what was to be sent.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// Spans that wait, or are under way.
    pub(crate) waiting: AtomicU64,
    /// Spans that are lost.
    pub(crate) lost: AtomicU64,
    /// Whether the last metrics weren't taken.
    pub(crate) without_metrics: AtomicBool,
    /// Whether it was said that the collector takes nothing.
    said: AtomicBool,
    /// Why it last took something not.
    pub(crate) reason: Mutex<String>,
}

impl Fate {
    fn lose(&self, spans: u64) {
        self.lost.fetch_add(spans, Ordering::Relaxed);
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
    }
}

/// Takes the spans that ended.
#[derive(Clone)]
pub(crate) struct Queue {
    spans: mpsc::Sender<Span>,
    fate: Arc<Fate>,
}

impl Queue {
    pub(crate) fn new(fate: &Arc<Fate>) -> (Self, mpsc::Receiver<Span>) {
        let (spans, queued) = mpsc::channel(QUEUE);
        let fate = Arc::clone(fate);
        (Self { spans, fate }, queued)
    }

    /// Never waits.
    pub(crate) fn push(&self, span: Span) {
        self.fate.waiting.fetch_add(1, Ordering::Relaxed);
        if self.spans.try_send(span).is_err() {
            self.fate.lose(1);
        }
    }
}

/// What both tasks are given.
pub(crate) struct Sending {
    pub(crate) receiver: Receiver,
    pub(crate) resource: Resource,
    pub(crate) fate: Arc<Fate>,
    /// True once the command ends: then only a collector is tried again that is there.
    pub(crate) ending: watch::Receiver<bool>,
}

impl Sending {
    /// Sends spans until no more can come.
    pub(crate) async fn spans(mut self, mut queued: mpsc::Receiver<Span>) {
        let mut post = None;
        let mut batch = Vec::new();
        while queued.recv_many(&mut batch, BATCH).await > 0 {
            self.gather(&mut queued, &mut batch).await;
            let spans = batch.len() as u64;
            let message = self.message(std::mem::take(&mut batch));
            let taken = self.deliver(&mut post, message).await;
            match taken {
                Ok(answer) => {
                    let refused = self.refused(&answer).min(spans);
                    self.fate.lose(refused);
                    let waiting = &self.fate.waiting;
                    waiting.fetch_sub(spans - refused, Ordering::Relaxed);
                }
                Err(_) => self.fate.lose(spans),
            }
        }
    }

    /// Waits a moment for more spans.
    async fn gather(&mut self, queued: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>) {
        let enough = async {
            while batch.len() < BATCH {
                let room = BATCH - batch.len();
                if queued.recv_many(batch, room).await == 0 {
                    return;
                }
            }
        };
        tokio::select! {
            () = enough => {}
            () = tokio::time::sleep(GATHERING) => {}
            () = ends(&mut self.ending) => {}
        }
    }

    /// Keeps why, and says so the first time; at the end of the command it is told with what came of it.
    fn failed(&self, undelivered: &Undelivered) {
        let reason = format!("{:?}: {}", self.receiver, undelivered.reason());
        if !*self.ending.borrow() && !self.fate.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the collector takes no telemetry ({reason}); the work goes on, and what doesn't fit the queue is lost"
            );
        }
        *lock(&self.fate.reason) = reason;
    }

    fn message(&self, spans: Vec<Span>) -> Vec<u8> {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(self.resource.clone()),
                scope_spans: vec![ScopeSpans {
                    scope: Some(scope()),
                    spans,
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        };
        request.encode_to_vec()
    }

    /// How many spans the collector didn't want, though it answered that all is well.
    fn refused(&self, answer: &[u8]) -> u64 {
        let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
        let refused = answer.partial_success.map_or(0, |it| it.rejected_spans);
        if refused > 0 {
            let reason = format!("it refuses {refused} spans");
            self.failed(&Undelivered::ForGood { reason });
        }
        u64::try_from(refused).unwrap_or_default()
    }

    /// Sends until it is taken, or can't be. At the command's end it is tried once where nobody is there, and a few times where a
    /// collector says that it can't take it now: whoever waits for the command waits for no longer than it says.
    async fn deliver(
        &mut self,
        post: &mut Option<Post>,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, Undelivered> {
        let mut pause = FIRST_PAUSE;
        let mut last_tries = LAST_TRIES;
        loop {
            let taken = match self.opened(post).await {
                Ok(post) => post.send(message.clone()).await,
                Err(undelivered) => Err(undelivered),
            };
            let undelivered = match taken {
                Ok(answer) => return Ok(answer),
                Err(undelivered) => undelivered,
            };
            self.failed(&undelivered);
            let Undelivered::ForNow {
                pause: wanted,
                is_there,
                ..
            } = &undelivered
            else {
                return Err(undelivered);
            };
            if *self.ending.borrow() {
                last_tries -= 1;
                if !is_there || last_tries == 0 {
                    return Err(undelivered);
                }
                tokio::time::sleep(wanted.unwrap_or(LAST_PAUSE)).await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(wanted.unwrap_or(pause)) => {}
                // Once more, for it may be back.
                () = ends(&mut self.ending) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn opened<'p>(&self, post: &'p mut Option<Post>) -> Result<&'p Post, Undelivered> {
        if post.is_none() {
            let receiver = self.receiver.clone();
            let opened = tokio::task::spawn_blocking(|| Post::open(receiver)).await;
            let opened = opened.unwrap_or_else(|error| {
                let reason = error.to_string();
                Err(Undelivered::ForGood { reason })
            });
            *post = Some(opened?);
        }
        post.as_ref().ok_or_else(|| Undelivered::ForGood {
            reason: "there is no client".into(),
        })
    }

    /// Sends metrics from time to time, and at the end.
    pub(crate) async fn metrics(
        mut self,
        measures: Arc<Mutex<Measures>>,
        clock: Clock,
        interval: Duration,
    ) {
        let since = clock.now();
        let mut post = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = ends(&mut self.ending) => {}
            }
            let is_last = *self.ending.borrow();
            let metrics = lock(&measures).told(since, clock.now());
            if !metrics.is_empty() {
                let request = ExportMetricsServiceRequest {
                    resource_metrics: vec![ResourceMetrics {
                        resource: Some(self.resource.clone()),
                        scope_metrics: vec![ScopeMetrics {
                            scope: Some(scope()),
                            metrics,
                            ..ScopeMetrics::default()
                        }],
                        ..ResourceMetrics::default()
                    }],
                };
                // Until it is known, they aren't there.
                let without = &Arc::clone(&self.fate).without_metrics;
                without.store(true, Ordering::Relaxed);
                let taken = self.deliver(&mut post, request.encode_to_vec()).await;
                without.store(taken.is_err(), Ordering::Relaxed);
            }
            if is_last {
                return;
            }
        }
    }
}

/// Waits for the end of the command.
async fn ends(ending: &mut watch::Receiver<bool>) {
    // Who would say so may be gone, which says it as well.
    let _ = ending.wait_for(|ends| *ends).await;
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
