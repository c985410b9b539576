//! The step on a fake host: without Wasm, and without a model.

use PLUGIN_NAME::ReleaseNotes;

use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

fn inputs() -> Inputs {
    Inputs::new().with("changes", "faster a, no b")
}

#[test]
fn prose_around_the_list_is_left_out() {
    let host = FakeHost::new().answer("Here they are:\n- A is faster\n- B is gone\nEnjoy!");
    let documents = host.execute(&ReleaseNotes, &inputs()).unwrap();
    assert_eq!(documents.get("notes"), Some("- A is faster\n- B is gone"));
    assert_eq!(
        host.prompts_sent(),
        ["Write release notes, as a list, for:\nfaster a, no b"]
    );
}

#[test]
fn an_answer_without_a_list_is_asked_for_again() {
    let host = FakeHost::new().answer("Sorry.").answer("- A is faster");
    let failure = host.execute(&ReleaseNotes, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    let documents = host.retry(&ReleaseNotes, &inputs(), &failure).unwrap();
    assert_eq!(documents.get("notes"), Some("- A is faster"));
    assert!(host.prompts_sent()[1].contains("it holds no list"));
}
