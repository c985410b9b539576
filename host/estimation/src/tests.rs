use proptest::prelude::*;
use stepwell_contract::{
    Budget, Confirmation, Estimate, EstimateBasis, LongRates, Money, MoneySpread, Prices, Rates,
    Spread, Unsure,
};

use super::*;
use crate::product::{Factor, product};

fn step(path: &str) -> StepMaterial {
    StepMaterial {
        path: path.parse().unwrap(),
        parent: None,
        asks: Some(Asked {
            model: Some("writer".into()),
            prompts: vec![Spread::exactly(3_000)],
            ..Asked::default()
        }),
        reads: vec![Reads::Input(600)],
        items: Items::NoList,
        most_rounds: 1,
        when: When::Always,
        given: None,
        earlier: Vec::new(),
        elsewhere: Vec::new(),
    }
}

fn took(tokens: u64) -> Took {
    Took {
        calls: 1,
        input_tokens: tokens,
        output_tokens: tokens / 2,
        given_bytes: 600,
        ..Took::default()
    }
}

fn of(step: StepMaterial) -> stepwell_contract::StepEstimate {
    let material = Material { steps: vec![step] };
    estimate(&material).1.remove(0)
}

#[test]
fn what_was_taken_before_narrows_the_range() {
    let mut known = step("a");
    known.earlier = vec![took(1000)];
    let one = of(known.clone());
    assert_eq!(one.basis, EstimateBasis::EarlierRuns { runs: 1 });
    assert_eq!(one.takes.input_tokens, Spread::between(500, 2000));
    known.earlier = vec![took(1000); 10];
    let ten = of(known.clone());
    assert_eq!(ten.takes.input_tokens, Spread::between(910, 1100));
    assert_eq!(ten.takes.calls, Spread::exactly(1));
    assert!(ten.unsure.is_empty());
    // Twenty count, and not the one before them.
    known.earlier = vec![took(1000); 20];
    known.earlier.push(took(90_000));
    let many = of(known);
    assert_eq!(many.basis, EstimateBasis::EarlierRuns { runs: 20 });
    assert!(many.takes.input_tokens.high < 1100);
}

#[test]
fn runs_of_the_same_model_and_prompts_go_before_others() {
    let mut known = step("a");
    let other = Took {
        other_model: true,
        ..took(50_000)
    };
    known.earlier = vec![other, took(1000), other];
    let alike = of(known.clone());
    assert_eq!(alike.takes.input_tokens.high, 2000);
    assert!(alike.unsure.is_empty());
    known.earlier = vec![other; 8];
    let others = of(known);
    assert_eq!(others.unsure, [Unsure::OtherModel]);
    assert_eq!(others.takes.input_tokens, Spread::between(25_000, 100_000));
}

#[test]
fn more_than_was_ever_given_costs_more() {
    let mut known = step("a");
    known.earlier = vec![took(1000); 10];
    known.reads = vec![Reads::Input(60_000)];
    let larger = of(known);
    assert_eq!(larger.unsure, [Unsure::LargerInputs]);
    assert_eq!(larger.takes.input_tokens.low, 910);
    assert!(larger.takes.input_tokens.high > 20_000);
}

#[test]
fn elsewhere_counts_where_nothing_is_known_of_the_step_itself() {
    let mut known = step("a");
    known.elsewhere = vec![took(1000); 3];
    known.items = Items::Known(4);
    let elsewhere = of(known);
    assert_eq!(
        elsewhere.basis,
        EstimateBasis::SameElsewhere { executions: 3 }
    );
    assert_eq!(elsewhere.takes.calls, Spread::exactly(4));
    assert_eq!(elsewhere.takes.input_tokens, Spread::between(3000, 5336));
}

/// A small execution elsewhere says nothing of what a large input takes.
#[test]
fn more_than_was_given_elsewhere_costs_more() {
    let mut known = step("a");
    known.elsewhere = vec![took(1000); 10];
    known.reads = vec![Reads::Input(2_000)];
    assert!(of(known.clone()).takes.input_tokens.high < 2_000);
    known.reads = vec![Reads::Input(600_000)];
    let larger = of(known);
    assert_eq!(larger.unsure, [Unsure::LargerInputs]);
    assert!(larger.takes.input_tokens.high > 190_000, "{larger:?}");
}

