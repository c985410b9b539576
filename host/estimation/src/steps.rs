//! The steps of a run, one after the other, and all of them together.

use stepwell_contract::{
    Estimate, EstimateBasis, Money, MoneySpread, Prices, Spread, StepEstimate, Unsure,
};

use crate::history::{Amounts, expected};
use crate::material::{Asked, Items, Material, Reads, Took, When};
use crate::product::{Factor, product};
use crate::sizes::{left_by, of_one_execution};
use crate::usual::{EXECUTIONS, ITEMS, LEAST_BYTES_OF_A_TOKEN, RUNS};

/// What a run will probably take: each step that asks a model, and all of them together.
#[must_use]
pub fn estimate(material: &Material) -> (Estimate, Vec<StepEstimate>) {
    let mut total = Estimate::default();
    let mut steps = Vec::new();
    let mut left: Vec<Spread> = Vec::with_capacity(material.steps.len());
    for (index, step) in material.steps.iter().enumerate() {
        let asked = step.asks.as_ref();
        let estimated = asked.and_then(|asked| of_step(material, index, asked, &left));
        let (estimated, output) = estimated.unzip();
        left.push(left_by(material, index, output));
        if let Some(estimated) = estimated {
            total.add(&estimated.takes);
            steps.push(estimated);
        }
    }
    (total, steps)
}

/// What a step takes, and how much it leaves to be read; none where it is left out for certain.
fn of_step(
    material: &Material,
    index: usize,
    asked: &Asked,
    left: &[Spread],
) -> Option<(StepEstimate, Spread)> {
    let step = &material.steps[index];
    let mut of_structure = Vec::new();
    let often = how_often(material, index, &mut of_structure)?;
    let mut unsure = Vec::new();
    let earlier = expected(&step.earlier, RUNS, given_bytes(&step.reads), &mut unsure);
    let (amounts, answer, basis) = match earlier {
        // What the structure leaves open, they have shown.
        Some((amounts, runs)) => {
            let basis = EstimateBasis::EarlierRuns { runs };
            (amounts, amounts.answer(), basis)
        }
        None => {
            let elsewhere = step.elsewhere.iter().copied().map(as_given);
            let elsewhere: Vec<Took> = elsewhere.collect();
            let given = given_bytes(&step.reads);
            let elsewhere = expected(&elsewhere, EXECUTIONS, given, &mut unsure);
            let (amounts, answer, basis) = match elsewhere {
                Some((one, executions)) => {
                    let amounts = Amounts {
                        calls: often.times(&[Factor::anywhere(one.calls)]),
                        input: often.times(&[Factor::anywhere(one.input)]),
                        output: often.times(&[Factor::anywhere(one.output)]),
                    };
                    let basis = EstimateBasis::SameElsewhere { executions };
                    (amounts, one.answer(), basis)
                }
                None => {
                    let one = of_one_execution(material, index, asked, left, &mut unsure);
                    let calls = Factor::mostly_low(one.calls);
                    let in_each = |tokens| [calls, Factor::anywhere(tokens)];
                    let amounts = Amounts {
                        calls: often.times(&[calls]),
                        input: often.times(&in_each(one.sent)),
                        output: often.times(&in_each(one.answer)),
                    };
                    (amounts, one.answer, EstimateBasis::Sizes)
                }
            };
            unsure.append(&mut of_structure);
            (amounts, answer, basis)
        }
    };
    let takes = priced(asked, amounts);
    unsure.extend(instead(asked, amounts, &takes));
    let estimated = StepEstimate {
        step: step.path.clone(),
        model: asked.model.clone(),
        basis,
        unsure,
        takes,
    };
    let answers = often.items.iter().copied().chain([answer]);
    let answers: Vec<_> = answers.map(Factor::anywhere).collect();
    Some((estimated, product(&answers)))
}

/// Bytes of the run's inputs among what a step reads.
fn given_bytes(reads: &[Reads]) -> u64 {
    let bytes = reads.iter().map(|read| match read {
        Reads::Input(bytes) => *bytes,
        Reads::Written(_) | Reads::Document(_) => 0,
    });
    bytes.fold(0, u64::saturating_add)
}

/// What an execution elsewhere took, as if all that it sent in a call had been given to it: more it wasn't, and nobody counted.
fn as_given(took: Took) -> Took {
    let in_each = took.input_tokens / took.calls.max(1);
    Took {
        given_bytes: in_each.saturating_mul(LEAST_BYTES_OF_A_TOKEN),
        ..took
    }
}

