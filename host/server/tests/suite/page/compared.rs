//! Comparisons for a history: few cases with checks, or many.

use stepwell_definition::{Case, Check, Rule, Target};
use stepwell_engine::{CompareIn, StartComparison};

use super::seed::CODING;
use crate::common::{World, source};

/// Versions of the requirement's prompt on cases with checks.
pub(crate) async fn compare(world: &World) -> stepwell_contract::ComparisonId {
    let feature = |text: &str| {
        let inputs = [("feature".to_owned(), text.to_owned())];
        std::collections::BTreeMap::from(inputs)
    };
    let check = |rule: Rule| Check {
        target: Target::default(),
        not: false,
        rule,
    };
    let case = |(id, text): &(&str, &str)| Case {
        id: (*id).into(),
        inputs: feature(text),
        checks: vec![
            check(Rule::Contains("within 5 s".into())),
            check(Rule::Contains("currency".into())),
        ],
        ..Case::default()
    };
    let definition = CompareIn::Definition {
        definition: source(CODING),
    };
    let request = StartComparison {
        versions: vec![2, 3, 4],
        baseline: Some(3),
        cases: CASES.iter().map(case).collect(),
        repeats: 2,
        ..StartComparison::new("requirement", definition)
    };
    let id = world.engine.start_comparison(request).await.unwrap();
    world.engine.drive_comparison(id, None).await.unwrap();
    id
}

/// Two versions of the requirement's prompt on so many cases.
pub(crate) async fn compare_many(world: &World, cases: usize) -> stepwell_contract::ComparisonId {
    let case = |place| Case {
        id: format!("case-{place}"),
        inputs: [("feature".to_owned(), format!("Wish number {place}"))].into(),
        ..Case::default()
    };
    let definition = CompareIn::Definition {
        definition: source(CODING),
    };
    let request = StartComparison {
        versions: vec![3, 4],
        cases: (0..cases).map(case).collect(),
        ..StartComparison::new("requirement", definition)
    };
    let id = world.engine.start_comparison(request).await.unwrap();
    world.engine.drive_comparison(id, None).await.unwrap();
    id
}

const CASES: [(&str, &str); 6] = [
    (
        "spreadsheet",
        "Let customers export their orders of a month as a spreadsheet.",
    ),
    (
        "refunds",
        "Show refunds beside the orders that they belong to (refund).",
    ),
    (
        "reminders",
        "Send a reminder for invoices that are unpaid after two weeks.",
    ),
    ("stock", "Show the stock of each warehouse on one page."),
    ("search", "Find an order by a part of the customer's name."),
    (
        "labels",
        "Print the labels of all parcels that leave today.",
    ),
];
