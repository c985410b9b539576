//! What a process says of itself with everything that it tells.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::attributes::Attributes;
use crate::settings::SERVICE_NAME;

/// The process, as the operator describes it, and else as it is. Each has an id of its own: what one counts is not what
/// another one does.
pub(crate) fn resource(said: &[(String, String)], instance: &str) -> Resource {
    let usual = [
        (SERVICE_NAME, "stepwell"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    let is_said = |name: &str| said.iter().any(|(other, _)| other == name);
    let usual = usual.into_iter().filter(|(name, _)| !is_said(name));
    let said = said
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let attributes = usual
        .chain(said)
        .fold(Attributes::default(), |it, (name, text)| {
            it.text(name, text)
        });
    Resource {
        attributes: attributes.0,
        ..Resource::default()
    }
}

/// Who makes the spans.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "stepwell".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    }
}
