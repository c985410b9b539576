//! Answers that come compressed though nobody asked for that.

use std::io::Write as _;

use crate::common::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::json;
use stepwell_contract::*;
use stepwell_llm::*;

fn whole() -> Vec<u8> {
    let body = json!({
        "choices": [{ "message": { "content": "Hello dear" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    });
    body.to_string().into_bytes()
}

/// What a server of `answer` sends behind its head.
fn events() -> Vec<u8> {
    let acts = answer("Hello dear").into_iter().skip(1);
    let sent = acts.filter_map(|act| match act {
        Act::Send(bytes) => Some(bytes),
        _ => None,
    });
    sent.flatten().collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// In pieces, as a network brings them.
fn packed(status: u16, encoding: &str, bytes: &[u8]) -> Vec<Act> {
    let mut script = vec![head(status, &format!("content-encoding: {encoding}\r\n"))];
    let pieces = bytes.chunks(bytes.len().div_ceil(7).max(1));
    script.extend(pieces.map(|piece| Act::Send(piece.to_vec())));
    script
}

async fn outcome(script: Vec<Act>) -> (Result<ChatResponse, CallFailure>, Server, Observer) {
    let server = Server::start(vec![script]).await;
    let observer = Observer::default();
    let models = models_with(settings(&server.url));
    let result = complete(&models, &ask("Hi"), &observer).await;
    (result, server, observer)
}

#[tokio::test]
async fn an_answer_that_is_packed_is_unpacked_whole_and_streamed() {
    for (form, body) in [("whole", whole()), ("streamed", events())] {
        for (encoding, bytes) in [
            ("gzip", gzip(&body)),
            ("x-gzip", gzip(&body)),
            ("GZIP", gzip(&body)),
            ("identity, gzip", gzip(&body)),
            // One for each piece, as some servers flush it.
            ("gzip", [gzip(&body[..20]), gzip(&body[20..])].concat()),
            ("gzip", [gzip(&body), b"\0\0<html>".to_vec()].concat()),
            ("deflate", zlib(&body)),
            ("deflate", deflate(&body)),
            // It only says so.
            ("gzip", body.clone()),
            ("deflate", body.clone()),
            ("identity", body.clone()),
        ] {
            let what = format!("{form}, {encoding}");
            let (result, server, observer) = outcome(packed(200, encoding, &bytes)).await;
            let response = result.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(response.text, "Hello dear", "{what}");
            assert_eq!(response.usage.output_tokens, Some(5), "{what}");
            assert_eq!(server.count(), 1, "{what}");
            let head = server.requests.lock().unwrap()[0].head.clone();
            assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
            // It is kept as a person can read it.
            let raw = observer.report(0).raw.unwrap();
            assert!(raw.starts_with(&body[..10]), "{what}: {raw:?}");
        }
    }
}

#[tokio::test]
async fn a_key_within_a_packed_answer_is_found() {
    let body = String::from_utf8(whole()).unwrap().replace("dear", KEY);
    let (result, _, observer) = outcome(packed(200, "gzip", &gzip(body.as_bytes()))).await;
    assert!(!result.unwrap().text.contains(KEY));
    let raw = observer.report(0).raw.unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains(KEY));
}

#[tokio::test]
async fn an_answer_that_breaks_off_within_its_packing_is_none() {
    let half = gzip(&events());
    let (result, server, _) = outcome(packed(200, "gzip", &half[..half.len() / 2])).await;
    assert_eq!(server.count(), 3, "{result:?}");
    assert_eq!(failed(result).kind, ChatErrorKind::Network);
    let mut broken = gzip(&events());
    broken[10..40].fill(0xff);
    let (result, server, _) = outcome(packed(200, "gzip", &broken)).await;
    assert_eq!(server.count(), 3, "{result:?}");
    let error = failed(result);
    assert!(error.message.contains("can't be unpacked"), "{error}");
}

#[tokio::test]
async fn a_small_answer_that_grows_beyond_what_is_kept_is_refused_and_was_paid_for() {
    let bomb = gzip(&vec![b' '; (64 << 20) + 1]);
    assert!(bomb.len() < 1 << 20);
    let (result, server, observer) = outcome(packed(200, "gzip", &bomb)).await;
    let Err(CallFailure::Unreadable(error)) = result else {
        panic!("{result:?}")
    };
    assert_eq!(error.kind, ChatErrorKind::Other("answer-too-large".into()));
    assert!(error.message.contains("larger than 64 MiB"), "{error}");
    assert_eq!(server.count(), 1);
    assert!(
        observer.report(0).counts.tokens >= 100,
        "all that it may have said"
    );
}

#[tokio::test]
async fn an_answer_in_a_packing_that_nobody_undoes_is_named_and_counts_as_paid() {
    for encoding in ["br", "zstd", "gzip, br", "exi"] {
        let (result, server, observer) = outcome(packed(200, encoding, b"whatever it is")).await;
        let Err(CallFailure::Unreadable(error)) = result else {
            panic!("{encoding}: {result:?}")
        };
        assert_eq!(server.count(), 1, "{encoding}");
        assert_eq!(error.kind, ChatErrorKind::Other("answer-unreadable".into()));
        for part in [format!("content-encoding: {encoding}").as_str(), "paid for"] {
            assert!(error.message.contains(part), "{error}");
        }
        let report = observer.report(0);
        assert!(
            report.counts.tokens >= 100,
            "{encoding}: {:?}",
            report.counts
        );
        // A key within it would be found by nobody.
        assert!(
            report
                .raw
                .unwrap()
                .starts_with(b"[the raw answer is left out")
        );
    }
}

#[tokio::test]
async fn a_refusal_is_read_however_it_is_packed_and_costs_nothing() {
    let body = json!({ "error": { "message": "slow down", "type": "rate_limit" } }).to_string();
    for (encoding, bytes, says) in [
        ("gzip", gzip(body.as_bytes()), "slow down"),
        ("br", b"whatever".to_vec(), "content-encoding: br"),
    ] {
        let (result, server, observer) = outcome(packed(429, encoding, &bytes)).await;
        assert_eq!(server.count(), 3, "{encoding}: it may pass");
        let error = failed(result);
        assert_eq!(error.kind, ChatErrorKind::RateLimited, "{error}");
        assert!(error.message.contains(says), "{error}");
        assert_eq!(observer.report(0).counts, Expense::default());
    }
}
