//! Keys in files: those of cosign, of openssl, and what is no key.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use stepwell_contract::Digest;
use stepwell_signing::{KeyError, PrivateKey, PublicKey, Salts, is_sealed};

const PASSWORD: &str = "correct horse";

fn text(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    std::fs::read_to_string(format!("{path}{name}")).unwrap()
}

fn private(name: &str, password: Option<&str>) -> Result<PrivateKey, KeyError> {
    PrivateKey::from_pem(&text(name), password)
}

#[test]
fn a_key_is_the_same_in_each_of_its_forms() {
    let public = PublicKey::from_pem(&text("plain.pub")).unwrap();
    for (name, password) in [
        ("plain.key", None),
        ("sealed.key", Some(PASSWORD)),
        ("sealed-before.key", Some(PASSWORD)),
    ] {
        let key = private(name, password).unwrap();
        assert_eq!(key.public(), public, "{name}");
        assert_eq!(is_sealed(&text(name)), Ok(password.is_some()));
        assert!(!format!("{key:?}").contains("SigningKey"));
    }
    assert_eq!(public.pem(), text("plain.pub"));
    let openssls = private("sec1.key", None).unwrap();
    assert_eq!(openssls.public().pem(), text("sec1.pub"));
}

#[test]
fn what_is_sealed_here_is_opened_by_its_password_alone() {
    let key = PrivateKey::from_scalar(&[3; 32]).unwrap();
    let salts = Salts {
        salt: [1; 32],
        nonce: [2; 24],
    };
    let sealed = key.sealed_pem(PASSWORD, &salts).unwrap();
    let opened = |password| PrivateKey::from_pem(&sealed, password);
    assert_eq!(opened(Some(PASSWORD)).unwrap().public(), key.public());
    assert_eq!(
        opened(Some("another")).unwrap_err(),
        KeyError::WrongPassword
    );
    assert_eq!(opened(None).unwrap_err(), KeyError::NoPassword);
    let signature = key.sign(&Digest::of("x"));
    assert!(key.public().signed(&Digest::of("x"), &signature));
    assert!(!key.public().signed(&Digest::of("y"), &signature));
}

#[test]
fn what_cannot_be_used_is_told_for_what_it_is() {
    assert_eq!(private("plain.pub", None).unwrap_err(), KeyError::IsPublic);
    let public = |name| PublicKey::from_pem(&text(name)).unwrap_err();
    assert_eq!(public("plain.key"), KeyError::IsPrivate);
    assert_eq!(public("sealed.key"), KeyError::IsPrivate);
    assert_eq!(public("p384.pub"), KeyError::OtherKind);
    assert_eq!(public("ed25519.pub"), KeyError::OtherKind);
    assert_eq!(public("manifest.json"), KeyError::NoPem);
    assert_eq!(
        private("encrypted.key", Some(PASSWORD)).unwrap_err(),
        KeyError::OtherSeal
    );
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        PublicKey::from_pem(certificate),
        Err(KeyError::Foreign { label }) if label == "CERTIFICATE"
    ));
    let cut = &text("plain.pub")[..60];
    assert_eq!(PublicKey::from_pem(cut), Err(KeyError::BrokenPem));
}

/// A file of a stranger may ask for any work.
#[test]
fn what_would_take_more_work_than_cosign_wants_is_refused_before() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    for (n, r, p) in [
        (1u64 << 40, 8u64, 1u64),
        (65536, 4096, 1),
        (65536, 8, 4096),
        (3, 8, 1),
        (0, 8, 1),
    ] {
        let sealed = format!(
            r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":{r},"p":{p}}},"salt":"AAAA"}},"cipher":{{"name":"nacl/secretbox","nonce":"AAAA"}},"ciphertext":"AAAA"}}"#
        );
        let body = engine.encode(sealed);
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
        let pem = format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        );
        let refused = PrivateKey::from_pem(&pem, Some(PASSWORD)).unwrap_err();
        assert_eq!(refused, KeyError::Work { n, r, p });
    }
}
