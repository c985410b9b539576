//! Recording and replaying whole calls.

use std::sync::Arc;

use crate::common::*;
use stepwell_contract::*;
use stepwell_llm::*;

#[tokio::test]
async fn what_is_recorded_is_replayed_in_both_ways() {
    let untidy = "Sure!\r\n=== call fake #1\n```py\nprint('''x''')\n```\n\\=== end\n=====\n\n";
    let refused = r#"{"error":{"message":"No","code":"content_filter"}}"#;
    let server = Server::start(vec![
        answer(untidy),
        error(400, "", refused),
        answer("three"),
    ])
    .await;
    for matching in [Matching::Sequence, Matching::Request] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.cassette");
        let recorder = Arc::new(Recorder::begin(&path, matching).unwrap());
        let server = if matching == Matching::Sequence {
            &server
        } else {
            &Server::start(vec![
                answer(untidy),
                error(400, "", refused),
                answer("three"),
            ])
            .await
        };
        let models = models_with(settings(&server.url)).recording(Arc::clone(&recorder));
        recorder.answer(Some("requirement".parse().unwrap()), "audience", "Me\n");
        let mut live = Vec::new();
        for (sequence, text) in ["one", "two", "three"].into_iter().enumerate() {
            let origin = origin("requirement", u32::try_from(sequence).unwrap());
            live.push(complete_at(&models, &ask(text), origin, &[], &Observer::default()).await);
        }
        recorder.finish().unwrap();

        let text = std::fs::read_to_string(&path).unwrap();
        let replay = Models::replaying(Cassette::parse(&text, "run.cassette").unwrap());
        assert!(replay.is_replay() && replay.list()[0].name == "writer");
        for (sequence, text) in ["one", "two", "three"].into_iter().enumerate() {
            let origin = origin("requirement", u32::try_from(sequence).unwrap());
            let observer = Observer::default();
            let replayed = complete_at(&replay, &ask(text), origin, &[], &observer).await;
            assert_eq!(replayed, live[sequence], "{matching:?}");
            if let Ok(response) = replayed {
                assert_eq!(*observer.text.lock().unwrap(), response.text);
                assert_eq!(observer.told(), ["before 1", "tokens", "after 1: ok"]);
                assert_eq!(observer.report(0).raw.unwrap(), response.text);
                assert_eq!(observer.report(0).money, None);
            }
        }
        // A recording is gone on with, and a call made again takes the place of its entry.
        let again = Recorder::go_on(&path, None).unwrap();
        assert_eq!(again.cassette().matching(), matching, "as the file says");
        assert_eq!(again.cassette().entries(), recorder.cassette().entries());
    }
}

#[tokio::test]
async fn a_request_that_is_not_there_is_shown_beside_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::begin(folder.path().join("x"), Matching::Request).unwrap());
    let server = Server::start(vec![answer("x")]).await;
    let models = models_with(settings(&server.url)).recording(Arc::clone(&recorder));
    for (sequence, text) in ["Refine.\nBe kind.\nNow.", "Something else"]
        .into_iter()
        .enumerate()
    {
        let origin = origin("requirement", u32::try_from(sequence).unwrap());
        complete_at(&models, &ask(text), origin, &[], &Observer::default())
            .await
            .unwrap();
    }
    let replay = Models::replaying(recorder.cassette());
    let observer = Observer::default();
    let error = failed(complete(&replay, &ask("Refine.\nBe strict.\nNow."), &observer).await);
    assert_eq!(error.kind, ChatErrorKind::ReplayMiss);
    for part in [
        "`requirement #1`",
        "-  Be kind.",
        "+  Be strict.",
        "match = \"sequence\"",
    ] {
        assert!(error.message.contains(part), "{part} in {error}");
    }
    assert!(!error.message.contains("Something else"), "{error}");
    assert!(observer.told().is_empty(), "nothing was about to be sent");
}

#[tokio::test]
async fn a_place_that_is_not_there_is_named_with_those_that_are() {
    let text = "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call a [0] #1\n\nfirst\n=== call a [1] ~1,2\n\nsecond\n=== call b\n\nthird\n";
    let replay = Models::replaying(Cassette::parse(text, "demo.cassette").unwrap());
    let at = |step, items: &[u32], rounds: &[u32]| Origin {
        items: items.to_vec(),
        rounds: rounds.to_vec(),
        ..origin(step, 0)
    };
    let observer = Observer::default();
    for (origin, expected) in [
        (at("a", &[0], &[1, 1]), "first"),
        (at("a", &[1], &[1, 2]), "second"),
        (at("b", &[], &[]), "third"),
    ] {
        let response = complete_at(&replay, &ask("any"), origin, &[], &observer)
            .await
            .unwrap();
        assert_eq!(
            (response.text.as_str(), response.model.as_str()),
            (expected, "default")
        );
    }
    let missing = complete_at(&replay, &ask("any"), at("a", &[1], &[]), &[], &observer).await;
    let error = failed(missing);
    assert_eq!(error.kind, ChatErrorKind::ReplayMiss);
    for part in [
        "demo.cassette",
        "`a [1] #1`",
        "`a [0] #1`",
        "`a [1] ~1,2 #1`",
    ] {
        assert!(error.message.contains(part), "{part} in {error}");
    }
}

