//! The standard form of a WebAssembly component as an OCI artifact: a manifest, a config, one layer.
//!
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>. Nothing is asked here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, InvalidDigest};
use stepwell_workers::LARGEST_COMPONENT;

use crate::cache::LARGEST_MANIFEST;
use crate::errors::{FetchError, ForeignKind, Part};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const CONFIG: &str = "application/vnd.wasm.config.v0+json";
pub(crate) const LAYER: &str = "application/wasm";

/// What a registry is asked for: also what isn't a component, so that it can be said what it is.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v1+json";

/// A part of an artifact: what it is, and how it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    /// A text first: others' artifacts may have digests of another kind, and are told for what they are.
    pub(crate) digest: String,
    pub(crate) size: u64,
    /// In the order of their names, so that the same artifact has the same digest.
    #[serde(skip_deserializing, skip_serializing_if = "Annotations::is_empty")]
    pub(crate) annotations: Annotations,
}

/// What is told of an artifact or a part of it.
pub(crate) type Annotations = BTreeMap<String, String>;

impl Descriptor {
    pub(crate) fn digest(&self) -> Result<Digest, InvalidDigest> {
        self.digest.parse()
    }
}

/// Of what an artifact is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(skip_deserializing, skip_serializing_if = "Annotations::is_empty")]
    pub(crate) annotations: Annotations,
}

/// What a manifest says of a component.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) config: (Digest, u64),
    pub(crate) component: (Digest, u64),
}

/// Reads the manifest of a component; `what` is how it was named.
pub(crate) fn told(bytes: &[u8], what: &str) -> Result<Told, FetchError> {
    let unusable = |reason: String| FetchError::Manifest {
        what: what.to_owned(),
        reason,
    };
    let foreign = |kind| FetchError::Foreign {
        what: what.to_owned(),
        kind,
    };
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        media_type: Option<String>,
        manifests: Option<serde::de::IgnoredAny>,
        fs_layers: Option<serde::de::IgnoredAny>,
    }
    let kind: Kind = serde_json::from_slice(bytes)
        .map_err(|error| unusable(format!("it is no JSON of a manifest ({error})")))?;
    if kind.manifests.is_some() {
        return Err(foreign(ForeignKind::Index));
    }
    if kind.fs_layers.is_some() {
        return Err(foreign(ForeignKind::Image));
    }
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|error| unusable(error.to_string()))?;
    if let Some(kind) = foreign_kind(&manifest.config.media_type) {
        return Err(foreign(kind));
    }
    if kind.media_type.is_some_and(|it| it != MANIFEST) || manifest.schema_version != 2 {
        return Err(unusable(
            "it is no manifest of OCI's second version".to_owned(),
        ));
    }
    let [layer] = manifest.layers.as_slice() else {
        return Err(FetchError::Layers {
            what: what.to_owned(),
            count: manifest.layers.len(),
        });
    };
    if layer.media_type != LAYER {
        return Err(foreign(ForeignKind::Other(layer.media_type.clone())));
    }
    let digest = |of: &Descriptor| of.digest().map_err(|error| unusable(error.to_string()));
    let (config, component) = (&manifest.config, layer);
    for (part, size, most) in [
        (Part::Config, config.size, LARGEST_MANIFEST),
        (Part::Component, component.size, LARGEST_COMPONENT),
    ] {
        if size > most {
            return Err(FetchError::TooLarge { part, most });
        }
    }
    Ok(Told {
        config: (digest(config)?, config.size),
        component: (digest(component)?, component.size),
    })
}

/// What an artifact is by its config, where that isn't a component's.
fn foreign_kind(config: &str) -> Option<ForeignKind> {
    Some(match config {
        CONFIG => return None,
        "application/vnd.oci.image.config.v1+json"
        | "application/vnd.docker.container.image.v1+json" => ForeignKind::Image,
        "application/vnd.cncf.helm.config.v1+json" => ForeignKind::Chart,
        other if other.starts_with("application/vnd.wasm.") => ForeignKind::EarlierWasm,
        other => ForeignKind::Other(other.to_owned()),
    })
}

/// What the config of a component says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<&'c str>,
    pub(crate) architecture: &'static str,
    pub(crate) os: &'static str,
    pub(crate) layer_digests: [Digest; 1],
    pub(crate) component: Interfaces<'c>,
}

/// What a component imports and exports.
#[derive(Debug, Serialize)]
pub(crate) struct Interfaces<'c> {
    pub(crate) exports: &'c [String],
    pub(crate) imports: &'c [String],
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn manifest(config: &str, layers: &[&str], size: u64) -> String {
        let descriptor = |media_type: &str| {
            format!(r#"{{"mediaType":"{media_type}","digest":"{DIGEST}","size":{size}}}"#)
        };
        let layers: Vec<_> = layers.iter().map(|it| descriptor(it)).collect();
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{},"layers":[{}]}}"#,
            descriptor(config),
            layers.join(",")
        )
    }

    fn refused(text: &str) -> String {
        told(text.as_bytes(), "oci://h/a:1")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_component_has_a_config_of_its_own_and_one_layer() {
        let read = told(manifest(CONFIG, &[LAYER], 7).as_bytes(), "x").unwrap();
        assert_eq!(read.component, (DIGEST.parse().unwrap(), 7));
        let none = manifest(CONFIG, &[], 7);
        assert_eq!(
            refused(&none),
            "`oci://h/a:1` has 0 layers, and a component is one layer"
        );
        let two = manifest(CONFIG, &[LAYER, LAYER], 7);
        assert!(refused(&two).contains("has 2 layers"));
    }

    #[test]
    fn what_is_no_component_is_told_for_what_it_is() {
        let image = "application/vnd.docker.container.image.v1+json";
        let layer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
        let of = |config: &str| refused(&manifest(config, &[layer, layer], 7));
        assert_eq!(
            of(image),
            "`oci://h/a:1` is the image of a container, and no WebAssembly component"
        );
        assert!(of("application/vnd.cncf.helm.config.v1+json").contains("a Helm chart"));
        assert!(of("application/vnd.x").contains("an artifact of the kind `application/vnd.x`"));
        let older = refused(&manifest(
            "application/vnd.wasm.config.v1+json",
            &[LAYER],
            7,
        ));
        assert!(older.contains("from before the standard one"), "{older}");
        let index = r#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(refused(index).contains("a list of images"));
        assert!(
            refused(r#"{"schemaVersion":1,"fsLayers":[]}"#).contains("the image of a container")
        );
        let packed = refused(&manifest(CONFIG, &["application/gzip"], 7));
        assert!(packed.contains("an artifact of the kind `application/gzip`"));
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_comes() {
        let large = refused(&manifest(CONFIG, &[LAYER], LARGEST_COMPONENT + 1));
        assert!(large.contains("is larger than"), "{large}");
        for wrong in [
            "",
            "[]",
            "<html>",
            r#"{"schemaVersion":2}"#,
            &manifest(CONFIG, &[LAYER], 1).replace("sha256:", "md5:"),
        ] {
            assert!(refused(wrong).starts_with("the manifest of `oci://h/a:1` can't be used: "));
        }
    }
}