#[test]
fn sizes_items_rounds_and_conditions_make_the_range() {
    let alone = of(step("a")).takes;
    assert_eq!(alone.calls, Spread::exactly(1));
    assert_eq!(alone.input_tokens, Spread::between(720, 1200));

    let mut writer = step("a");
    writer.most_rounds = 3;
    let mut reader = step("b");
    reader.reads = vec![Reads::Document(0)];
    reader.items = Items::Unknown;
    reader.when = When::Maybe;
    let material = Material {
        steps: vec![writer, reader],
    };
    let (total, steps) = estimate(&material);
    assert_eq!(steps[0].takes.calls, Spread::between(1, 3));
    assert_eq!(steps[1].takes.calls, Spread::between(0, 6));
    assert_eq!(
        steps[1].unsure,
        [
            Unsure::Answers,
            Unsure::Documents {
                steps: vec!["a".parse().unwrap()]
            },
            Unsure::Items,
            Unsure::Condition,
        ]
    );
    assert_eq!(total.calls, Spread::between(1, 9));
}

#[test]
fn not_everything_comes_at_its_worst_at_once() {
    let anywhere = |ranges: &[(u64, u64)]| {
        let ranges = ranges
            .iter()
            .map(|(low, high)| Spread::between(*low, *high));
        product(&ranges.map(Factor::anywhere).collect::<Vec<_>>())
    };
    let all = anywhere(&[(1, 6), (1, 3), (1, 4)]);
    assert_eq!(all, Spread::between(2, 30), "and not 1 to 72");
    assert_eq!(
        anywhere(&[(5, 5), (2, 7), (3, 3)]),
        Spread::between(30, 105)
    );
    assert_eq!(anywhere(&[(0, 6), (1, 3)]).low, 0);
    assert_eq!(anywhere(&[]), Spread::exactly(1));
}

#[test]
fn what_is_usual_lies_within_the_range() {
    let calls = Factor::mostly_low(Spread::between(1, 2));
    let rounds = Factor::mostly_low(Spread::between(1, 3));
    let sent = Factor::anywhere(Spread::between(300, 500));
    let all = product(&[calls, rounds, sent]);
    assert_eq!(all.low, 300, "once, and short");
    assert!((1_000..3_000).contains(&all.high), "{all:?}");
}

#[test]
fn what_is_left_out_costs_nothing() {
    let mut never = step("a");
    never.when = When::Never;
    let mut below = step("a/b");
    below.parent = Some(0);
    let mut silent = step("c");
    silent.asks = None;
    let material = Material {
        steps: vec![never, below, silent],
    };
    assert_eq!(estimate(&material), (Estimate::default(), Vec::new()));
}

#[test]
fn a_given_document_is_known() {
    let mut given = step("a");
    given.asks = None;
    given.given = Some(30_000);
    let mut reader = step("b");
    reader.reads = vec![Reads::Document(0)];
    let material = Material {
        steps: vec![given, reader],
    };
    let (_, steps) = estimate(&material);
    assert_eq!(steps[0].takes.input_tokens, Spread::between(6600, 11_000));
    assert_eq!(steps[0].unsure, [Unsure::Answers]);
}

#[test]
fn the_cache_makes_the_low_end_and_the_price_is_rounded_up() {
    let mut priced = step("a");
    priced.asks = Some(Asked {
        prices: Some(Prices::from(Rates {
            cache_read: Some(Money(500_000)),
            ..Rates::of(Money(2_000_000), Money(8_000_000))
        })),
        ..Asked::default()
    });
    priced.earlier = vec![took(1000)];
    let takes = of(priced).takes;
    assert_eq!(
        takes.money,
        Some(MoneySpread {
            low: Money(500 / 2 + 250 * 8),
            high: Money(2000 * 2 + 1000 * 8),
        })
    );
    assert!(takes.unpriced.is_empty());
}

#[test]
fn a_dearer_model_that_is_asked_instead_is_said_not_to_be_counted() {
    let at = |price: u64| Prices::from(Rates::of(Money(price), Money(price)));
    let with = |instead: Vec<(String, Option<Prices>)>| {
        let mut priced = step("a");
        priced.asks = Some(Asked {
            prices: Some(at(2_000_000)),
            instead,
            ..Asked::default()
        });
        priced.earlier = vec![took(1000)];
        of(priced)
    };
    let alone = with(Vec::new());
    let own = alone.takes.money.unwrap();
    let estimated = with(vec![
        ("cheap".into(), Some(at(1_000_000))),
        ("dear".into(), Some(at(20_000_000))),
        ("odd".into(), None),
    ]);
    assert_eq!(estimated.takes, alone.takes, "what is usual");
    let dear = MoneySpread {
        low: Money(own.low.0 * 10),
        high: Money(own.high.0 * 10),
    };
    let instead = |model: &str, money| Unsure::Instead {
        model: model.into(),
        money,
    };
    assert_eq!(
        estimated.unsure[alone.unsure.len()..],
        [instead("dear", Some(dear)), instead("odd", None)]
    );
}

