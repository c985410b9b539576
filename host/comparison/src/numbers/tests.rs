//! What a person is told of made-up cells.

use super::*;

fn labels() -> Vec<String> {
    vec!["v1".into(), "v2".into()]
}

/// Cells with one repeat: for each case, whether it passed with each variant; none is a cell without outcome.
fn cells(cases: &[[Option<bool>; 2]]) -> Vec<CellNumbers> {
    let of_case = |(case, passed): (usize, &[Option<bool>; 2])| {
        let cell = |variant: usize| CellNumbers {
            case,
            variant,
            finished: passed[variant].is_some(),
            passed: passed[variant],
            ..CellNumbers::default()
        };
        [cell(0), cell(1)]
    };
    cases.iter().enumerate().flat_map(of_case).collect()
}

fn second(cells: &[CellNumbers]) -> AgainstBaseline {
    compare(cells, &labels(), 0).variants[1]
        .against_baseline
        .clone()
        .unwrap()
}

#[test]
fn six_cases_to_none_are_no_chance_and_five_are() {
    let against = second(&cells(&[[Some(false), Some(true)]; 6]));
    assert_eq!(against.verdict, Verdict::Better);
    assert_eq!(
        against.sentence,
        "v2 is better than v1: of 6 cases 6 passed only with v2, 0 only with v1 (p = 0.031)."
    );
    let against = second(&cells(&[[Some(true), Some(false)]; 5]));
    assert_eq!(against.verdict, Verdict::CantTell);
    assert_eq!(
        against.sentence,
        "Can't tell with so few whether v2 or v1 is better: of 5 cases 0 passed only with v2, 5 only with v1 (p = 0.062)."
    );
}

#[test]
fn a_case_that_one_side_lacks_is_left_out_and_no_regression() {
    let against = second(&cells(&[[Some(true), None], [Some(true), Some(true)]]));
    assert_eq!((against.cases, against.left_out), (1, 1));
    assert_eq!((against.better, against.worse), (0, 0));
    assert_eq!(
        against.sentence,
        "v2 does as v1 does on the one case. 1 case that only one of the two has is left out."
    );
}

#[test]
fn a_case_passes_if_more_than_half_of_its_repeats_do() {
    let repeat = |passed: bool| CellNumbers {
        finished: true,
        passed: Some(passed),
        ..CellNumbers::default()
    };
    let half = [repeat(true), repeat(false)];
    assert_eq!(
        compare(&half, &labels()[..1], 0).variants[0].passed_cases,
        0
    );
    let most = [repeat(true), repeat(false), repeat(true)];
    let numbers = &compare(&most, &labels()[..1], 0).variants[0];
    assert_eq!(
        (numbers.passed_cases, numbers.checked_cases, numbers.cells),
        (1, 1, 3)
    );
}

#[test]
fn a_verdict_that_is_missing_is_none_and_makes_no_case_pass() {
    let of = |verdicts: &[Option<bool>]| {
        let cells: Vec<_> = verdicts
            .iter()
            .map(|passed| CellNumbers {
                finished: true,
                passed: *passed,
                ..CellNumbers::default()
            })
            .collect();
        let told = compare(&cells, &labels()[..1], 0);
        let numbers = told.variants[0].clone();
        let figures = [
            numbers.passed_cases,
            numbers.checked_cases,
            numbers.undecided_cases,
        ];
        (figures, told.sentences)
    };
    let (yes, no) = (Some(true), Some(false));
    let (figures, sentences) = of(&[yes, None, None, None]);
    assert_eq!(figures, [0, 0, 1]);
    assert_eq!(
        sentences,
        [
            "With v1 1 case neither passed nor failed: too many of the verdicts on its repeats are missing."
        ]
    );
    for (verdicts, figures) in [
        // Whatever the missing ones would be.
        (vec![yes, yes, yes, None], [1, 1, 0]),
        (vec![no, no, None, None], [0, 1, 0]),
        (vec![no, yes, yes, None], [0, 0, 1]),
        (vec![no, None, None], [0, 0, 1]),
        (vec![yes, None], [0, 0, 1]),
        // Nothing is checked.
        (vec![None, None], [0, 0, 0]),
    ] {
        assert_eq!(of(&verdicts).0, figures, "{verdicts:?}");
    }
}

