//! What shows that somebody signed, and what doesn't: by signatures that openssl made.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use proptest::prelude::*;
use stepwell_contract::Digest;
use stepwell_signing::{
    Evidence, Payload, PrivateKey, Proof, PublicKey, Signature, Unproven, bundle_of,
};

fn data(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    std::fs::read(format!("{path}{name}")).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(data(name)).unwrap()
}

fn key() -> PublicKey {
    PublicKey::from_pem(&text("plain.pub")).unwrap()
}

fn other_key() -> PublicKey {
    PublicKey::from_pem(&text("sec1.pub")).unwrap()
}

fn component() -> Digest {
    Digest::of(data("component"))
}

fn simple(payload: &str, signature: &str) -> Proof {
    Proof::Simple {
        payload: data(payload),
        signature: text(signature),
    }
}

fn of_artifact(proof: Proof) -> Result<usize, Unproven> {
    Evidence::beside_an_artifact(data("manifest.json"), [proof]).signer(&component(), &[key()])
}

#[test]
fn the_owner_of_a_key_is_found_among_several() {
    for proof in [
        Proof::Detached(data("component.sig")),
        Proof::Detached(data("component.sig.der")),
        Proof::Bundle(data("component.sigstore.json")),
    ] {
        let evidence = Evidence::beside_a_file([proof]);
        assert_eq!(evidence.signer(&component(), &[other_key(), key()]), Ok(1));
        assert_eq!(
            evidence.signer(&component(), &[other_key()]),
            Err(Unproven::OtherKey)
        );
        assert_eq!(evidence.signer(&component(), &[]), Err(Unproven::OtherKey));
        assert!(evidence.signer(&Digest::of("another"), &[key()]).is_err());
    }
}

#[test]
fn an_artifact_is_signed_by_its_manifest() {
    assert_eq!(of_artifact(simple("payload.json", "payload.sig")), Ok(0));
    assert_eq!(
        of_artifact(Proof::Bundle(data("statement.sigstore.json"))),
        Ok(0)
    );
    let evidence = Evidence::beside_an_artifact(
        data("manifest.json"),
        [simple("payload.json", "payload.sig")],
    );
    // The manifest names one component, and no other one is signed by it.
    let other = Digest::of("another");
    assert_eq!(
        evidence.signer(&other, &[key()]),
        Err(Unproven::OtherComponent { found: other })
    );
}

#[test]
fn a_signature_of_something_else_is_none() {
    // What is signed of an artifact doesn't stand beside another one, nor beside a file.
    let mut manifest = data("manifest.json");
    manifest.push(b'\n');
    let moved = Evidence::beside_an_artifact(
        manifest.clone(),
        [
            simple("payload.json", "payload.sig"),
            Proof::Bundle(data("statement.sigstore.json")),
        ],
    );
    assert_eq!(
        moved.signer(&component(), &[key()]),
        Err(Unproven::OtherDigest {
            signed: Digest::of(data("manifest.json")),
            found: Digest::of(&manifest)
        })
    );
    let beside_a_file = Evidence::beside_a_file([simple("payload.json", "payload.sig")]);
    assert!(beside_a_file.signer(&component(), &[key()]).is_err());
    // A bundle that says it is of this, and whose signature is of something else.
    let bundle = text("component.sigstore.json");
    let key_of_it = key();
    let lying = bundle_of(
        &Digest::of("another"),
        &Signature::from_file(&data("component.sig")).unwrap(),
        &key_of_it,
    );
    let evidence = Evidence::beside_a_file([Proof::Bundle(lying.into_bytes())]);
    let verified = evidence.signer(&Digest::of("another"), &[key_of_it]);
    assert_eq!(verified, Err(Unproven::OtherKey));
    assert!(bundle.contains("SHA2_256"));
}

#[test]
fn a_report_is_no_signature_though_the_key_is_the_one() {
    let report = of_artifact(Proof::Bundle(data("report.sigstore.json")));
    assert_eq!(report, Err(Unproven::OtherKind));
    let foreign = of_artifact(simple("payload-other.json", "payload-other.sig"));
    assert_eq!(foreign, Err(Unproven::OtherKind));
    let bare = of_artifact(Proof::Detached(data("component.sig")));
    assert_eq!(bare, Err(Unproven::OtherKind));
}

#[test]
fn of_many_proofs_the_right_one_is_found_and_too_many_are_not_looked_at() {
    let rubbish = || Proof::Detached(b"rubbish".to_vec());
    let right = || Proof::Detached(data("component.sig"));
    let signer =
        |proofs: Vec<Proof>| Evidence::beside_a_file(proofs).signer(&component(), &[key()]);
    assert_eq!(signer(vec![rubbish(), right()]), Ok(0));
    assert_eq!(signer(vec![]), Err(Unproven::NoSignature));
    let mut many: Vec<Proof> = (0..40).map(|_| rubbish()).collect();
    many.push(right());
    assert!(matches!(signer(many), Err(Unproven::Unreadable { .. })));
}

#[test]
fn what_is_signed_here_is_what_cosign_signs() {
    let manifest = Digest::of(data("manifest.json"));
    let payload = Payload {
        manifest,
        reference: "registry.example.org/ada/notes".into(),
    };
    assert_eq!(payload.written(), data("payload.json"));
    assert_eq!(Payload::read(&data("payload.json")), Ok(payload.clone()));
    let key = PrivateKey::from_pem(&text("plain.key"), None).unwrap();
    let signature = key.sign(&Digest::of(payload.written())).text();
    assert_eq!(
        of_artifact(Proof::Simple {
            payload: payload.written(),
            signature,
        }),
        Ok(0)
    );
    // The bundle of the same signature is the one that others write.
    let signature = key.sign(&component());
    let bundle = bundle_of(&component(), &signature, &key.public());
    let ours: serde_json::Value = serde_json::from_str(&bundle).unwrap();
    let theirs: serde_json::Value =
        serde_json::from_slice(&data("component.sigstore.json")).unwrap();
    for at in [
        "/mediaType",
        "/verificationMaterial/publicKey",
        "/messageSignature/messageDigest",
    ] {
        assert_eq!(ours.pointer(at), theirs.pointer(at), "{at}");
    }
    let evidence = Evidence::beside_a_file([Proof::Bundle(bundle.into_bytes())]);
    assert_eq!(evidence.signer(&component(), &[key.public()]), Ok(0));
}

proptest! {
    #[test]
    fn no_bytes_end_it_and_none_prove_anything(bytes in any::<Vec<u8>>(), at in 0usize..400, flip in 1u8..) {
        let digest = component();
        for proof in [Proof::Bundle(bytes.clone()), Proof::Detached(bytes.clone())] {
            prop_assert!(Evidence::beside_a_file([proof]).signer(&digest, &[key()]).is_err());
        }
        // One bit of what is signed, or of who signed it, changed.
        for name in ["payload.json", "statement.sigstore.json"] {
            let mut changed = data(name);
            let at = at % changed.len();
            changed[at] ^= flip;
            let proof = match name {
                "payload.json" => Proof::Simple { payload: changed, signature: text("payload.sig") },
                _ => Proof::Bundle(changed),
            };
            let signed = of_artifact(proof);
            // Beside what is signed a bundle says more, which proves nothing.
            prop_assert!(signed.is_err() || name != "payload.json");
        }
        let _ = PublicKey::from_pem(&String::from_utf8_lossy(&bytes));
        let _ = Payload::read(&bytes);
    }
}
