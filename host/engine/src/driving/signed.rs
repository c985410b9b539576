//! Plugins held against whom the operator demands to have signed them (`[sources]` of the configuration).
//!
//! It is done whenever a plugin's bytes are found, before anything looks into them: a key that is taken out, or changed, holds from the
//! next time on, for what is in the cache, in the lock and in a run that has begun as well. What lies beside a plugin is taken for nothing but what it proves.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stepwell_contract::Digest;
use stepwell_definition::PluginSources;
use stepwell_signing::{
    Evidence, LARGEST_BUNDLE, LARGEST_KEY, LARGEST_SIGNATURE, Proof, PublicKey, Unproven,
};
use stepwell_store::PinnedPlugin;
use stepwell_workers::{LargeFile, off_the_workers, read_file, read_text};

use super::meant::Meant;
use super::origins::{Lies, Places};
use crate::state::{House, PluginSource, Reach, shown_source};
use crate::words::{EngineError, NotFetched, PluginError};

/// The bytes of a plugin that may be used.
pub(crate) struct Component {
    pub(crate) bytes: LargeFile,
    /// The fingerprint of the key that signed it, where one is demanded.
    pub(crate) signed_by: Option<Digest>,
}

/// What one source demands.
struct Demand {
    source: String,
    keys: Vec<PathBuf>,
}

/// What is to be proved of a plugin.
struct Proved {
    digest: Digest,
    /// Who was found before to have signed it.
    by: Option<Digest>,
    /// Whether another machine may be asked for its signatures.
    meant: Meant,
}

/// Lets a plugin pass that is signed by one of those whom the operator demands, or of whom nobody is demanded.
///
/// # Errors
/// [`PluginError::Unsigned`]; [`PluginError::Key`] for a key that can't be read; [`PluginError::NotFetched`] where nobody can say who
/// signed it.
pub(super) async fn held(
    house: &House,
    reach: &Reach,
    lies: Lies,
    bytes: LargeFile,
    meant: Meant,
) -> Result<Component, PluginError> {
    let places = Places::of(house);
    let demands = demands(places, &lies).await?;
    if demands.is_empty() {
        return Ok(Component {
            bytes,
            signed_by: None,
        });
    }
    let (bytes, digest) = off_the_workers(move || {
        let digest = Digest::of(&bytes.bytes);
        (bytes, digest)
    })
    .await;
    let proved = Proved {
        digest,
        by: None,
        meant,
    };
    let signed_by = require_signed(places, reach, &lies, demands, proved).await?;
    Ok(Component { bytes, signed_by })
}

/// Lets a plugin pass that something was begun with, seen from this folder.
///
/// Whoever was found to have signed it then will do for as long as they are demanded: what lay beside it may be another plugin's by now.
///
/// # Errors
/// As [`held`].
pub(super) async fn held_pinned(
    house: &House,
    plugin: &PinnedPlugin,
    folder: &Path,
) -> Result<(), PluginError> {
    let lies = Lies::of(house, &plugin.uses, folder);
    let places = Places::of(house);
    let demands = demands(places, &lies).await?;
    let proved = Proved {
        digest: plugin.digest,
        by: plugin.signed_by,
        meant: Meant::AsAgreed,
    };
    let held = require_signed(places, &Reach::Anywhere, &lies, demands, proved);
    held.await.map(drop)
}

/// Who signed a plugin that was fetched from another machine and has this digest, where by these rules somebody has to have; for
/// whoever fetched it without an engine.
///
/// # Errors
/// [`PluginError::Unsigned`] and the like.
pub async fn signer_of_fetched(
    rules: &PluginSources,
    elsewhere: &dyn PluginSource,
    uses: &str,
    digest: Digest,
) -> Result<Option<Digest>, EngineError> {
    let places = Places { rules, elsewhere };
    let lies = Lies::Elsewhere(uses.to_owned());
    let signed = async {
        let demands = demands(places, &lies).await?;
        let proved = Proved {
            digest,
            by: None,
            meant: Meant::Named,
        };
        require_signed(places, &Reach::Anywhere, &lies, demands, proved).await
    };
    signed.await.map_err(|error| EngineError::Plugin {
        uses: shown_source(uses),
        error,
    })
}

/// Holds what has this digest against every demand: what is named by a link has those of both places. Where it was found before who
/// signed it, nothing is looked for as long as that one is demanded.
async fn require_signed(
    places: Places<'_>,
    reach: &Reach,
    lies: &Lies,
    demands: Vec<Demand>,
    proved: Proved,
) -> Result<Option<Digest>, PluginError> {
    let mut signed_by = None;
    for demand in demands {
        let keys = read_keys(&demand).await?;
        if let Some(by) = proved.by
            && keys.iter().any(|key| key.fingerprint() == by)
        {
            signed_by = Some(by);
            continue;
        }
        let signer = match lies {
            Lies::Inside => return Ok(None),
            Lies::File(path) => {
                let evidence = beside_file(reach, path).await?;
                evidence.signer(&proved.digest, &keys)
            }
            Lies::Elsewhere(uses) => {
                signer_elsewhere(places.elsewhere, uses, &proved, &keys).await?
            }
        };
        match signer {
            Ok(by) => signed_by = keys.get(by).map(PublicKey::fingerprint),
            Err(why) => return Err(unsigned(lies, demand, &keys, why)),
        }
    }
    Ok(signed_by)
}

