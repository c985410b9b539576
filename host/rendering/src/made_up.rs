//! A comparison that nobody made, for tests: every kind of outcome, and hostile texts wherever a text comes from outside.

use std::path::Path;

use serde_json::{Value, json};
use stepwell_comparison::{CellDetail, ComparisonView};

/// A text that would act if it weren't escaped.
pub(crate) const HOSTILE: &str =
    "</style></pre><script>alert('x')</script><img src=x onerror=alert(1)>\" ' &amp;";

const BEFORE: &str = "# Booking\n\n## Background\nGuests book rooms by telephone.\n\n## Needs\n- A guest picks a \
    date.\n- A guest pays.\n\n## Beyond\nNothing.\n";
const AFTER: &str = "# Booking\n\n## Background\nGuests book rooms by telephone or letter.\n\n## Needs\n- A guest \
    picks a date range.\n- A guest pays on arrival.\n- A guest cancels.\n\n## Beyond\nNothing.\n";

/// What one cell came to.
struct Made {
    status: &'static str,
    passed: Option<bool>,
    score: Option<f64>,
    tokens: Option<[u64; 2]>,
}

/// By case, then by variant; each case is run once.
const CELLS: [[Made; 3]; 2] = [
    [
        made("success", Some(false), Some(0.4), Some([812, 240])),
        made("success", Some(true), Some(0.9), Some([930, 301])),
        made("success", Some(true), Some(0.8), None),
    ],
    [
        made("success", Some(true), Some(0.7), Some([790, 233])),
        made("failure", Some(false), None, Some([904, 12])),
        made("pending", None, None, None),
    ],
];

const fn made(
    status: &'static str,
    passed: Option<bool>,
    score: Option<f64>,
    tokens: Option<[u64; 2]>,
) -> Made {
    Made {
        status,
        passed,
        score,
        tokens,
    }
}

/// Two versions of a prompt, one of them with a second model too, on two cases.
pub(crate) fn view() -> ComparisonView {
    let view = json!({
        "id": "018f3a5e-0000-7000-8000-000000000001", "step": "requirement/refine", "plugin": "builtin:refine",
        "prompt": "refine", "status": "stopped", "case_count": 2, "repeats": 1, "labels": ["v1", "v2", "v2 · thinker"],
        "problem": {
            "code": "budget",
            "message": "the next call could take the whole over 5000 tokens",
            "hint": "resume with a higher cap",
        },
        "created_at": "2026-03-01T09:30:00Z", "ended_at": "2026-03-01T09:42:10Z",
        "baseline": 0, "cursor": 40, "budget": { "tokens": 5000, "money": null },
        "spent": spent(5, Some([3436, 786])),
        "variants": [
            variant(0, "v1", 1, None, numbers([2, 2, 0, 2, 1], [0.0945, 0.9055], Some(0.55))),
            variant(1, "v2", 2, None, better()),
            variant(2, "v2 · thinker", 2, Some("thinker"), numbers([1, 2, 0, 1, 1], [0.2065, 1.0], Some(0.8))),
        ],
        "cases": [case("date-range"), case(HOSTILE)],
        "cells": CELLS.iter().enumerate().flat_map(|(case, row)| {
            row.iter().enumerate().map(move |(variant, made)| cell(case, variant, made))
        }).collect::<Vec<_>>(),
        "sentences": [
            "v2 passes 1 case that v1 fails, and fails 1 that v1 passes: so few cases can't tell which is better.",
            format!("A sentence with {HOSTILE}"),
        ],
    });
    serde_json::from_value(view).unwrap()
}

/// The texts of its cells.
pub(crate) fn details() -> Vec<CellDetail> {
    let view = view();
    let details = view.cells.iter().map(|cell| {
        let mut detail = json!({ "cell": cell });
        let document = if cell.variant == 0 { BEFORE } else { AFTER };
        let there = cell.status == stepwell_comparison::CellStatus::Success;
        detail["prompts"] = json!(["Refine this requirement.\n\nGuests book rooms.", HOSTILE]);
        detail["answers"] = json!([format!("Here it is:\n\n{document}"), ""]);
        detail["documents"] = match there {
            true => json!({ "requirement": document, HOSTILE: HOSTILE }),
            false => json!({}),
        };
        detail["files"] = json!([
            { "path": "booking.py", "before": "def book():\n    pass\n", "after": "def book(day):\n    return day\n" },
            { "path": HOSTILE, "before": HOSTILE, "after": null },
        ]);
        serde_json::from_value(detail).unwrap()
    });
    details.collect()
}