#[test]
fn a_case_of_which_no_verdict_at_all_can_be_read_has_a_sentence() {
    let cell = |case: usize, passed: Option<bool>| CellNumbers {
        case,
        finished: true,
        passed,
        unread: passed.is_none(),
        ..CellNumbers::default()
    };
    let of = |cells: &[CellNumbers]| {
        let told = compare(cells, &labels()[..1], 0);
        let numbers = &told.variants[0];
        let figures = [
            numbers.checked_cases,
            numbers.undecided_cases,
            numbers.unread_cases,
        ];
        (figures, told.sentences)
    };
    let (figures, sentences) = of(&[cell(0, None), cell(0, None), cell(1, Some(true))]);
    assert_eq!(figures, [1, 0, 1]);
    assert_eq!(
        sentences,
        ["With v1 no verdict on 1 case can be read: it neither passed nor failed."]
    );
    let (_, sentences) = of(&[cell(0, None), cell(1, None)]);
    assert_eq!(
        sentences,
        ["With v1 no verdict on 2 cases can be read: they neither passed nor failed."]
    );
    // One that can be read makes it undecided, and nothing else.
    assert_eq!(of(&[cell(0, None), cell(0, Some(true))]).0, [0, 1, 0]);
}

#[test]
fn without_checks_and_scores_nothing_is_judged() {
    let cell = |variant: usize| CellNumbers {
        variant,
        finished: true,
        tokens: Some(100 + variant as u64),
        ..CellNumbers::default()
    };
    let against = second(&[cell(0), cell(1)]);
    assert_eq!(against.verdict, Verdict::NotJudged);
    assert_eq!(against.tokens.unwrap().mean, 1.0);
    assert!(against.sentence.contains("not judged"));
}

#[test]
fn scores_decide_where_no_check_does() {
    let cell = |case: usize, variant: usize, score: f64| CellNumbers {
        case,
        variant,
        finished: true,
        score: Some(score),
        ..CellNumbers::default()
    };
    let cells: Vec<_> = (0..8)
        .flat_map(|case| [cell(case, 0, 0.4), cell(case, 1, 0.7)])
        .collect();
    let against = second(&cells);
    assert_eq!(against.verdict, Verdict::Better);
    assert_eq!(
        against.sentence,
        "v2 scores higher than v1: +0.30 on average (from +0.30 to +0.30)."
    );
}

#[test]
fn what_is_missing_or_failed_is_said() {
    let mut two = cells(&[[Some(true), Some(false)], [None, Some(true)]]);
    two[1].failed = true;
    let sentences = compare(&two, &labels(), 0).sentences;
    assert!(
        sentences.contains(
            &"With v2 the step failed in 1 of 2 cells: that counts as not passed.".to_owned()
        ),
        "{sentences:?}"
    );
    assert!(
        sentences.contains(&"1 cell has no outcome yet.".to_owned()),
        "{sentences:?}"
    );
}

/// Cases with one repeat whose outcomes are scored: for each case, the score with each variant.
fn scored(scores: &[[f64; 2]]) -> Vec<CellNumbers> {
    let of_case = |(case, scores): (usize, &[f64; 2])| {
        let cell = |variant: usize| CellNumbers {
            case,
            variant,
            finished: true,
            score: Some(scores[variant]),
            ..CellNumbers::default()
        };
        [cell(0), cell(1)]
    };
    scores.iter().enumerate().flat_map(of_case).collect()
}

#[test]
fn a_few_scores_of_one_mind_are_no_evidence() {
    let five = second(&scored(&[[0.4, 0.7]; 5]));
    assert_eq!(five.verdict, Verdict::CantTell);
    assert_eq!(
        five.sentence,
        "Can't tell with so few whether v2 or v1 scores higher: +0.30 on average (from +0.30 to +0.30)."
    );
    assert_eq!(second(&scored(&[[0.4, 0.7]; 6])).verdict, Verdict::Better);
    assert_eq!(second(&scored(&[[0.7, 0.4]; 6])).verdict, Verdict::Worse);
    assert_eq!(
        second(&scored(&[[0.4, 0.7]])).sentence,
        "Can't tell with so few whether v2 or v1 scores higher: +0.30 on one case."
    );
}

#[test]
fn differences_that_cancel_out_are_not_the_same() {
    let against = second(&scored(&[[0.4, 0.6], [0.6, 0.4]]));
    assert_eq!(against.score.unwrap().mean, 0.0);
    assert_eq!(against.verdict, Verdict::CantTell);
    assert_eq!(
        second(&scored(&[[0.4, 0.4]; 3])).sentence,
        "v2 does as v1 does on all 3 cases."
    );
}

#[test]
fn scores_decide_only_where_the_checks_do_not_lean_against_them() {
    let mut cells = scored(&[[0.4, 0.7]; 8]);
    for cell in &mut cells {
        // v2 passes in a case more than v1 does.
        cell.passed = Some(cell.case > 0 || cell.variant == 1);
    }
    let with = second(&cells);
    assert_eq!(with.verdict, Verdict::Better);
    assert_eq!(
        with.sentence,
        "v2 scores higher than v1: +0.30 on average (from +0.30 to +0.30); of 8 cases 1 passed only with v2, 0 only with \
         v1 (p = 1.000)."
    );
    for cell in &mut cells {
        cell.passed = Some(cell.case > 0 || cell.variant == 0);
    }
    let against = second(&cells);
    assert_eq!(against.verdict, Verdict::CantTell);
    assert_eq!(
        against.sentence,
        "Can't tell with so few whether v2 or v1 is better: of 8 cases 0 passed only with v2, 1 only with v1 (p = 1.000); \
         its score is +0.30 on average (from +0.30 to +0.30)."
    );
}

