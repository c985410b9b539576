//! `stepwell plugin verify`: whether the owner of a key signed a plugin.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use stepwell_contract::Digest;
use stepwell_registry::{FetchError, Registry, Source};
use stepwell_signing::{Evidence, LARGEST_BUNDLE, LARGEST_SIGNATURE, Proof};
use stepwell_workers::{off_the_workers, read_file, read_given};

use super::keys::public_key;
use super::sign::{beside, digest_of};
use crate::arguments::VerifyArguments;
use crate::errors::{CommandError, RegistryError, SigningError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{Interrupts, Table, plain};
use crate::wiring::{Context, evidence};

/// What is signed, as a program reads it.
#[derive(Serialize)]
struct Verified {
    /// What was looked at: a file, or a reference by its digest.
    plugin: String,
    /// The digest of the component.
    digest: Digest,
    /// The digest of the manifest, which is what was signed, where it is an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
    /// The fingerprint of the key by which it is signed.
    signed_by: Digest,
}

/// What lies beside a plugin.
struct Looked {
    plugin: String,
    digest: Digest,
    manifest: Option<Digest>,
    evidence: Evidence,
}

pub(super) async fn verified(
    arguments: VerifyArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let plugin = &arguments.plugin;
    let key = public_key(&arguments.key, context).await?;
    let source = plugin.contains("://").then(|| plugin.parse::<Source>());
    let looked = match source.transpose().map_err(RegistryError::Source)? {
        None => file(plugin, arguments.signature.as_deref(), context).await?,
        Some(_) if arguments.signature.is_some() => return Err(SigningError::ForFiles.into()),
        Some(source) => {
            let registry = context.registry()?;
            let interrupts = Interrupts::listen(Arc::clone(&context.screen));
            let mut stop = interrupts.stop();
            let looked = tokio::select! {
                looked = elsewhere(&source, &registry) => looked,
                _ = stop.changed() => return Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
            };
            looked.map_err(RegistryError::Fetch)?
        }
    };
    let fingerprint = key.fingerprint();
    let signer = looked.evidence.signer(&looked.digest, &[key]);
    signer.map_err(|why| SigningError::Unproven {
        what: looked.plugin.clone(),
        key: fingerprint,
        why: Box::new(why),
    })?;
    let verified = Verified {
        plugin: looked.plugin,
        digest: looked.digest,
        manifest: looked.manifest,
        signed_by: fingerprint,
    };
    if arguments.json {
        context.screen.print_json(&verified)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    table.row(["verified", &plain(&verified.plugin)]);
    table.row(["digest", &verified.digest.to_string()]);
    if let Some(manifest) = &verified.manifest {
        table.row(["manifest", &manifest.to_string()]);
    }
    table.row(["signed by", &verified.signed_by.to_string()]);
    context.screen.print(&table.text())?;
    Ok(Exit::Success)
}

async fn file(
    plugin: &str,
    signature: Option<&Path>,
    context: &Context,
) -> Result<Looked, CommandError> {
    let file = context.start.join(plugin);
    let digest = digest_of(&file).await?;
    let mut proofs = Vec::new();
    match signature {
        Some(named) => {
            let path = context.start.join(named);
            let reading = path.clone();
            let bytes = off_the_workers(move || read_given(&reading, LARGEST_BUNDLE)).await;
            let bytes = bytes.map_err(CommandError::unread(&path, None))?;
            proofs.push(match bytes.trim_ascii_start().starts_with(b"{") {
                true => Proof::Bundle(bytes),
                false => Proof::Detached(bytes),
            });
        }
        None => {
            for (ending, most) in [
                (".sig", LARGEST_SIGNATURE),
                (".sigstore.json", LARGEST_BUNDLE),
            ] {
                let path = beside(&file, ending);
                let reading = path.clone();
                match off_the_workers(move || read_file(&reading, most)).await {
                    Ok(bytes) if ending == ".sig" => proofs.push(Proof::Detached(bytes)),
                    Ok(bytes) => proofs.push(Proof::Bundle(bytes)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(CommandError::unread(&path, None)(error)),
                }
            }
        }
    }
    Ok(Looked {
        plugin: shown(&file, &context.start),
        digest,
        manifest: None,
        evidence: Evidence::beside_a_file(proofs),
    })
}

async fn elsewhere(source: &Source, registry: &Registry) -> Result<Looked, FetchError> {
    match source {
        Source::Oci(reference) => {
            let artifact = registry.artifact_now(reference).await?;
            let looked = (artifact.component, artifact.manifest);
            let plugin = artifact.reference.to_string();
            let beside = registry.beside_an_artifact(artifact).await?;
            Ok(Looked {
                plugin,
                digest: looked.0,
                manifest: Some(looked.1),
                evidence: evidence(beside),
            })
        }
        Source::Https(file) => {
            let beside = registry.signatures(source, &file.digest).await?;
            Ok(Looked {
                plugin: source.to_string(),
                digest: file.digest,
                manifest: None,
                evidence: evidence(beside),
            })
        }
    }
}
