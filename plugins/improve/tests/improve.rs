//! The step `improve` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_improve::Improve;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const ANSWER: &str = "<reason>\nNobody asked for units.\n</reason>\n<prompt>\nBoil {{ topic }}.\nName units.\n</prompt>";

fn inputs() -> Inputs {
    Inputs::new()
        .with("prompt", "Boil {{ topic }}.")
        .with(
            "failures",
            r#"[{"case": "tea", "inputs": {"topic": "water"}, "outcome": "Boil it to 95.",
                 "found": [{"check": "the document matches /°C/", "passed": false, "detail": "it is “Boil it to 95.”"}]},
                {"case": "milk", "problem": "no JSON", "found": [{"check": "judge", "passed": false, "score": 0.25}]}]"#,
        )
        .with(
            "variables",
            r#"[{"name": "topic", "description": "What is boiled", "required": true}, {"name": "guidance"}]"#,
        )
        .with("standing", r#"{"passed": 1, "checked": 3, "score": 0.5}"#)
        .with(
            "earlier",
            r#"[{"number": 1, "reason": "Be\nkind.", "standing": {"passed": 1, "checked": 3}},
                {"number": 2, "refused": {"kind": "identical", "same_as": 1}},
                {"number": 3, "refused": {"kind": "misfit", "message": "it uses `topics`"}}]"#,
        )
}

#[test]
fn the_model_sees_what_failed_and_proposes_a_template_with_its_reason() {
    let host = FakeHost::new().answer(ANSWER);
    let documents = host.execute(&Improve, &inputs()).unwrap();
    assert_eq!(
        documents.get("prompt"),
        Some("Boil {{ topic }}.\nName units.\n")
    );
    assert_eq!(documents.get("reason"), Some("Nobody asked for units."));
    let sent = &host.prompts_sent()[0];
    for part in [
        "<template>\nBoil {{ topic }}.\n</template>",
        "- `topic` (needed): What is boiled\n- `guidance`:\n",
        "With it, 1 of 3 cases pass, and the mean score is 0.50.",
        "<case name=\"tea\">\n<input name=\"topic\">\nwater\n</input>\n<outcome>\nBoil it to 95.\n</outcome>\n- failed: the document matches /°C/: it is “Boil it to 95.”\n</case>",
        "The step failed: no JSON\n- failed, score 0.25: judge\n",
        "- Proposal 1 (Be kind.): With it, 1 of 3 cases pass.\n",
        "- Proposal 2: refused, it is the same text as proposal 1\n",
        "- Proposal 3: refused, the template can't be filled: it uses `topics`",
        "Write each variable as `{{ name }}`",
    ] {
        assert!(sent.contains(part), "{part}\n{sent}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let host = FakeHost::new()
        .answer("<reason>x</reason><prompt>Boil")
        .answer(ANSWER);
    let failure = host.execute(&Improve, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    host.retry(&Improve, &inputs(), &failure).unwrap();
    assert!(host.prompts_sent()[1].contains("the end of the template"));
}