/// Calls and tokens, with what they cost.
fn priced(asked: &Asked, amounts: Amounts) -> Estimate {
    let Amounts {
        calls,
        input,
        output,
    } = amounts;
    Estimate {
        calls,
        input_tokens: input,
        output_tokens: output,
        money: asked.prices.map(|prices| money(&prices, input, output)),
        unpriced: match asked.prices {
            Some(_) => Vec::new(),
            None => vec![asked.model.clone().unwrap_or_default()],
        },
    }
}

/// The models that are asked instead of its own, as far as they could make it dearer than it is reckoned to be. They answer by exception, so
/// that a range which held them would say little of what is usual.
fn instead(asked: &Asked, amounts: Amounts, takes: &Estimate) -> Vec<Unsure> {
    let mut told = Vec::new();
    for (model, prices) in &asked.instead {
        let money = prices.map(|prices| money(&prices, amounts.input, amounts.output));
        let is_within = takes
            .money
            .zip(money)
            .is_some_and(|(own, other)| other.high <= own.high);
        if !is_within {
            told.push(Unsure::Instead {
                model: model.clone(),
                money,
            });
        }
    }
    told
}

/// How often a step is carried out: for each of these items, in each of these rounds.
struct Often {
    items: Vec<Spread>,
    rounds: Vec<Spread>,
    /// Whether it may be left out.
    is_conditional: bool,
}

impl Often {
    /// What is taken in all, where one execution takes these figures, one times the other.
    fn times(&self, one: &[Factor]) -> Spread {
        let items = self.items.iter().copied().map(Factor::anywhere);
        let rounds = self.rounds.iter().copied().map(Factor::mostly_low);
        let factors: Vec<_> = items.chain(rounds).chain(one.iter().copied()).collect();
        let all = product(&factors);
        match self.is_conditional {
            true => Spread::between(0, all.high),
            false => all,
        }
    }
}

/// For how many items and rounds a step is carried out; none where it is left out for certain.
fn how_often(material: &Material, index: usize, unsure: &mut Vec<Unsure>) -> Option<Often> {
    let lineage = std::iter::successors(Some(index), |step| material.steps[*step].parent);
    let mut often = Often {
        items: Vec::new(),
        rounds: Vec::new(),
        is_conditional: false,
    };
    let (mut has_items, mut most) = (false, 1_u32);
    for step in lineage.map(|step| &material.steps[step]) {
        match step.items {
            Items::NoList => {}
            Items::Known(number) => often.items.push(Spread::exactly(number)),
            Items::Unknown => {
                has_items = true;
                often.items.push(ITEMS);
            }
        }
        let rounds = step.most_rounds.max(1);
        most = most.saturating_mul(rounds);
        if rounds > 1 {
            often.rounds.push(Spread::between(1, rounds.into()));
        }
        match step.when {
            When::Always => {}
            When::Maybe => often.is_conditional = true,
            When::Never => return None,
        }
    }
    let open = [
        (has_items, Unsure::Items),
        (most > 1, Unsure::Rounds { most }),
        (often.is_conditional, Unsure::Condition),
    ];
    unsure.extend(open.into_iter().filter_map(|(is, what)| is.then_some(what)));
    Some(often)
}

/// What so many tokens cost, at the cheapest and at the dearest of the prices for what is sent: nobody knows what of it a
/// provider finds in its cache.
fn money(prices: &Prices, input: Spread, output: Spread) -> MoneySpread {
    let cost = |input: u64, price: Money, output: u64, of_output: Money| {
        let part = |tokens: u64, price: Money| u128::from(tokens) * u128::from(price.0);
        let sum = part(input, price).saturating_add(part(output, of_output));
        Money(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    };
    // How the input is shared out among the requests isn't known: at best each is short, at worst one has all of it.
    let (short, long) = (prices.rates, prices.rates_for(input.high));
    let least = short.of_input().min().unwrap_or(short.input);
    let most = long.of_input().max().unwrap_or(long.input);
    MoneySpread {
        low: cost(input.low, least, output.low, short.output),
        high: cost(
            input.high,
            most.max(short.of_input().max().unwrap_or(most)),
            output.high,
            long.output.max(short.output),
        ),
    }
}
