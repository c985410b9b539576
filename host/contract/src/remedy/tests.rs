use super::*;

#[test]
fn a_remedy_of_a_later_build_is_kept_as_it_came() {
    let later = serde_json::json!({ "kind": "sing", "song": "any" });
    let remedy: Remedy = serde_json::from_value(later.clone()).unwrap();
    assert_eq!(remedy, Remedy::Other(later.clone()));
    assert_eq!(serde_json::to_value(remedy).unwrap(), later);
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