fn spent(calls: u64, tokens: Option<[u64; 2]>) -> Value {
    json!({
        "calls": calls, "attempts": calls, "money": tokens.map(|[input, output]| 3 * input + 15 * output),
        "input_tokens": tokens.map(|tokens| tokens[0]), "output_tokens": tokens.map(|tokens| tokens[1]),
        "unknown_tokens": 0, "unknown_money": 0,
    })
}

/// Cells with an outcome, cells, failed ones, cases with a verdict, and those that passed.
fn numbers(
    [finished, cells, failed, checked, passed]: [u32; 5],
    [low, high]: [f64; 2],
    score: Option<f64>,
) -> Value {
    json!({
        "finished": finished, "cells": cells, "failed": failed, "checked_cases": checked, "passed_cases": passed,
        "pass_rate": f64::from(passed) / f64::from(checked), "pass_interval": { "low": low, "high": high },
        "score": score, "money": 5962.5, "tokens": 1037.5, "duration_ms": 4200.0,
    })
}

fn better() -> Value {
    let mut numbers = numbers([2, 2, 1, 2, 1], [0.0945, 0.9055], Some(0.9));
    let difference = |mean: f64, low: f64, high: f64| json!({ "cases": 2, "mean": mean, "interval": { "low": low, "high": high } });
    numbers["against_baseline"] = json!({
        "cases": 2, "checked_cases": 2, "left_out": 0, "better": 1, "worse": 1, "p_value": 1.0, "verdict": "cant-tell",
        "score": difference(0.25, 0.1, 0.5), "money": difference(-312.0, -2970.0, 1269.0),
        "tokens": difference(36.0, -107.0, 179.0), "duration_ms": { "cases": 1, "mean": 1200.0 },
        "sentence": "v2 passes 1 case that v1 fails, and fails 1 that v1 passes: so few cases can't tell which is better.",
    });
    numbers
}

fn variant(place: usize, label: &str, version: u32, model: Option<&str>, numbers: Value) -> Value {
    json!({
        "label": label, "version": version, "model": model, "provider_model": model, "kept": place > 0,
        "current": place > 0, "latest": place > 0, "note": if place == 1 { HOSTILE } else { "" },
        "created_at": "2026-02-27T14:00:00Z", "numbers": numbers,
        "template": match place {
            0 => "Refine this requirement.\n\n{{ requirement }}\n".to_owned(),
            _ => format!("Refine this requirement, and keep its words.\n\n{{{{ requirement }}}}\n{HOSTILE}\n"),
        },
    })
}

fn case(id: &str) -> Value {
    json!({
        "id": id, "inputs": { "requirement": "Guests book rooms.", HOSTILE: HOSTILE },
        "answers": { "who": "hotel guests" }, "files": ["booking.py", HOSTILE],
        "checks": ["the document contains “date range”", "builtin:judge approves: is it short?", HOSTILE],
    })
}

fn cell(case: usize, variant: usize, made: &Made) -> Value {
    let done = made.status == "success";
    let checks = [
        json!({ "what": "the document contains “date range”", "passed": variant > 0 }),
        json!({ "what": "builtin:judge approves: is it short?", "passed": null, "score": made.score, "detail": "It is fine." }),
        json!({ "what": HOSTILE, "passed": made.passed, "detail": HOSTILE }),
    ];
    json!({
        "case": case, "variant": variant, "repeat": 1, "identity": format!("sha256:{}", "0".repeat(64)), "taken_over": case == 1,
        "run": (made.status != "pending").then(|| format!("018f3a5e-0000-7000-8000-0000000001{case}{variant}")),
        "status": made.status, "passed": made.passed, "score": made.score, "spent": spent(1, made.tokens),
        "checks": if done { checks.to_vec() } else { Vec::new() },
        "tokens": made.tokens.map(|tokens| tokens[0] + tokens[1]),
        "money": made.tokens.map(|[input, output]| 3 * input + 15 * output),
        "first_token_ms": done.then_some(420), "duration_ms": done.then_some(4200 + 300 * variant),
        "documents": if done { json!(["requirement", HOSTILE]) } else { json!([]) }, "files": ["booking.py", HOSTILE],
        "problem": (made.status == "failure").then(|| json!({
            "code": "invalid-response", "message": format!("the answer has no heading “Needs” {HOSTILE}"),
            "hint": "let the prompt ask for it",
        })),
        "rating": (case == 0 && variant == 1).then(|| json!({
            "score": 4, "comment": "=2+3", "by": "ada", "at": "2026-03-01T10:00:00Z",
        })),
    })
}

/// Holds a report against the text in `testdata`; `BLESS=1` writes it anew.
#[allow(clippy::disallowed_methods, reason = "the switch of a golden file")]
pub(crate) fn against_golden(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        golden == made,
        "{name} differs; `BLESS=1` writes it anew:\n{made}"
    );
}