#[test]
fn cases_without_a_verdict_of_both_are_not_counted_as_checked() {
    let mut some = cells(&[[Some(false), Some(true)]; 8]);
    // A judge has not spoken yet.
    some[1].passed = None;
    let against = second(&some);
    assert_eq!(
        (against.cases, against.checked_cases, against.better),
        (8, 7, 7)
    );
    assert!(
        against
            .sentence
            .contains("of 7 cases 7 passed only with v2"),
        "{}",
        against.sentence
    );
}

#[test]
fn more_cases_than_few_are_not_called_few() {
    let mut pairs = vec![[Some(true), Some(true)]; 98];
    pairs.extend([[Some(true), Some(false)], [Some(false), Some(true)]]);
    assert_eq!(
        second(&cells(&pairs)).sentence,
        "Can't tell from these cases whether v2 or v1 is better: of 100 cases 1 passed only with v2, 1 only with v1 \
         (p = 1.000)."
    );
}

#[test]
fn what_a_variant_costs_more_is_said_where_it_is_beyond_chance() {
    let costing = |tokens: [u64; 2], money: [u64; 2], milliseconds: [u64; 2], cases: usize| {
        let cell = |case: usize, variant: usize| CellNumbers {
            case,
            variant,
            finished: true,
            tokens: Some(tokens[variant]),
            money: Some(money[variant]),
            duration_ms: Some(milliseconds[variant]),
            ..CellNumbers::default()
        };
        let cells: Vec<_> = (0..cases)
            .flat_map(|case| [cell(case, 0), cell(case, 1)])
            .collect();
        compare(&cells, &labels(), 0).sentences.split_off(1)
    };
    assert_eq!(
        costing([100, 150], [30_000, 20_000], [2_000, 900], 6),
        ["On average v2 takes 50 tokens more, $0.01 less and 1.1 s less than v1."]
    );
    assert_eq!(
        costing([101, 100], [0, 0], [0, 0], 6),
        ["On average v2 takes 1 token fewer than v1."]
    );
    // Too few, nothing that differs, and less than anybody would notice.
    assert!(costing([100, 150], [0, 0], [0, 0], 5).is_empty());
    assert!(costing([100, 100], [0, 0], [1_000, 1_010], 9).is_empty());
}

#[test]
fn what_vanishes_in_rounding_is_told_without_figures() {
    let mut costs = cells(&[[Some(true), Some(true)]; 10]);
    for cell in costs.iter_mut().filter(|cell| cell.variant == 1) {
        // A difference that is there beyond chance, and in some cases nearly nothing.
        cell.duration_ms = Some(if cell.case < 6 { 10 } else { 1_000 });
    }
    for cell in costs.iter_mut().filter(|cell| cell.variant == 0) {
        cell.duration_ms = Some(0);
    }
    let told = compare(&costs, &labels(), 0).sentences.pop().unwrap();
    assert!(
        told.starts_with("On average v2 takes 400 ms longer (from 100 ms to "),
        "{told}"
    );
    let against = second(&scored(&[[0.5, 0.501]; 8]));
    assert_eq!(
        against.sentence,
        "v2 scores higher than v1: less than 0.01 apart on average."
    );
    let against = second(&scored(&[[0.5, 0.7], [0.7, 0.5]]));
    assert_eq!(
        against.sentence,
        "Can't tell with so few whether v2 or v1 scores higher: ±0.00 on average (from −0.20 to +0.20)."
    );
}

#[test]
fn a_probability_is_not_shown_as_zero() {
    let against = second(&cells(&[[Some(false), Some(true)]; 12]));
    assert!(
        against.sentence.ends_with("(p < 0.001)."),
        "{}",
        against.sentence
    );
}

#[test]
fn no_case_in_common_is_said() {
    let against = second(&cells(&[[Some(true), None], [None, Some(true)]]));
    assert_eq!(against.sentence, "v2 and v1 have no case in common yet.");
    assert_eq!(against.verdict, Verdict::NotJudged);
}

