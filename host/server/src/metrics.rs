//! What an operator watches: numbers for Prometheus, and whether the server lives and can work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use stepwell_contract::Money;
use stepwell_engine::{RunStatus, Totals};

use crate::{App, ProblemDetails};

/// Where a run can be.
const EVERY_STATUS: [RunStatus; 6] = [
    RunStatus::Started,
    RunStatus::Interrupted,
    RunStatus::Waiting,
    RunStatus::Success,
    RunStatus::Failure,
    RunStatus::Cancelled,
];

/// What was asked of the server, since it began.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
}

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
}

/// Counts a request by its route: an address that somebody makes up is no route of its own.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let response = next.run(request).await;
    let key = (route, method, response.status().as_u16());
    let mut requests = metrics
        .requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    *requests.entry(key).or_default() += 1;
    drop(requests);
    response
}

async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, ProblemDetails> {
    let totals = app.engine.totals().await?;
    let text = app.metrics.text(&totals);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

/// Whether it can work: the store can be read, and the server isn't about to end.
async fn ready(State(app): State<App>) -> Result<&'static str, ProblemDetails> {
    if *app.ending.borrow() {
        return Err(ProblemDetails::ending());
    }
    app.engine.runs(None, Some(1)).await?;
    Ok("ready\n")
}

impl Metrics {
    /// Everything, as Prometheus reads it.
    fn text(&self, totals: &Totals) -> String {
        let mut text = Exposition::default();
        text.begin("stepwell_runs", "gauge", "Runs, by where they are.");
        // A series that begins at its first run would miss that run's rise.
        for status in EVERY_STATUS {
            let count = totals.runs.get(&status).copied().unwrap_or_default();
            let status = serde_json::to_value(status).unwrap_or_default();
            text.sample(
                "stepwell_runs",
                &[("status", status.as_str().unwrap_or_default())],
                count,
            );
        }
        let spent = &totals.spent;
        let counters = [
            ("stepwell_calls_total", "Calls to models.", spent.calls),
            (
                "stepwell_call_attempts_total",
                "Attempts at calls.",
                spent.attempts,
            ),
        ];
        for (name, help, value) in counters {
            text.begin(name, "counter", help);
            text.sample(name, &[], value);
        }
        let name = "stepwell_tokens_total";
        text.begin(name, "counter", "Tokens, as far as providers tell them.");
        let input = spent.input_tokens.unwrap_or_default();
        text.sample(name, &[("direction", "input")], input);
        let output = spent.output_tokens.unwrap_or_default();
        text.sample(name, &[("direction", "output")], output);
        let name = "stepwell_money_total";
        text.begin(name, "counter", "Money, where a price is set.");
        let money = spent.money.map_or_else(|| "0".into(), amount);
        text.sample(name, &[], money);
        let name = "stepwell_requests_total";
        text.begin(name, "counter", "Requests, by route and status.");
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, method, status), count) in requests.iter() {
            let labels = [
                ("method", method.as_str()),
                ("route", route),
                ("status", &status.to_string()),
            ];
            text.sample(name, &labels, *count);
        }
        text.0
    }
}

/// The plain number of an amount, to the millionth: sums of small amounts stay right.
fn amount(money: Money) -> String {
    format!("{}.{:06}", money.0 / 1_000_000, money.0 % 1_000_000)
}

/// Prometheus' text format.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_sample_and_money_is_not_rounded() {
        let mut totals = Totals::default();
        totals.spent.money = Some(Money(12_345_678));
        let text = Metrics::default().text(&totals);
        assert!(text.contains("stepwell_money_total 12.345678\n"), "{text}");
        for status in [
            "started",
            "interrupted",
            "waiting",
            "success",
            "failure",
            "cancelled",
        ] {
            let sample = format!("stepwell_runs{{status=\"{status}\"}} 0\n");
            assert!(text.contains(&sample), "{sample} in {text}");
        }
    }
}
