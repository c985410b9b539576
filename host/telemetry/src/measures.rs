//! Metrics: what this process counted since it began, by the names of the conventions for generative AI.
//!
//! Sums go up as long as the process lives: one that can't be sent is in the next one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum, metric,
    number_data_point,
};
use stepwell_contract::ExecutionKey;
use stepwell_store::CallRecord;

use crate::attributes::{self as names, Attributes};
use crate::ended::Outcome;
use crate::spans::{error_of, nanoseconds, seconds, usage_of};

/// The bounds that the conventions ask for.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// What was measured, by what it is told apart by.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    tokens: BTreeMap<Vec<Label>, Spread>,
    durations: BTreeMap<Vec<Label>, Spread>,
    runs: BTreeMap<Vec<Label>, u64>,
    executions: BTreeMap<Vec<Label>, u64>,
}

/// The name of an attribute, and its text.
type Label = (&'static str, String);

/// How values lie between the bounds.
#[derive(Debug, Default)]
struct Spread {
    count: u64,
    sum: f64,
    least: f64,
    most: f64,
    buckets: [u64; 15],
}

impl Spread {
    fn add(&mut self, bounds: &[f64; 14], value: f64) {
        let (least, most) = match self.count {
            0 => (value, value),
            _ => (self.least.min(value), self.most.max(value)),
        };
        (self.least, self.most) = (least, most);
        self.count += 1;
        self.sum += value;
        let bucket = bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket] += 1;
    }

    fn point(&self, labels: &[Label], bounds: &[f64; 14], span: (u64, u64)) -> HistogramDataPoint {
        HistogramDataPoint {
            attributes: told(labels),
            start_time_unix_nano: span.0,
            time_unix_nano: span.1,
            count: self.count,
            sum: Some(self.sum),
            min: Some(self.least),
            max: Some(self.most),
            bucket_counts: self.buckets.to_vec(),
            explicit_bounds: bounds.to_vec(),
            ..HistogramDataPoint::default()
        }
    }
}

impl Measures {
    pub(crate) fn call(&mut self, call: &CallRecord, answered_by: Option<&str>) {
        let mut labels: Vec<Label> = vec![
            (names::OPERATION, names::CHAT.into()),
            (names::PROVIDER, names::provider(&call.provider).into()),
            (names::REQUEST_MODEL, call.provider_model.clone()),
        ];
        labels.extend(answered_by.map(|model| (names::RESPONSE_MODEL, model.to_owned())));
        let usage = usage_of(call);
        for (kind, count) in [
            ("input", usage.input_tokens),
            ("output", usage.output_tokens),
        ] {
            let Some(count) = count else { continue };
            let mut labels = labels.clone();
            labels.push((names::TOKEN_TYPE, kind.into()));
            let spread = self.tokens.entry(labels).or_default();
            spread.add(&TOKENS, f64::from(count));
        }
        let error = error_of(call);
        labels.extend(error.map(|error| (names::ERROR_TYPE, names::code(&error.code).to_owned())));
        // How long the provider took for the last time: before that, the process may have been gone for days.
        let last = call.attempts.last().and_then(|attempt| attempt.duration_ms);
        if let Some(milliseconds) = last {
            let spread = self.durations.entry(labels).or_default();
            spread.add(&SECONDS, seconds(milliseconds));
        }
    }

    pub(crate) fn execution(&mut self, workflow: &str, key: &ExecutionKey, outcome: &Outcome) {
        let mut labels = of_workflow(workflow, outcome);
        labels.push(("stepwell.step", key.path.to_string()));
        *self.executions.entry(labels).or_default() += 1;
    }

    pub(crate) fn run(&mut self, workflow: &str, outcome: &Outcome) {
        *self.runs.entry(of_workflow(workflow, outcome)).or_default() += 1;
    }

