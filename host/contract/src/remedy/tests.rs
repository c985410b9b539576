use super::*;

#[test]
fn a_remedy_of_a_later_build_is_kept_as_it_came() {
    let later = serde_json::json!({ "kind": "sing", "song": "any" });
    let remedy: Remedy = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(remedy, Remedy::Other(later.clone()));
    assert_eq!(serde_json::to_value(remedy).unwrap(), later);
}

/// Whoever compares can't resume the run of a cell.
#[test]
fn what_is_to_go_on_is_the_whole_and_not_the_run_of_a_cell() {
    let run = RunId(uuid::Uuid::nil());
    let (then, step) = (GoOn::Run(run), || "a/b".parse().unwrap());
    let whole = GoOn::Comparison(ComparisonId(uuid::Uuid::max()));
    for remedy in [
        Remedy::AskAgain { then },
        Remedy::AnswerAgain { then },
        Remedy::MendWhatItSays { then },
        Remedy::ListOffered {
            provider: "local".into(),
            then,
        },
        Remedy::ReadOrAskAgain {
            run,
            step: step(),
            prompt: None,
        },
        Remedy::RaiseLimit {
            setting: "limits.cpu".into(),
            step: step(),
            file: None,
            then,
        },
    ] {
        let told = serde_json::to_string(&remedy.within(whole)).unwrap();
        assert!(told.contains(&uuid::Uuid::max().to_string()), "{told}");
        assert!(!told.contains(&run.to_string()), "{told}");
    }
}

#[test]
fn a_remedy_reads_back_as_what_it_was() {
    let remedy = Remedy::RaiseLimit {
        setting: "limits.cpu".into(),
        step: "a/b".parse().unwrap(),
        file: None,
        then: GoOn::Run(RunId(uuid::Uuid::nil())),
    };
    let written = serde_json::to_value(&remedy).unwrap();
    assert_eq!(written["kind"], "raise-limit");
    assert_eq!(serde_json::from_value::<Remedy>(written).unwrap(), remedy);
    let bare = serde_json::to_value(Remedy::Wait).unwrap();
    assert_eq!(
        serde_json::from_value::<Remedy>(bare).unwrap(),
        Remedy::Wait
    );
}
