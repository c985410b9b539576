use super::*;

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, SettingsError> {
    Settings::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn refused(variables: &[(&str, &str)]) -> String {
    read(variables).unwrap_err().to_string()
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/otlp/");

#[test]
fn nothing_is_sent_where_nobody_is_named() {
    assert!(read(&[]).unwrap().is_none());
    let unset = ("OTEL_EXPORTER_OTLP_ENDPOINT", " ");
    let unspoken = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    assert!(read(&[unset, unspoken]).unwrap().is_none());
    let disabled = ("OTEL_SDK_DISABLED", "TRUE");
    assert!(read(&[ENDPOINT, disabled, unspoken]).unwrap().is_none());
    let none = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "none"),
    ];
    assert!(read(&[ENDPOINT, none[0], none[1]]).unwrap().is_none());
}

#[test]
fn a_signal_has_its_path_below_the_endpoint_of_all_or_an_endpoint_of_its_own() {
    let own = (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "https://u:secret@traces.example/in?key=1",
    );
    let settings = read(&[ENDPOINT, own]).unwrap().unwrap();
    let traces = settings.traces.unwrap();
    assert_eq!(traces.url.as_str(), own.1);
    assert_eq!(format!("{traces:?}"), "https://traces.example/in");
    let metrics = settings.metrics.unwrap().url;
    assert_eq!(metrics.as_str(), "http://collector:4318/otlp/v1/metrics");
    let settings = read(&[own]).unwrap().unwrap();
    assert!(settings.metrics.is_none());
}

#[test]
fn headers_and_what_the_process_says_of_itself_are_unescaped() {
    let settings = read(&[
        ENDPOINT,
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20k=, x-scope = a",
        ),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-scope=b"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb,service.name=other,"),
        ("OTEL_SERVICE_NAME", "coding"),
    ]);
    let settings = settings.unwrap().unwrap();
    let traces = settings.traces.unwrap();
    assert_eq!(traces.headers["authorization"], "Bearer k=");
    assert!(traces.headers["authorization"].is_sensitive());
    assert_eq!(traces.headers["x-scope"], "a");
    assert_eq!(settings.metrics.unwrap().headers["x-scope"], "b");
    assert_eq!(traces.timeout, Duration::from_millis(250));
    let said = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(
        settings.resource,
        [said("team", "a,b"), said("service.name", "coding")]
    );
}

#[test]
fn what_cannot_be_followed_is_named_and_no_value_that_may_be_a_key_is_said() {
    let told = |name, value| refused(&[ENDPOINT, (name, value)]);
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        "the variable OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`, and only `http/protobuf` is spoken"
    );
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318"),
        "the variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is `localhost:4318`, which is no address of HTTP"
    );
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/u:secret@x"),
        "the variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no address: relative URL without a base"
    );
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_HEADERS", "a=1,secret"),
        "the variable OTEL_EXPORTER_OTLP_HEADERS has a part, number 2, that isn't `name=value`"
    );
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret"),
        "the variable OTEL_EXPORTER_OTLP_HEADERS has `a b`, which is no header with its value"
    );
    assert_eq!(
        told("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        "the variable OTEL_EXPORTER_OTLP_TIMEOUT is `10s`, which is no number of milliseconds above 0"
    );
    let other = told("OTEL_TRACES_EXPORTER", "zipkin");
    assert!(other.contains("`zipkin`"), "{other}");
}
