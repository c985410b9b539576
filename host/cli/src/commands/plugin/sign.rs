//! `stepwell plugin sign`: a signature goes beside a component, or beside an artifact in a registry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use stepwell_contract::Digest;
use stepwell_registry::{Reference, Source};
use stepwell_signing::{Payload, PrivateKey, bundle_of};
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers, read_file};

use super::keys::private_key;
use super::placing::put;
use crate::arguments::SignArguments;
use crate::errors::{CommandError, RegistryError, SigningError};
use crate::exit::Exit;
use crate::project::shown;
use crate::remedy::GivenFile;
use crate::terminal::{Interrupts, Table, plain};
use crate::wiring::Context;

/// What was signed, as a program reads it.
#[derive(Serialize)]
struct Signed {
    /// What was signed: a file, or a reference by its digest.
    plugin: String,
    /// The digest of the component.
    digest: Digest,
    /// The digest of the manifest, which is what was signed, where it is an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
    /// The fingerprint of the key.
    signed_by: Digest,
    /// Where the signature lies.
    signatures: Vec<String>,
}

pub(super) async fn signed(
    arguments: SignArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let plugin = &arguments.plugin;
    let source = plugin.contains("://").then(|| plugin.parse::<Source>());
    let signed = match source.transpose().map_err(RegistryError::Source)? {
        None => {
            let file = context.start.join(plugin);
            let digest = digest_of(&file).await?;
            let key = private_key(&arguments.key, context).await?;
            beside_file(&file, digest, &key, arguments.bundle, context).await?
        }
        Some(Source::Https(_)) => {
            let given = plugin.clone();
            return Err(SigningError::Server { given }.into());
        }
        Some(Source::Oci(_)) if arguments.bundle => return Err(SigningError::ForFiles.into()),
        Some(Source::Oci(reference)) => {
            let key = private_key(&arguments.key, context).await?;
            let interrupts = Interrupts::listen(Arc::clone(&context.screen));
            let mut stop = interrupts.stop();
            tokio::select! {
                signed = beside_artifact(&reference, &key, context) => signed?,
                _ = stop.changed() => return Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
            }
        }
    };
    if arguments.json {
        context.screen.print_json(&signed)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    table.row(["signed", &plain(&signed.plugin)]);
    table.row(["digest", &signed.digest.to_string()]);
    if let Some(manifest) = &signed.manifest {
        table.row(["manifest", &manifest.to_string()]);
    }
    table.row(["by", &signed.signed_by.to_string()]);
    for signature in &signed.signatures {
        table.row(["signature", &plain(signature)]);
    }
    context.screen.print(&table.text())?;
    Ok(Exit::Success)
}

/// The digest of a component in a file.
pub(super) async fn digest_of(file: &Path) -> Result<Digest, CommandError> {
    let path = file.to_owned();
    let read = move || read_file(&path, LARGEST_COMPONENT).map(Digest::of);
    let digest = off_the_workers(read).await;
    digest.map_err(CommandError::unread(file, Some(GivenFile::Plugin)))
}

/// A path with something behind its name.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

async fn beside_file(
    file: &Path,
    digest: Digest,
    key: &PrivateKey,
    with_bundle: bool,
    context: &Context,
) -> Result<Signed, CommandError> {
    let signature = key.sign(&digest);
    let mut written = vec![(beside(file, ".sig"), format!("{}\n", signature.text()))];
    if with_bundle {
        let bundle = bundle_of(&digest, &signature, &key.public());
        written.push((beside(file, ".sigstore.json"), bundle));
    }
    let mut signatures = Vec::new();
    for (path, text) in written {
        put(&path, text.as_bytes()).await?;
        signatures.push(shown(&path, &context.start));
    }
    Ok(Signed {
        plugin: shown(file, &context.start),
        digest,
        manifest: None,
        signed_by: key.public().fingerprint(),
        signatures,
    })
}

async fn beside_artifact(
    reference: &Reference,
    key: &PrivateKey,
    context: &Context,
) -> Result<Signed, CommandError> {
    let registry = context.registry()?;
    let artifact = registry.artifact_now(reference).await;
    let artifact = artifact.map_err(RegistryError::Fetch)?;
    let payload = Payload {
        manifest: artifact.manifest,
        reference: format!("{}/{}", reference.registry, reference.repository),
    };
    let payload = payload.written();
    let signature = key.sign(&Digest::of(&payload)).text();
    let attached = registry.attach(&artifact, payload, &signature).await;
    Ok(Signed {
        plugin: artifact.reference.to_string(),
        digest: artifact.component,
        manifest: Some(artifact.manifest),
        signed_by: key.public().fingerprint(),
        signatures: vec![attached.map_err(RegistryError::Fetch)?.to_string()],
    })
}