/// Four variants on so many cases, by what each cell of a variant is.
fn four(cases: usize, of: impl Fn(usize, &mut CellNumbers)) -> Numbers {
    let labels: Vec<String> = ["v1", "v2", "v3", "v4"].map(str::to_owned).into();
    let cell = |case: usize, variant: usize| {
        let mut cell = CellNumbers {
            case,
            variant,
            finished: true,
            ..CellNumbers::default()
        };
        of(variant, &mut cell);
        cell
    };
    let cells: Vec<_> = (0..cases)
        .flat_map(|case| (0..4).map(move |variant| (case, variant)))
        .map(|(case, variant)| cell(case, variant))
        .collect();
    compare(&cells, &labels, 0)
}

#[test]
fn one_of_many_that_stands_out_is_not_called_better() {
    let told = |cases: usize| four(cases, |variant, cell| cell.passed = Some(variant == 1));
    let six = told(6);
    let against = six.variants[1].against_baseline.as_ref().unwrap();
    assert_eq!(against.verdict, Verdict::CantTell);
    assert_eq!(
        six.sentences[..2],
        [
            "Can't tell with so few whether v2 or v1 is better: of 6 cases 6 passed only with v2, 0 only with v1 \
             (p = 0.031, corrected p = 0.094).",
            "Alone, v2 would be called better than v1; but 3 are held against v1, and of so many one may stand out by \
             chance (Holm's correction)."
        ]
    );
    let nine = told(9);
    let against = nine.variants[1].against_baseline.as_ref().unwrap();
    assert_eq!(against.verdict, Verdict::Better);
    assert!(!nine.sentences.iter().any(|told| told.contains("Holm")));
}

#[test]
fn scores_are_corrected_for_how_many_are_held_against_the_baseline() {
    // Of eight scores with v2, six are higher than those of v1: beyond chance, but not beyond that of three tries.
    let higher = [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, -0.1, -0.3];
    let score = |variant: usize, case: usize| match variant {
        1 => 0.5 + higher[case],
        _ => 0.5,
    };
    let scored = |cell: &mut CellNumbers| cell.score = Some(score(cell.variant, cell.case));
    let together = four(8, |_, cell| scored(cell));
    let against = together.variants[1].against_baseline.as_ref().unwrap();
    let alone = against.score.unwrap();
    assert!(alone.is_clear(), "{alone:?}");
    assert_eq!(against.verdict, Verdict::CantTell);
    assert!(together.sentences[1].starts_with("Alone, v2 would be called better"));
}

/// Six cases with both variants, each of which takes so many tokens and milliseconds.
fn measured() -> Vec<CellNumbers> {
    let mut measured = cells(&[[Some(true), Some(true)]; 6]);
    for cell in &mut measured {
        let more = if cell.variant == 1 { 50 } else { 0 };
        (cell.tokens, cell.duration_ms) = (Some(100 + more), Some(2_000 + 20 * more));
        cell.measured_in = Some(ComparisonId(uuid::Uuid::from_u128(1)));
    }
    measured
}

#[test]
fn times_that_different_comparisons_measured_are_not_held_against_each_other() {
    let mut measured = measured();
    let told = |cells: &[CellNumbers]| compare(cells, &labels(), 0).sentences.split_off(1);
    assert_eq!(
        told(&measured),
        ["On average v2 takes 50 tokens more and 1.0 s longer than v1."]
    );
    for cell in measured.iter_mut().filter(|cell| cell.variant == 0) {
        cell.measured_in = Some(ComparisonId(uuid::Uuid::from_u128(2)));
    }
    assert_eq!(second(&measured).duration_ms, None);
    assert_eq!(
        told(&measured),
        [
            "On average v2 takes 50 tokens more than v1.",
            "In 6 cases the times of v2 and v1 were measured by different comparisons: the difference of time leaves them out."
        ]
    );
    // All of an earlier comparison fits together, too.
    for cell in &mut measured {
        cell.measured_in = Some(ComparisonId(uuid::Uuid::from_u128(2)));
    }
    assert_eq!(second(&measured).timed_apart, 0);
}

#[test]
fn of_how_many_cases_tokens_are_known_is_said_where_some_are_missing() {
    let mut measured = measured();
    for cell in measured.iter_mut().filter(|cell| cell.variant == 1) {
        cell.tokens = cell.tokens.filter(|_| cell.case < 4);
        cell.duration_ms = None;
    }
    let numbers = compare(&measured, &labels(), 0);
    let second = &numbers.variants[1];
    assert_eq!((second.token_cases, second.cases), (4, 6));
    assert_eq!(
        second
            .against_baseline
            .as_ref()
            .unwrap()
            .tokens
            .unwrap()
            .cases,
        4
    );
    // Money is known of none, and nothing is missing.
    assert_eq!(
        numbers.sentences[1..],
        [
            "The tokens of v2 are known in 4 of 6 cases: what is said of tokens leaves the others out."
        ]
    );
}
