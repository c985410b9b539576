//! What an operator watches: numbers for Prometheus, and whether the server lives and can work.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE, encode};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use stepwell_engine::{CostFigures, CostOf, ListRuns, RunStatus, Totals};
use strum::VariantArray as _;

use crate::{App, ProblemDetails, health};

/// What was asked of the server, since it began.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
}

/// The labels by which requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

pub(crate) fn router(metrics: Arc<Metrics>) -> Router<App> {
    Router::new()
        .route(
            "/metrics",
            get(async move |app| numbers(app, &metrics).await),
        )
        .route(health::LIVES, get(async || "alive\n"))
        .route(health::READY, get(ready))
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
    let status = response.status().as_u16();
    let answered = Answered {
        method,
        route,
        status,
    };
    metrics.requests.get_or_create(&answered).inc();
    response
}

async fn numbers(
    State(app): State<App>,
    metrics: &Metrics,
) -> Result<impl IntoResponse + use<>, ProblemDetails> {
    let totals = app.engine.totals().await?;
    let text = metrics.text(&totals);
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}

/// Whether it can work: the store can be read, and the server isn't about to end.
async fn ready(State(app): State<App>) -> Result<&'static str, ProblemDetails> {
    if *app.ending.borrow() {
        return Err(ProblemDetails::ending());
    }
    app.engine.runs(&ListRuns::newest(1)).await?;
    Ok("ready\n")
}

impl Metrics {
    /// Everything, as Prometheus reads it.
    fn text(&self, totals: &Totals) -> String {
        let mut registry = Registry::with_prefix("stepwell");
        let runs = Family::<[(&str, &str); 1], Gauge>::default();
        // A series that begins at its first run would miss that run's rise.
        for status in RunStatus::VARIANTS {
            let count = totals.runs.get(status).copied().unwrap_or_default();
            let runs = runs.get_or_create(&[("status", status.word())]);
            runs.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        registry.register("runs", "Runs, by where they are", runs);
        let spent = &totals.spent;
        let calls = ConstCounter::new(spent.calls);
        registry.register("calls", "Calls to models", calls);
        let attempts = ConstCounter::new(spent.attempts);
        registry.register("call_attempts", "Attempts at calls", attempts);
        let tokens = Family::<[(&str, &str); 1], Counter>::default();
        for (direction, count) in [
            ("input", spent.input_tokens),
            ("output", spent.output_tokens),
        ] {
            let direction = tokens.get_or_create(&[("direction", direction)]);
            direction.inc_by(count.unwrap_or_default());
        }
        let help = "Tokens, as far as providers tell them";
        registry.register("tokens", help, tokens);
        let money = spent.money.map_or(0, |money| money.0);
        let money = ConstCounter::new(money as f64 / 1e6);
        registry.register("money", "Money, as far as it is known", money);
        of_models(&mut registry, totals);
        let help = "Requests, by route and status";
        registry.register("requests", help, self.requests.clone());
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

/// A model, and what is counted of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    provider: String,
    model: String,
}

/// The same, with a kind of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokensOfModel {
    provider: String,
    model: String,
    kind: &'static str,
}

/// What each model of each provider took. Two short names of the same model are one.
fn of_models(registry: &mut Registry, totals: &Totals) {
    let calls = Family::<OfModel, Counter>::default();
    let unpriced = Family::<OfModel, Counter>::default();
    let money = Family::<OfModel, Counter<f64, AtomicU64>>::default();
    let tokens = Family::<TokensOfModel, Counter>::default();
    let replayed = Counter::<u64>::default();
    for row in &totals.models {
        let CostOf::Model {
            provider,
            provider_model,
            ..
        } = &row.of
        else {
            continue;
        };
        let CostFigures { spent, .. } = &row.figures;
        replayed.inc_by(row.figures.replayed.calls);
        if spent.calls == 0 {
            continue;
        }
        let of = OfModel {
            provider: provider.clone(),
            model: provider_model.clone(),
        };
        calls.get_or_create(&of).inc_by(spent.calls);
        unpriced
            .get_or_create(&of)
            .inc_by(row.figures.unpriced_calls);
        if let Some(known) = spent.money {
            money.get_or_create(&of).inc_by(known.0 as f64 / 1e6);
        }
        for (kind, count) in [
            ("input", spent.input_tokens),
            ("cache_read", Some(row.figures.cache_read_tokens)),
            ("cache_write", Some(row.figures.cache_write_tokens)),
            ("output", spent.output_tokens),
            ("reasoning", Some(row.figures.reasoning_tokens)),
        ] {
            let labels = TokensOfModel {
                provider: of.provider.clone(),
                model: of.model.clone(),
                kind,
            };
            let counter = tokens.get_or_create(&labels);
            counter.inc_by(count.unwrap_or_default());
        }
    }
    let help = "Calls that were sent, by provider and model";
    registry.register("model_calls", help, calls);
    let help =
        "Of the calls that were sent: those whose cost isn't known, so that the money lacks them";
    registry.register("model_unpriced_calls", help, unpriced);
    let help = "Dollars, as far as they are known, by provider and model";
    registry.register("model_money", help, money);
    let help = "Tokens of calls that were sent; those of caches are among the input, those of reasoning among the output";
    registry.register("model_tokens", help, tokens);
    let help = "Calls that recorded answers answered";
    registry.register("replayed_calls", help, replayed);
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Money;
    use stepwell_engine::CostRow;

    use super::*;

    #[test]
    fn every_status_has_a_sample_and_money_is_not_rounded() {
        let mut totals = Totals::default();
        totals.spent.money = Some(Money(12_345_678));
        let mut figures = CostFigures::default();
        figures.spent.calls = 3;
        figures.spent.money = Some(Money(1_500_000));
        figures.unpriced_calls = 2;
        figures.reasoning_tokens = 7;
        figures.replayed.calls = 4;
        let of = CostOf::Model {
            model: "writer".into(),
            provider: "openai".into(),
            provider_model: "gpt-5".into(),
        };
        totals.models = vec![CostRow { of, figures }];
        let text = Metrics::default().text(&totals);
        assert!(text.contains("stepwell_money_total 12.345678\n"), "{text}");
        for sample in [
            "stepwell_model_calls_total{provider=\"openai\",model=\"gpt-5\"} 3\n",
            "stepwell_model_money_total{provider=\"openai\",model=\"gpt-5\"} 1.5\n",
            "stepwell_model_unpriced_calls_total{provider=\"openai\",model=\"gpt-5\"} 2\n",
            "stepwell_model_tokens_total{provider=\"openai\",model=\"gpt-5\",kind=\"reasoning\"} 7\n",
            "stepwell_replayed_calls_total 4\n",
        ] {
            assert!(text.contains(sample), "{sample} in {text}");
        }
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