#[tokio::test]
async fn equal_requests_have_their_answers_in_order() {
    let mut text = "stepwell-cassette 1\nmatch = \"request\"\n\n".to_owned();
    let request = canonical_request(&ask("same"), "default").to_string();
    for (place, answer) in [("a", "one"), ("a", "two"), ("b", "of b")] {
        text.push_str(&format!(
            "=== call {place}\n\n{answer}\n=== request\n{request}\n"
        ));
    }
    let replay = Models::replaying(Cassette::parse(&text, "x").unwrap());
    for (step, occurrence, expected) in [
        ("a", 0, "one"),
        ("a", 1, "two"),
        ("a", 7, "two"),
        ("b", 0, "of b"),
        ("c", 0, "one"),
        ("c", 2, "of b"),
    ] {
        let origin = Origin {
            occurrence,
            ..origin(step, 9)
        };
        let response = complete_at(&replay, &ask("same"), origin, &[], &Observer::default()).await;
        assert_eq!(response.unwrap().text, expected, "{step} {occurrence}");
    }
}

#[tokio::test]
async fn a_replay_checks_schemas_and_spends_nothing() {
    let text = "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call a\nusage: input 9, output 9\n\nno json\n";
    let replay = Models::replaying(Cassette::parse(text, "x").unwrap());
    let mut request = ask("Hi");
    request.answer_schema = Some("{}".into());
    let cap = Budget {
        tokens: Some(0),
        money: Some(Money(0)),
    };
    let ledger = Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        cap,
        Expense::default(),
    ));
    let budgets = [Arc::clone(&ledger)];
    let result = complete_at(
        &replay,
        &request,
        origin("a", 0),
        &budgets,
        &Observer::default(),
    )
    .await;
    assert_eq!(failed(result).kind, ChatErrorKind::SchemaMismatch);
    assert_eq!(ledger.spent(), Expense::default());
}

#[tokio::test]
async fn a_new_recording_never_mixes_with_an_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.cassette");
    // One into which nothing was recorded is as good as none: its run never began.
    Recorder::begin(&path, Matching::Request).unwrap();
    let recorder = Recorder::begin(&path, Matching::Sequence).unwrap();
    recorder.answer(None, "who", "Ada");
    let text = std::fs::read_to_string(&path).unwrap();
    let error = Recorder::begin(&path, Matching::Sequence).unwrap_err();
    assert!(matches!(error, RecordError::Exists { .. }), "{error}");
    assert_eq!(error.remedy(), Remedy::RecordElsewhere { goes_on: true });
    let error = Recorder::go_on(&path, Some(Matching::Request)).unwrap_err();
    let matching = "sequence".to_owned();
    assert_eq!(error.remedy(), Remedy::KeepMatching { matching });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    // Going on leaves the head as it is, whatever the default is by now.
    let models = models_with(settings("http://127.0.0.1:1"));
    let _ = models.recording(Arc::new(Recorder::go_on(&path, None).unwrap()));
    let recorder = Recorder::go_on(&path, Some(Matching::Sequence)).unwrap();
    recorder.answer(None, "what", "tea");
    let now = std::fs::read_to_string(&path).unwrap();
    assert!(now.starts_with(text.trim_end_matches("=== end\n")), "{now}");
}

#[test]
fn a_recording_notices_a_bad_path_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let error = Recorder::begin(folder.path().join("missing/x"), Matching::Request).unwrap_err();
    assert!(matches!(error, RecordError::Write { .. }), "{error}");
    assert!(matches!(error.remedy(), Remedy::Said { .. }));
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "my diary").unwrap();
    let error = Recorder::begin(&other, Matching::Request).unwrap_err();
    assert!(matches!(error, RecordError::NotACassette(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "my diary");
}

#[tokio::test]
async fn an_entry_that_was_cut_off_is_told_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.cassette");
    let recorder = Recorder::begin(&path, Matching::Request).unwrap();
    recorder.answer(None, "who", "Ada");
    let whole = std::fs::read_to_string(&path).unwrap();
    recorder.answer(None, "what", "tea");
    let more = std::fs::read_to_string(&path).unwrap();
    // As a process leaves it that ends while it adds the second answer.
    std::fs::write(
        &path,
        format!("{whole}{}", &more[whole.len()..more.len() - 12]),
    )
    .unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    let cassette = Cassette::parse(&text, "run.cassette").unwrap();
    assert!(cassette.is_cut_off() && cassette.entries().len() == 1);
    let replay = Models::replaying(cassette);
    let error = failed(complete(&replay, &ask("x"), &Observer::default()).await);
    assert!(error.message.contains("was cut off"), "{error}");

    let recorder = Recorder::go_on(&path, None).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
    recorder.answer(None, "what", "tea");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), more);
    // Whatever somebody made of the file meanwhile, nothing that was recorded gets lost.
    std::fs::remove_file(&path).unwrap();
    recorder.answer(None, "where", "here");
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Cassette::parse(&text, "x").unwrap().entries().len(), 3);
}

#[cfg(unix)]
#[test]
fn what_is_recorded_is_added_to_the_file_and_not_written_anew() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.cassette");
    let recorder = Recorder::begin(&path, Matching::Request).unwrap();
    // Writing it anew makes another file, of the same name.
    let file = std::fs::metadata(&path).unwrap().ino();
    for number in 0..20 {
        recorder.answer(None, format!("{number}"), "tea");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, recorder.cassette().to_text());
    }
    assert_eq!(std::fs::metadata(&path).unwrap().ino(), file);
}