    /// All of it, as it is now; nothing where nothing was measured.
    pub(crate) fn told(&self, since: Timestamp, now: Timestamp) -> Vec<Metric> {
        let span = (nanoseconds(since), nanoseconds(now));
        let histogram = |spreads: &BTreeMap<Vec<Label>, Spread>, bounds: &[f64; 14]| {
            let points = spreads.iter();
            metric::Data::Histogram(Histogram {
                data_points: points
                    .map(|(labels, spread)| spread.point(labels, bounds, span))
                    .collect(),
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
            })
        };
        let sum = |counts: &BTreeMap<Vec<Label>, u64>| {
            let points = counts.iter();
            metric::Data::Sum(Sum {
                data_points: points
                    .map(|(labels, count)| counted(labels, *count, span))
                    .collect(),
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
                is_monotonic: true,
            })
        };
        let metrics = [
            (
                "gen_ai.client.token.usage",
                "{token}",
                "Number of input and output tokens used",
                !self.tokens.is_empty(),
                histogram(&self.tokens, &TOKENS),
            ),
            (
                "gen_ai.client.operation.duration",
                "s",
                "GenAI operation duration",
                !self.durations.is_empty(),
                histogram(&self.durations, &SECONDS),
            ),
            (
                "stepwell.runs",
                "{run}",
                "Runs that ended, by how",
                !self.runs.is_empty(),
                sum(&self.runs),
            ),
            (
                "stepwell.executions",
                "{execution}",
                "Executions of steps that ended, by how",
                !self.executions.is_empty(),
                sum(&self.executions),
            ),
        ];
        let measured = metrics.into_iter().filter(|(.., measured, _)| *measured);
        measured
            .map(|(name, unit, description, _, data)| Metric {
                name: name.into(),
                unit: unit.into(),
                description: description.into(),
                data: Some(data),
                ..Metric::default()
            })
            .collect()
    }
}

fn of_workflow(workflow: &str, outcome: &Outcome) -> Vec<Label> {
    let mut labels = vec![
        (names::WORKFLOW, workflow.to_owned()),
        ("stepwell.outcome", outcome.word().to_owned()),
    ];
    if let Outcome::Failure(code) = outcome {
        labels.push((names::ERROR_TYPE, names::code(code).to_owned()));
    }
    labels
}

fn counted(labels: &[Label], count: u64, span: (u64, u64)) -> NumberDataPoint {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    NumberDataPoint {
        attributes: told(labels),
        start_time_unix_nano: span.0,
        time_unix_nano: span.1,
        value: Some(number_data_point::Value::AsInt(count)),
        ..NumberDataPoint::default()
    }
}

fn told(labels: &[Label]) -> Vec<KeyValue> {
    let labels = labels.iter();
    let told = labels.fold(Attributes::default(), |it, (name, text)| {
        it.text(name, text)
    });
    told.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_below_the_bound_that_it_reaches() {
        let mut spread = Spread::default();
        for value in [0.0, 1.0, 2.0, 1e9] {
            spread.add(&TOKENS, value);
        }
        assert_eq!(spread.buckets[..2], [2, 1]);
        assert_eq!(spread.buckets[14], 1);
        assert_eq!((spread.count, spread.least, spread.most), (4, 0.0, 1e9));
    }

    #[test]
    fn what_was_not_measured_is_not_told() {
        let mut measures = Measures::default();
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(measures.told(at, at), Vec::new());
        measures.run("coding", &Outcome::Failure("over-budget".into()));
        measures.run("coding", &Outcome::Success);
        measures.run("coding", &Outcome::Success);
        let metrics = measures.told(at, at);
        let [metric] = metrics.as_slice() else {
            panic!("{metrics:?}");
        };
        let Some(metric::Data::Sum(sum)) = &metric.data else {
            panic!("{metric:?}");
        };
        let counts: Vec<_> = sum.data_points.iter().map(|point| point.value).collect();
        let int = |count| Some(number_data_point::Value::AsInt(count));
        assert_eq!(counts, [int(1), int(2)]);
    }
}
