//! An OpenTelemetry collector on loopback, which keeps what it is sent and can be out of order.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;

/// Nothing takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(60);

/// What it does with a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Answers(u16),
    /// The first request for traces and the first one for metrics are answered so, and all others are taken.
    AnswersFirst(u16),
    Never,
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<Request>>,
    arrived: Condvar,
    connections: Mutex<usize>,
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Collector {
    port: u16,
    state: Arc<State>,
}

/// A span, with its ids as text and its attributes by their names.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) numbers: BTreeMap<String, i64>,
    /// Whether it is marked as an error.
    pub(super) is_error: bool,
    /// In nanoseconds.
    pub(super) length: u64,
}

impl Told {
    pub(super) fn text(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

impl Collector {
    pub(super) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *shared.connections.lock().unwrap() += 1;
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared, manner));
            }
        });
        Self { port, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Waits until something came.
    pub(super) fn wait_for_spans(&self) {
        let requests = self.state.requests.lock().unwrap();
        let empty = |requests: &mut Vec<Request>| requests.is_empty();
        let (requests, waited) = self
            .state
            .arrived
            .wait_timeout_while(requests, LONG, empty)
            .unwrap();
        assert!(!waited.timed_out(), "nothing was told");
        drop(requests);
    }

    /// Every span, in the order in which they came.
    pub(super) fn spans(&self) -> Vec<Told> {
        let requests = self.requests().into_iter();
        let traces = requests.filter(|request| request.path == "/v1/traces");
        let bodies =
            traces.map(|it| ExportTraceServiceRequest::decode(it.body.as_slice()).unwrap());
        let scopes = bodies
            .flat_map(|body| body.resource_spans)
            .flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(told).collect()
    }

    /// The metrics that came last, by their names.
    pub(super) fn metrics(&self) -> BTreeMap<String, Metric> {
        let requests = self.requests().into_iter();
        let mut metrics = requests.filter(|request| request.path == "/v1/metrics");
        let last = metrics.next_back().unwrap();
        let body = ExportMetricsServiceRequest::decode(last.body.as_slice()).unwrap();
        let scopes = body
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        metrics
            .map(|metric| (metric.name.clone(), metric))
            .collect()
    }
}

/// What the points of a sum add up to, and what those of a histogram do.
pub(super) fn total(metric: &Metric, kind: Option<&str>) -> f64 {
    let fits = |attributes: &[KeyValue]| {
        kind.is_none_or(|kind| attributes.iter().any(|it| text_of(it) == kind))
    };
    match metric.data.as_ref().unwrap() {
        metric::Data::Sum(sum) => {
            let points = sum.data_points.iter().filter(|it| fits(&it.attributes));
            let values = points.map(|point| match point.value {
                Some(number_data_point::Value::AsInt(number)) => number as f64,
                ref other => panic!("{other:?}"),
            });
            values.sum()
        }
        metric::Data::Histogram(histogram) => {
            let points = histogram.data_points.iter();
            let points = points.filter(|it| fits(&it.attributes));
            points.filter_map(|point| point.sum).sum()
        }
        other => panic!("{other:?}"),
    }
}

fn text_of(attribute: &KeyValue) -> String {
    let value = attribute.value.clone().and_then(|value| value.value);
    match value {
        Some(Value::StringValue(text)) => text,
        _ => String::new(),
    }
}

fn told(span: Span) -> Told {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let numbers = span.attributes.iter().filter_map(|attribute| {
        match attribute.value.as_ref()?.value.as_ref()? {
            Value::IntValue(number) => Some((attribute.key.clone(), *number)),
            _ => None,
        }
    });
    Told {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name.clone(),
        is_error: (span.status.as_ref()).is_some_and(|status| status.code() == StatusCode::Error),
        length: span.end_time_unix_nano - span.start_time_unix_nano,
        numbers: numbers.collect(),
        attributes: (span.attributes.iter())
            .map(|attribute| (attribute.key.clone(), text_of(attribute)))
            .collect(),
    }
}

fn serve(stream: TcpStream, state: &State, manner: Manner) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read(&mut reader) {
        let is_first = {
            let mut requests = state.requests.lock().unwrap();
            let is_first = requests.iter().all(|it| it.path != request.path);
            requests.push(request);
            is_first
        };
        state.arrived.notify_all();
        match manner {
            Manner::Answers(status) | Manner::AnswersFirst(status) => {
                let is_taken = matches!(manner, Manner::AnswersFirst(_)) && !is_first;
                let status = if is_taken { 200 } else { status };
                let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
            Manner::Never => std::thread::sleep(LONG),
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let path = head.split(' ').nth(1)?.to_owned();
    let lower = head.to_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, head, body })
}
