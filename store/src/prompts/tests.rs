use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A prompt as earlier builds wrote it: they didn't say whose decision a version was.
fn of_an_earlier_build(origins: &[Origin], promoted: &[(u32, i64)]) -> PromptRecord {
    let mut record = without_versions(&"p".parse().unwrap());
    for (number, origin) in (1..).zip(origins) {
        record = add(
            record,
            NewVersion {
                content: &format!("text {number}"),
                note: String::new(),
                because: None,
                origin: *origin,
                by: "somebody".into(),
                decided: Decided::Somebody,
                at: at(number),
            },
        )
        .record;
    }
    record.promotions.clear();
    for (number, second) in promoted {
        record.current = *number;
        record.promotions.push(Promotion {
            decided: None,
            ..back_again(*number, &plugin(), at(*second))
        });
    }
    record
}

fn plugin() -> PluginVersion {
    PluginVersion {
        name: "plugin".into(),
        version: "1".into(),
    }
}

#[test]
fn a_plugins_text_pushes_out_none_that_somebody_wrote() {
    use Origin::{Intrinsic, Person, Step};
    let last = [(4, 4)];
    for oldest in [Person, Step] {
        let record = of_an_earlier_build(&[oldest, Person, Intrinsic, Intrinsic], &last);
        assert!(record.is_left_to_plugins());
        let after = declare(record.clone(), "new", &plugin(), at(9));
        assert_eq!((after.dropped, after.record.current), (None, 4));
        assert_eq!(after.record.versions, record.versions);
        assert_eq!(
            after.added.as_deref(),
            Some("new"),
            "it is kept beside them"
        );
    }
    let record = of_an_earlier_build(&[Intrinsic, Person, Person, Intrinsic], &last);
    let after = declare(record, "new", &plugin(), at(9));
    assert_eq!((after.dropped, after.record.current), (Some(1), 5));
}

#[test]
fn what_was_gone_back_to_before_decisions_were_written_down_counts_as_chosen() {
    let origins = [Origin::Intrinsic, Origin::Intrinsic];
    let record = of_an_earlier_build(&origins, &[(1, 1), (2, 2), (1, 3)]);
    assert!(!record.is_left_to_plugins());
    let after = declare(record, "new", &plugin(), at(9));
    assert_eq!((after.record.current, after.record.versions.len()), (1, 2));
    let untouched = of_an_earlier_build(&origins, &[(1, 1), (2, 2)]);
    assert!(untouched.is_left_to_plugins());
}

#[test]
fn whoever_adds_the_current_text_chooses_it() {
    let declared = declare(
        without_versions(&"p".parse().unwrap()),
        "own",
        &plugin(),
        at(1),
    )
    .record;
    assert!(declared.is_left_to_plugins());
    let add = PromptChange::Add {
        name: "p".parse().unwrap(),
        content: "own".into(),
        note: "it is good".into(),
        origin: Origin::Person,
        by: "somebody".into(),
        because: None,
        at: at(2),
    };
    assert!(would_change(&declared, &add));
    let chosen = apply(Some(&declared), &add).unwrap().record;
    assert_eq!((chosen.current, chosen.versions.len()), (1, 1));
    assert_eq!(chosen.promotions.last().unwrap().reason, "it is good");
    assert!(!chosen.is_left_to_plugins());
    assert!(!would_change(&chosen, &add), "it is said once");
    let after = declare(chosen, "new", &plugin(), at(3)).record;
    assert_eq!((after.current, after.versions.len()), (1, 1));
}