#[test]
fn a_yes_is_needed_above_what_the_operator_says() {
    let priced = |money: Option<u64>| Estimate {
        calls: Spread::exactly(1),
        input_tokens: Spread::between(10, 100),
        output_tokens: Spread::between(10, 100),
        money: money.map(|money| MoneySpread {
            low: Money(0),
            high: Money(money),
        }),
        unpriced: money
            .is_none()
            .then(|| "writer".into())
            .into_iter()
            .collect(),
    };
    let above = |tokens: Option<u64>, money: Option<u64>| Budget {
        tokens,
        money: money.map(Money),
    };
    let (yes, no, blind) = (0, 1, 2);
    for (money, limit, expected) in [
        (Some(50), above(None, None), no),
        (Some(50), above(None, Some(50)), no),
        (Some(51), above(None, Some(50)), yes),
        (Some(0), above(Some(199), Some(50)), yes),
        (Some(0), above(Some(200), Some(50)), no),
        (None, above(None, Some(50)), blind),
        (None, above(Some(200), Some(50)), no),
        (None, above(Some(199), Some(50)), yes),
    ] {
        let found = match confirmation(&priced(money), limit) {
            Confirmation::Needed { above } => {
                assert_eq!(above, limit);
                yes
            }
            Confirmation::NotNeeded => no,
            Confirmation::PriceUnknown => blind,
        };
        assert_eq!(found, expected, "{money:?} {limit:?}");
    }
    let nothing = Estimate::default();
    let limit = above(Some(0), Some(0));
    assert_eq!(confirmation(&nothing, limit), Confirmation::NotNeeded);
}

prop_compose! {
    fn any_took()(
        calls in 0..=u64::MAX, input in 0..=u64::MAX, output in 0..=u64::MAX, given in any::<u32>(),
        other_model in any::<bool>(), other_prompts in any::<bool>(),
    ) -> Took {
        Took {
            calls, input_tokens: input, output_tokens: output, given_bytes: given.into(), other_model, other_prompts,
        }
    }
}

prop_compose! {
    fn any_step()(
        parent in any::<bool>(), asks in any::<bool>(), prompts in prop::collection::vec(any::<[u64; 2]>().prop_map(|[one, other]| Spread::between(one.min(other), one.max(other))), 0..4),
        most_output in any::<Option<u32>>(), retries in any::<bool>(), looks in any::<bool>(),
        read in any::<u64>(), by in 0..4_usize,
        items in prop_oneof![Just(Items::NoList), any::<u64>().prop_map(Items::Known), Just(Items::Unknown)],
        most_rounds in any::<u32>(),
        when in prop_oneof![Just(When::Always), Just(When::Maybe), Just(When::Never)],
        given in any::<Option<u64>>(),
        earlier in prop::collection::vec(any_took(), 0..30), elsewhere in prop::collection::vec(any_took(), 0..30),
        price in any::<Option<u64>>(),
    ) -> StepMaterial {
        let prices = price.map(|price| {
            let rates = Rates::of(Money(price), Money(price));
            let long = Some(LongRates { above: 1000, rates });
            Prices { rates: Rates { cache_read: Some(Money(price / 2)), ..rates }, long }
        });
        StepMaterial {
            path: "a".parse().unwrap(),
            parent: parent.then_some(0),
            asks: asks.then_some(Asked { model: None, prices, instead: vec![("helper".into(), prices)], most_output, prompts, retries, looks }),
            reads: vec![Reads::Input(read), Reads::Written(read), Reads::Document(by)],
            items, most_rounds, when, given, earlier, elsewhere,
        }
    }
}

fn assert_valid(estimate: &Estimate) {
    for spread in [
        estimate.calls,
        estimate.input_tokens,
        estimate.output_tokens,
        estimate.tokens(),
    ] {
        assert!(spread.low <= spread.high, "{estimate:?}");
    }
    let money = estimate.money.unwrap_or_default();
    assert!(money.low <= money.high, "{estimate:?}");
    let _ = estimate.to_string();
}

proptest! {
    #[test]
    fn low_is_never_above_high(mut steps in prop::collection::vec(any_step(), 4)) {
        steps[0].parent = None;
        let (total, steps) = estimate(&Material { steps });
        assert_valid(&total);
        steps.iter().for_each(|step| assert_valid(&step.takes));
    }

    #[test]
    fn the_range_holds_all_that_it_is_made_of(earlier in prop::collection::vec(0..1_000_000_u64, 1..40), newest in 0..1_000_000_u64) {
        let mut known = step("a");
        known.earlier = earlier.iter().copied().map(took).collect();
        // One more run is one more that it holds.
        known.earlier.insert(0, took(newest));
        let takes = of(known.clone()).takes;
        assert_valid(&takes);
        for held in known.earlier.iter().take(RUNS) {
            let input = takes.input_tokens;
            prop_assert!(input.low <= held.input_tokens && held.input_tokens <= input.high);
        }
    }
}