fn unsigned(lies: &Lies, demand: Demand, keys: &[PublicKey], why: Unproven) -> PluginError {
    PluginError::Unsigned {
        plugin: match lies {
            Lies::Inside => String::new(),
            Lies::Elsewhere(uses) => uses.clone(),
            Lies::File(path) => path.display().to_string(),
        },
        source_named: demand.source,
        keys: keys.iter().map(PublicKey::fingerprint).collect(),
        why: Box::new(why),
    }
}

async fn demands(places: Places<'_>, lies: &Lies) -> Result<Vec<Demand>, PluginError> {
    let seen = lies.seen(places, |sources, origin| {
        sources.demanding(origin).map(demand)
    });
    let mut found: Vec<Demand> = seen.await?.into_iter().flatten().collect();
    found.dedup_by(|one, other| one.source == other.source);
    Ok(found)
}

fn demand((rules, keys): (&stepwell_definition::SourceRules, &[PathBuf])) -> Demand {
    Demand {
        source: rules.name.clone(),
        keys: keys.to_vec(),
    }
}

/// The keys, read anew each time. Of a key that can't be read nobody knows whether it would have done.
async fn read_keys(demand: &Demand) -> Result<Vec<PublicKey>, PluginError> {
    let mut keys = Vec::new();
    for file in &demand.keys {
        let path = file.clone();
        let text = off_the_workers(move || read_text(&path, LARGEST_KEY)).await;
        let unusable = |reason: String| PluginError::Key {
            source_named: demand.source.clone(),
            file: file.clone(),
            reason,
        };
        let text = text.map_err(|error| unusable(format!("it can't be read: {error}")))?;
        keys.push(PublicKey::from_pem(&text).map_err(|error| unusable(error.to_string()))?);
    }
    Ok(keys)
}

/// What lies beside a file: beside the name that was given, and where a link leads to, beside that.
async fn beside_file(reach: &Reach, path: &Path) -> Result<Evidence, PluginError> {
    let (path, reach) = (path.to_owned(), reach.clone());
    off_the_workers(move || {
        let mut names = vec![path.clone()];
        names.extend(path.canonicalize().ok().filter(|real| *real != path));
        let mut proofs = Vec::new();
        for name in names {
            for (ending, most) in [
                (".sig", LARGEST_SIGNATURE),
                (".sigstore.json", LARGEST_BUNDLE),
            ] {
                let mut beside = name.clone().into_os_string();
                beside.push(ending);
                // What whoever asks may not name proves nothing to them.
                let Ok(beside) = reach.look(Path::new(&beside)) else {
                    continue;
                };
                match read_file(&beside, most) {
                    Ok(bytes) if ending == ".sig" => proofs.push(Proof::Detached(bytes)),
                    Ok(bytes) => proofs.push(Proof::Bundle(bytes)),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => {
                        return Err(PluginError::File {
                            path: beside.display().to_string(),
                            reason: error.to_string(),
                        });
                    }
                }
            }
        }
        Ok(Evidence::beside_a_file(proofs))
    })
    .await
}

/// Who signed a plugin of another machine: by what is at hand, and by what lies there now where that isn't enough.
async fn signer_elsewhere(
    elsewhere: &dyn PluginSource,
    uses: &str,
    proved: &Proved,
    keys: &[PublicKey],
) -> Result<Result<usize, Unproven>, PluginError> {
    let digest = &proved.digest;
    let kept = elsewhere.kept_signatures(uses, digest).await;
    let by_kept = kept.map(|kept| kept.signer(digest, keys));
    if let Some(Ok(by)) = by_kept {
        return Ok(Ok(by));
    }
    if proved.meant == Meant::AtHand {
        return by_kept.ok_or_else(|| {
            let reason = "who signed it isn't known on this machine, and is asked once it is used";
            let not_fetched = NotFetched {
                source_named: shown_source(uses),
                reason: reason.to_owned(),
                is_no_source: false,
            };
            not_fetched.into()
        });
    }
    match (elsewhere.signatures(uses, digest).await, by_kept) {
        (Ok(evidence), _) => Ok(evidence.signer(digest, keys)),
        (Err(_), Some(Err(why))) => Ok(Err(why)),
        (Err(error), _) => Err(NotFetched {
            reason: format!("who signed it can't be found out: {}", error.reason),
            ..error
        }
        .into()),
    }
}
