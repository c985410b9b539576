//! Sigstore's bundle: a signature with what belongs to it, as JSON in one file. Read is what a key signed; certificates, entries of a
//! log and times may stand beside that, and say nothing here.
//!
//! <https://docs.sigstore.dev/about/bundle/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

use crate::envelope::{IN_TOTO, names, signed_bytes};
use crate::public_key::PublicKey;
use crate::signature::Signature;
use crate::unproven::Unproven;

/// The media type of a bundle that is written here.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The most bytes of a bundle.
pub const LARGEST_BUNDLE: u64 = 256 << 10;

/// How the media type of every version begins.
const ANY_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

const SHA_256: &str = "SHA2_256";

/// The most signatures of one envelope.
const MOST_SIGNATURES: usize = 16;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    #[serde(default)]
    verification_material: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_signature: Option<MessageSignature>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsse_envelope: Option<Envelope>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageSignature {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_digest: Option<MessageDigest>,
    signature: String,
}

#[derive(Serialize, Deserialize)]
struct MessageDigest {
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

/// A bundle with a key's signature of what has this digest.
#[must_use]
pub fn bundle_of(subject: &Digest, signature: &Signature, key: &PublicKey) -> String {
    let hint = STANDARD.encode(key.fingerprint().as_bytes());
    let bundle = Bundle {
        media_type: BUNDLE.to_owned(),
        verification_material: serde_json::json!({ "publicKey": { "hint": hint } }),
        message_signature: Some(MessageSignature {
            message_digest: Some(MessageDigest {
                algorithm: SHA_256.to_owned(),
                digest: STANDARD.encode(subject.as_bytes()),
            }),
            signature: signature.text(),
        }),
        dsse_envelope: None,
    };
    serde_json::to_string(&bundle).unwrap_or_default()
}

/// Which of the keys signed what has this digest, by a bundle.
pub(crate) fn signer_of_bundle(
    bytes: &[u8],
    subject: &Digest,
    keys: &[PublicKey],
) -> Result<usize, Unproven> {
    let unreadable = |reason| Unproven::Unreadable { reason };
    if bytes.len() as u64 > LARGEST_BUNDLE {
        return Err(unreadable("a bundle is larger than 256 KiB"));
    }
    let bundle: Bundle =
        serde_json::from_slice(bytes).map_err(|_| unreadable("it is no bundle of sigstore"))?;
    if !bundle.media_type.starts_with(ANY_BUNDLE) {
        return Err(unreadable("it is no bundle of sigstore"));
    }
    match (bundle.message_signature, bundle.dsse_envelope) {
        (Some(message), None) => of_message(&message, subject, keys),
        (None, Some(envelope)) => of_envelope(&envelope, subject, keys),
        _ => Err(unreadable("a bundle has one signature, or one envelope")),
    }
}

fn of_message(
    message: &MessageSignature,
    subject: &Digest,
    keys: &[PublicKey],
) -> Result<usize, Unproven> {
    let unreadable = |reason| Unproven::Unreadable { reason };
    let signature = Signature::from_text(&message.signature)
        .ok_or_else(|| unreadable("it is no ECDSA signature"))?;
    let named = match &message.message_digest {
        None => *subject,
        Some(digest) if digest.algorithm == SHA_256 => {
            let bytes = STANDARD.decode(&digest.digest).ok();
            let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
            Digest::from_bytes(bytes.ok_or_else(|| unreadable("its digest is no SHA-256"))?)
        }
        Some(_) => return Err(unreadable("its digest is no SHA-256")),
    };
    // Nobody but a key's owner says what was signed.
    let by = keys.iter().position(|key| key.signed(&named, &signature));
    match by {
        None => Err(Unproven::OtherKey),
        Some(by) if named == *subject => Ok(by),
        Some(_) => Err(Unproven::OtherDigest {
            signed: named,
            found: *subject,
        }),
    }
}

fn of_envelope(
    envelope: &Envelope,
    subject: &Digest,
    keys: &[PublicKey],
) -> Result<usize, Unproven> {
    let unreadable = |reason| Unproven::Unreadable { reason };
    let payload = STANDARD
        .decode(&envelope.payload)
        .map_err(|_| unreadable("its payload is no base64"))?;
    if envelope.signatures.len() > MOST_SIGNATURES {
        return Err(unreadable("an envelope has too many signatures"));
    }
    let signed = Digest::of(signed_bytes(&envelope.payload_type, &payload));
    let signatures = envelope
        .signatures
        .iter()
        .filter_map(|it| Signature::from_text(&it.sig));
    let by = signatures
        .flat_map(|signature| keys.iter().position(|key| key.signed(&signed, &signature)))
        .next()
        .ok_or(Unproven::OtherKey)?;
    if envelope.payload_type != IN_TOTO {
        return Err(Unproven::OtherKind);
    }
    names(&payload, subject)?;
    Ok(by)
}
