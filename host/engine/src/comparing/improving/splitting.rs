//! Which cases are for training, and which are kept back.

use std::collections::BTreeMap;

use serde_json::json;
use stepwell_contract::Digest;
use stepwell_definition::{Case, Split};

use crate::words::ImprovementError;

/// Of fewer cases there is nothing in common to be seen.
const LEAST_TRAINING: usize = 2;

/// Of fewer cases even such that all speak for a proposal are chance: five of one kind are as likely as 1 in 16.
const LEAST_VALIDATION: usize = 6;

/// The most proposals that are held against the current version. Each one more makes it harder for all of them to stand out.
const MOST_VALIDATED: usize = 3;

/// Below this probability a difference isn't put down to chance.
const SIGNIFICANT: f64 = 0.05;

/// The ids of the cases of both sides, in the order of the cases.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sides {
    pub(super) training: Vec<String>,
    pub(super) validation: Vec<String>,
}

/// Parts cases: what they say themselves holds, and of the others so many are kept back that it is half of all, or as many as are
/// needed. Which ones follows from the seed and from what is in them.
pub(super) fn split(cases: &[Case], seed: u32) -> Result<Sides, ImprovementError> {
    let wanted = cases.len().div_ceil(2).max(LEAST_VALIDATION);
    let mut sides: Vec<Option<Split>> = cases.iter().map(|case| case.split).collect();
    let mut kept_back = sides
        .iter()
        .filter(|side| **side == Some(Split::Validation))
        .count();
    // Cases that differ in their checks alone are one: on both sides of the line they would show what is kept back.
    let mut alike: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        alike.entry(drawn(case, seed)).or_default().push(place);
    }
    for places in alike.into_values() {
        let said = places.iter().find_map(|place| cases[*place].split);
        let side = said.unwrap_or(match kept_back < wanted {
            true => Split::Validation,
            false => Split::Training,
        });
        for place in places {
            if sides[place].is_none() {
                kept_back += usize::from(side == Split::Validation);
                sides[place] = Some(side);
            }
        }
    }
    let ids = |wanted: Split| -> Vec<String> {
        let of_side = cases.iter().zip(&sides);
        let of_side = of_side.filter(|(_, side)| **side == Some(wanted));
        of_side.map(|(case, _)| case.id.clone()).collect()
    };
    let (training, validation) = (ids(Split::Training), ids(Split::Validation));
    if training.len() < LEAST_TRAINING || validation.len() < LEAST_VALIDATION {
        return Err(ImprovementError::TooFewCases {
            training: training.len(),
            validation: validation.len(),
            least_training: LEAST_TRAINING,
            least_validation: LEAST_VALIDATION,
        });
    }
    Ok(Sides {
        training,
        validation,
    })
}

/// The lot of a case.
fn drawn(case: &Case, seed: u32) -> Digest {
    let of = json!([seed, case.inputs, case.answers, case.files]);
    Digest::of(of.to_string())
}

/// How many proposals can be held against the current version on so many cases, so that one of them can still stand out: where all
/// cases speak for it, its probability is 2 / 2ⁿ, and it is corrected for how many there are.
pub(super) fn most_validated(cases: usize) -> usize {
    let exponent = i32::try_from(cases).unwrap_or(i32::MAX).saturating_sub(1);
    let least = 0.5_f64.powi(exponent);
    (1..=MOST_VALIDATED)
        .rev()
        .find(|many| least * *many as f64 <= SIGNIFICANT)
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(count: usize) -> Vec<Case> {
        let case = |number: usize| Case {
            id: format!("c{number}"),
            inputs: [("topic".to_owned(), format!("t{number}"))].into(),
            ..Case::default()
        };
        (0..count).map(case).collect()
    }

    #[test]
    fn half_is_kept_back_and_never_fewer_than_six() {
        for (all, training, validation) in [(8, 2, 6), (12, 6, 6), (13, 6, 7), (40, 20, 20)] {
            let sides = split(&cases(all), 1).unwrap();
            assert_eq!(
                (sides.training.len(), sides.validation.len()),
                (training, validation)
            );
            assert!(
                sides
                    .training
                    .iter()
                    .all(|id| !sides.validation.contains(id))
            );
            assert_eq!(sides, split(&cases(all), 1).unwrap());
        }
        assert_ne!(split(&cases(20), 1), split(&cases(20), 2));
    }

    #[test]
    fn the_names_and_the_order_of_cases_decide_nothing() {
        let mut turned = cases(20);
        turned.reverse();
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(
            sorted(split(&turned, 1).unwrap().training),
            sorted(split(&cases(20), 1).unwrap().training)
        );
    }

    #[test]
    fn too_few_are_told_with_what_is_needed() {
        for all in [0, 1, 7] {
            let error = split(&cases(all), 1).unwrap_err();
            let ImprovementError::TooFewCases {
                least_training: 2,
                least_validation: 6,
                ..
            } = error
            else {
                panic!("{error}");
            };
        }
    }

    #[test]
    fn what_a_case_says_itself_holds() {
        let mut said = cases(12);
        for case in &mut said[..6] {
            case.split = Some(Split::Training);
        }
        let sides = split(&said, 1).unwrap();
        assert_eq!(sides.training, ["c0", "c1", "c2", "c3", "c4", "c5"]);
        assert_eq!(sides.validation, ["c6", "c7", "c8", "c9", "c10", "c11"]);
        said[11].split = Some(Split::Training);
        let error = split(&said, 1).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("7 of the cases are for training and 5")
        );
    }

    #[test]
    fn cases_that_are_the_same_stand_on_one_side() {
        for seed in 1..20 {
            let mut all = cases(20);
            let mut twin = all[3].clone();
            twin.id = "twin".into();
            all.push(twin);
            let sides = split(&all, seed).unwrap();
            let both = |ids: &[String]| ["c3", "twin"].map(|id| ids.iter().any(|it| it == id));
            assert_ne!(both(&sides.training), both(&sides.validation));
            assert_eq!(both(&sides.training)[0], both(&sides.training)[1]);
        }
    }

    #[test]
    fn so_many_are_held_against_the_current_version_that_one_can_stand_out() {
        assert_eq!([6, 7, 8, 20, 5000].map(most_validated), [1, 3, 3, 3, 3]);
    }
}
