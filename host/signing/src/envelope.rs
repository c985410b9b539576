//! A statement in an envelope, as newer versions of cosign sign an artifact: DSSE around in-toto.
//!
//! <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>,
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use serde::Deserialize;
use stepwell_contract::Digest;

use crate::unproven::Unproven;

/// What an envelope holds.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What says of a statement that it is a signature. Others are reports, which may as well say that something must not be used.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";

const STATEMENTS: [&str; 2] = [
    "https://in-toto.io/Statement/v1",
    "https://in-toto.io/Statement/v0.1",
];

/// The most things that a statement may be about.
const MOST_SUBJECTS: usize = 64;

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    digest: BTreeMap<String, String>,
}

/// What is signed of an envelope.
pub(crate) fn signed_bytes(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Whether a statement is a signature of what has this digest. That somebody signed the statement is seen before.
pub(crate) fn names(payload: &[u8], subject: &Digest) -> Result<(), Unproven> {
    let unreadable = |reason| Unproven::Unreadable { reason };
    let statement: Statement = serde_json::from_slice(payload)
        .map_err(|_| unreadable("what was signed is no in-toto statement"))?;
    if !STATEMENTS.contains(&statement.kind.as_str()) || statement.predicate_type != SIGNED {
        return Err(Unproven::OtherKind);
    }
    if statement.subject.len() > MOST_SUBJECTS {
        return Err(unreadable("what was signed is about too much"));
    }
    let digests = statement.subject.iter().filter_map(|it| {
        let hex = it.digest.get("sha256")?;
        format!("sha256:{hex}").parse::<Digest>().ok()
    });
    let digests: Vec<Digest> = digests.collect();
    match digests.first() {
        _ if digests.contains(subject) => Ok(()),
        Some(signed) => Err(Unproven::OtherDigest {
            signed: *signed,
            found: *subject,
        }),
        None => Err(unreadable("what was signed names no digest")),
    }
}
