//! What is kept of runs and calls is what counting them anew gives, whatever was written, by whichever build.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use redb::{ReadableDatabase as _, ReadableTable as _, TableDefinition};
use stepwell_contract::{ComparisonId, Digest, Expense, Money, REPLAY, RunId, Spent, Usage};
use stepwell_store::*;
use support::{Faulty, at, call, event, execution_key, run, run_id};

const STEPS: [&str; 3] = ["build", "build/code", "tests"];

/// A change of a run or of a call, in numbers.
#[derive(Debug, Clone)]
enum Step {
    Run(u128, RunState, bool),
    Call(u128, u128, usize, CallState, Vec<Attempt>, u8),
}

/// Input tokens, output tokens, money, milliseconds, and on which day.
type Attempt = (Option<u32>, Option<u32>, Option<u64>, Option<u64>, i64);

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let duration = prop_oneof![0..3000_u64, 0..200_000_u64, 0..9_000_000_u64];
    let attempt = (
        prop::option::of(0..1000_u32),
        prop::option::of(0..1000_u32),
        prop::option::of(prop_oneof![0..5000_u64, Just(u64::MAX)]),
        prop::option::of(duration),
        0..3_i64,
    );
    prop::collection::vec(attempt, 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        Just(RunState::Started),
        Just(RunState::Waiting),
        Just(RunState::Success)
    ];
    let end = prop_oneof![
        Just(CallState::Intended),
        Just(CallState::Answered),
        Just(CallState::Failed)
    ];
    let call = (0..6_u128, 0..3_u128, 0..3_usize, end, attempts(), 0..3_u8);
    prop_oneof![
        // Of a run that is a cell's, the record says so from the first on.
        (0..4_u128, state).prop_map(|(id, state)| Step::Run(id, state, id == 3)),
        call.prop_map(|(n, run, step, end, attempts, prompt)| {
            Step::Call(n, run, step, end, attempts, prompt)
        }),
    ]
}

fn change(step: &Step) -> Change {
    match step {
        Step::Run(id, state, scratch) => {
            let mut record = run(run_id(*id));
            record.state = *state;
            record.scratch = scratch.then(|| Scratch {
                comparison: ComparisonId(run_id(9).0),
                documents_of: None,
                case: "case".into(),
                files: None,
                other: Default::default(),
            });
            Change::Run(Box::new(record))
        }
        Step::Call(n, run, step, end, attempts, prompt) => {
            let mut record = call(execution_key(run_id(*run), STEPS[*step]), *n);
            record.state = *end;
            if *prompt == 2 {
                record.provider = REPLAY.into();
            }
            record.prompts = (0..*prompt).map(|n| (format!("p{n}"), n.into())).collect();
            record.created_at = at(i64::try_from(*n).unwrap() * 40_000);
            record.attempts = attempts.iter().map(attempt).collect();
            Change::Call(Box::new(record))
        }
    }
}

fn attempt((input, output, money, duration, day): &Attempt) -> CallAttempt {
    CallAttempt {
        number: 1,
        started_at: at(day * 86_400),
        sent: Digest::of("sent"),
        raw: None,
        status: None,
        headers: Vec::new(),
        first_token_ms: None,
        duration_ms: *duration,
        usage: Usage {
            input_tokens: *input,
            output_tokens: *output,
            cache_read_tokens: input.map(|input| input / 2),
            cache_write_tokens: input.map(|input| input / 3),
            reasoning_tokens: output.map(|output| output / 4),
        },
        money: money.map(Money),
        saved: money.map(|money| Money(money / 7)),
        price: None,
        budgeted: output.map(|tokens| Expense {
            tokens: tokens.into(),
            money: money.map(Money).unwrap_or_default(),
        }),
        // Of those without an end, some are written off.
        written_off: (duration.is_none() && day % 2 == 1).then(|| WrittenOff {
            by: "anna".into(),
            at: at(0),
            other: Default::default(),
        }),
        retry_at: None,
        comparison: None,
        batch: None,
        error: duration
            .filter(|duration| duration % 3 == 0)
            .map(|_| CallError {
                code: "overloaded".into(),
                message: String::new(),
                other: Default::default(),
            }),
        other: Default::default(),
    }
}

/// A call with one attempt that took so many input tokens.
fn took(n: u128, tokens: u32) -> Change {
    let attempts = vec![(Some(tokens), Some(1), None, Some(5), 0)];
    change(&Step::Call(n, 1, 0, CallState::Answered, attempts, 1))
}

/// The sums of some attempts, worked out in another way than the store does it.
fn spent(calls: &[&CallRecord], fits: impl Fn(&CallAttempt) -> bool) -> (Spent, u64) {
    let attempts: Vec<_> = calls.iter().flat_map(|call| &call.attempts).collect();
    let attempts: Vec<CallAttempt> = attempts
        .into_iter()
        .filter(|one| fits(one))
        .map(|one| match one.written_off {
            // It is known to have taken nothing.
            Some(_) => attempt(&(Some(0), Some(0), Some(0), Some(0), 0)),
            None => one.clone(),
        })
        .collect();
    let sum = |known: Vec<u64>| {
        let sum = known
            .iter()
            .fold(0_u64, |sum, one| sum.saturating_add(*one));
        (!known.is_empty() || attempts.is_empty()).then_some(sum)
    };
    let input = attempts.iter().filter_map(|one| one.usage.input_tokens);
    let output = attempts.iter().filter_map(|one| one.usage.output_tokens);
    let unknown_money = attempts.iter().filter(|one| one.money.is_none()).count() as u64;
    let money = attempts.iter().filter_map(|one| one.money);
    let money = sum(money.map(|money| money.0).collect()).map(Money);
    let unknown =
        |one: &&CallAttempt| one.usage.input_tokens.is_none() || one.usage.output_tokens.is_none();
    let spent = Spent {
        calls: calls.len() as u64,
        attempts: attempts.len() as u64,
        input_tokens: sum(input.map(u64::from).collect()),
        output_tokens: sum(output.map(u64::from).collect()),
        // That those which are known cost nothing says nothing of the others.
        money: money.filter(|money| money.0 > 0 || unknown_money == 0),
        unknown_tokens: attempts.iter().filter(unknown).count() as u64,
        unknown_money,
    };
    let open = attempts.iter().filter(|one| one.duration_ms.is_none());
    (spent, open.count() as u64)
}

fn middle(mut durations: Vec<u64>) -> Option<u64> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

/// What is told of cached tokens, reasoning and lost attempts, worked out in another way than the store does it.
fn assert_figures(calls: &[CallRecord], kept: &BTreeMap<(RunId, CallGroup), CallTotals>) {
    let mut all = CallTotals::default();
    kept.values().for_each(|totals| all.add(totals));
    let attempts = calls.iter().flat_map(|call| &call.attempts);
    let attempts: Vec<_> = attempts.filter(|one| one.written_off.is_none()).collect();
    let sum = |of: fn(&CallAttempt) -> Option<u64>| {
        let known = attempts.iter().filter_map(|one| of(one));
        known.fold(0, u64::wrapping_add)
    };
    assert_eq!(
        all.cache_read_tokens,
        sum(|one| one.usage.cache_read_tokens.map(u64::from))
    );
    assert_eq!(
        all.cache_write_tokens,
        sum(|one| one.usage.cache_write_tokens.map(u64::from))
    );
    assert_eq!(
        all.reasoning_tokens,
        sum(|one| one.usage.reasoning_tokens.map(u64::from))
    );
    assert_eq!(all.saved.0, sum(|one| Some(one.saved?.0)));
    let lost = attempts.iter().filter(|one| one.error.is_some());
    assert_eq!(all.unanswered.attempts, lost.clone().count() as u64);
    let unknown = lost.clone().filter(|one| one.money.is_none()).count() as u64;
    assert_eq!(all.unanswered.unknown_money, unknown);
    let money = lost
        .filter_map(|one| one.money)
        .fold(0_u64, |sum, one| sum.wrapping_add(one.0));
    assert_eq!(all.unanswered.money.0, money);
    let unpriced = calls.iter().filter(|call| {
        let mut attempts = call.attempts.iter();
        attempts.any(|one| one.written_off.is_none() && one.money.is_none())
    });
    assert_eq!(all.unpriced_calls, unpriced.count() as u64);
}

/// Holds everything that is kept against the records.
async fn assert_kept(store: &RedbStore) {
    let problems = store.check().unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let calls = store.calls(Scope::default()).await.unwrap();
    for step in [None].into_iter().chain(STEPS.map(Some)) {
        let step = step.map(|step| step.parse().unwrap());
        let of_step: Vec<_> = calls
            .iter()
            .filter(|call| {
                step.as_ref()
                    .is_none_or(|step| call.execution.path == *step)
            })
            .collect();
        let mut groups: BTreeMap<CallGroup, Vec<&CallRecord>> = BTreeMap::new();
        for call in &of_step {
            groups.entry(CallGroup::of(call)).or_default().push(call);
        }
        let kept = store.totals(step.as_ref()).await.unwrap();
        assert_eq!(kept.len(), groups.len());
        for (group, totals) in kept {
            let calls = &groups[&group];
            assert_eq!((totals.spent(), totals.open), spent(calls, |_| true));
            let failed = calls.iter().filter(|call| call.state == CallState::Failed);
            assert_eq!(totals.failed, failed.count() as u64);
            let answered = calls
                .iter()
                .filter(|call| call.state == CallState::Answered);
            let took = answered.filter_map(|call| call.attempts.last()?.duration_ms);
            let (kept, exact) = (totals.median_ms(), middle(took.collect()));
            assert_eq!(kept.is_some(), exact.is_some());
            if let (Some(kept), Some(exact)) = (kept, exact) {
                assert!(
                    kept <= exact && exact - kept < (exact / 10).max(1),
                    "{kept} {exact}"
                );
            }
        }
        let newest: Vec<_> = of_step.iter().rev().map(|call| (*call).clone()).collect();
        let listed = store
            .newest_calls(step.as_ref(), 0, usize::MAX, Gaps::Refuse)
            .await
            .unwrap();
        assert_eq!(listed, newest);
        let part = store
            .newest_calls(step.as_ref(), 1, 2, Gaps::Refuse)
            .await
            .unwrap();
        assert_eq!(part, newest.into_iter().skip(1).take(2).collect::<Vec<_>>());
    }
    let mut of_runs = store.totals_of_runs().await.unwrap();
    for (run, totals) in &of_runs {
        let replayed = calls.iter().filter(|call| call.provider == REPLAY);
        let replayed = replayed.filter(|call| call.execution.run == *run);
        assert_eq!(totals.replayed, replayed.collect::<CallTotals>());
        let totals = &totals.all;
        assert_eq!(*totals, store.totals_of_run(*run).await.unwrap());
        let mut together = CallTotals::default();
        for (of, _, totals) in store.groups_of_runs(Some(*run)).await.unwrap() {
            assert_eq!(of, *run);
            together.add(&totals);
        }
        assert_eq!(together, *totals);
    }
    of_runs.retain(|run, _| calls.iter().all(|call| call.execution.run != *run));
    assert!(of_runs.is_empty(), "{of_runs:?}");
    let mut groups: BTreeMap<(RunId, CallGroup), CallTotals> = BTreeMap::new();
    for call in &calls {
        let group = (call.execution.run, CallGroup::of(call));
        groups.entry(group).or_default().add_call(call);
    }
    let kept = store.groups_of_runs(None).await.unwrap().into_iter();
    let kept: BTreeMap<_, _> = kept
        .map(|(run, group, totals)| ((run, group), totals))
        .collect();
    assert_eq!(kept, groups);
    assert_figures(&calls, &kept);
    for id in 0..4 {
        let of_run: Vec<_> = calls
            .iter()
            .filter(|call| call.execution.run == run_id(id))
            .collect();
        let kept = store.totals_of_run(run_id(id)).await.unwrap();
        assert_eq!((kept.spent(), kept.open), spent(&of_run, |_| true));
    }
    let all: Vec<_> = calls.iter().collect();
    for day in 0..3 {
        let day: Date = at(day * 86_400).to_zoned(TimeZone::UTC).date();
        let kept = store.totals_of_day(day).await.unwrap();
        let on_day =
            |attempt: &CallAttempt| attempt.started_at.to_zoned(TimeZone::UTC).date() == day;
        let (spent, open) = spent(&all, on_day);
        assert_eq!(
            (kept.spent(), kept.open),
            (Spent { calls: 0, ..spent }, open)
        );
    }
    let mut states: BTreeMap<RunState, u64> = BTreeMap::new();
    let runs = store.runs(None, None, Gaps::LeaveOut).await.unwrap();
    for run in &runs {
        *states.entry(run.state).or_default() += 1;
        let id = run.id.to_string();
        assert_eq!(store.runs_by_id(&id).await.unwrap(), [run.id]);
        assert_eq!(store.runs_by_id(&id[30..]).await.unwrap(), [run.id]);
    }
    assert_eq!(store.run_states().await.unwrap(), states);
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    assert_eq!(store.runs_by_id("0190").await.unwrap(), ids);
    for call in &calls {
        let named = |end: usize| call.id.to_string()[end..].to_owned();
        let same = calls.iter().filter(|other| other.id == call.id).count();
        for end in [0, 30] {
            let found = store.calls_by_id(&named(end), usize::MAX).await.unwrap();
            assert_eq!(found.len(), same);
            assert!(found.contains(call));
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(future)
}

/// One that cost nothing, such as a refused one, makes the price of another one no better known.
#[test]
fn what_is_known_to_have_cost_nothing_says_nothing_of_an_unknown_price() {
    let one = |n, money| {
        let attempts = vec![(Some(1), Some(1), money, Some(5), 0)];
        change(&Step::Call(n, 0, 0, CallState::Answered, attempts, 0))
    };
    block_on(async {
        let store = Faulty::default().open().unwrap();
        let money = async || {
            let totals = store.totals(None).await.unwrap();
            totals[0].1.spent().money
        };
        store
            .commit(vec![one(0, None), one(1, Some(0))])
            .await
            .unwrap();
        assert_eq!(money().await, None);
        store.commit(vec![one(2, Some(7))]).await.unwrap();
        assert_eq!(money().await, Some(Money(7)));
        assert_kept(&store).await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_is_written_what_is_kept_is_what_counting_anew_gives(
        commits in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..12),
        older in prop::collection::vec(any::<bool>(), 12),
    ) {
        block_on(async {
            let disk = Faulty::default();
            for (steps, older) in commits.iter().zip(older) {
                let before = kept(&disk);
                let store = disk.open().unwrap();
                store.commit(steps.iter().map(change).collect()).await.unwrap();
                assert_kept(&store).await;
                drop(store);
                if older {
                    replace_kept(&disk, &before);
                }
            }
            assert_kept(&disk.open().unwrap()).await;
        });
    }
}

const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");
/// The letters of what is kept, which an older build doesn't know.
const LETTERS: &[u8] = b"aghijnquvw";

type Kept = BTreeMap<Vec<u8>, Vec<u8>>;

/// What is kept in a store that nobody has open.
fn kept(disk: &Faulty) -> Kept {
    drop(disk.open().unwrap());
    let database = redb::Database::builder()
        .create_with_backend(disk.clone())
        .unwrap();
    let table = database.begin_read().unwrap().open_table(RECORDS).unwrap();
    let records = table.range::<&[u8]>(..).unwrap().map(|record| {
        let (key, value) = record.unwrap();
        (key.value().to_vec(), value.value().to_vec())
    });
    records
        .filter(|(key, _)| LETTERS.contains(&key[0]))
        .collect()
}

/// Puts back what was kept before: so a build that doesn't know of it leaves it.
fn replace_kept(disk: &Faulty, before: &Kept) {
    let database = redb::Database::builder()
        .create_with_backend(disk.clone())
        .unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        table.retain(|key, _| !LETTERS.contains(&key[0])).unwrap();
        for (key, value) in before {
            table.insert(key.as_slice(), value.as_slice()).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// A store in which an older build wrote the second of two calls, and wrote the first one anew.
async fn left_behind() -> Faulty {
    let disk = Faulty::default();
    let commit = async |change| disk.open().unwrap().commit(vec![change]).await.unwrap();
    commit(took(1, 10)).await;
    let before = kept(&disk);
    assert!(!before.is_empty());
    commit(took(1, 100)).await;
    commit(took(2, 1000)).await;
    replace_kept(&disk, &before);
    disk
}

async fn input_tokens(store: &RedbStore) -> u64 {
    let groups = store.totals(None).await.unwrap();
    groups.iter().map(|(_, totals)| totals.input_tokens).sum()
}

#[tokio::test]
async fn a_call_that_is_written_again_counts_by_its_difference() {
    let store = RedbStore::in_memory().unwrap();
    for tokens in [10, 25, 25, 5] {
        store.commit(vec![took(1, tokens)]).await.unwrap();
        assert_eq!(input_tokens(&store).await, u64::from(tokens));
    }
    // Twice in one commit, too.
    let twice = vec![took(1, 6), took(2, 1), took(1, 7)];
    store.commit(twice).await.unwrap();
    assert_eq!(input_tokens(&store).await, 8);
    assert_kept(&store).await;
}

#[tokio::test]
async fn what_an_older_build_left_behind_is_made_anew() {
    let disk = left_behind().await;
    let store = disk.open().unwrap();
    assert_eq!(input_tokens(&store).await, 1100);
    assert_kept(&store).await;
    drop(store);
    // One that never knew of it.
    replace_kept(&disk, &Kept::new());
    let store = disk.open().unwrap();
    assert_eq!(input_tokens(&store).await, 1100);
    assert_kept(&store).await;
    drop(store);
    // It was made anew once: nothing is written where nothing has to be.
    assert_eq!(disk.open().unwrap().transactions(), 0);
}

#[tokio::test]
async fn it_is_counted_for_each_reader_while_it_cant_be_written() {
    let disk = left_behind().await;
    disk.fill_up();
    let store = disk.open().unwrap();
    assert_eq!(input_tokens(&store).await, 1100);
    assert_kept(&store).await;
    disk.heal();
    store.commit(vec![took(3, 10_000)]).await.unwrap();
    assert_eq!(input_tokens(&store).await, 11_100);
    assert_kept(&store).await;
}

#[tokio::test]
async fn it_fits_the_records_wherever_the_disk_fails() {
    for writes in (0..60).step_by(2) {
        for once in [false, true] {
            let disk = left_behind().await;
            if once {
                disk.fail_once_after(writes);
            } else {
                disk.fail_after(writes);
            }
            if let Ok(store) = disk.open() {
                let landed = store.commit(vec![took(3, 10_000)]).await.is_ok();
                disk.heal();
                let expected = if landed { 11_100 } else { 1100 };
                assert_eq!(input_tokens(&store).await, expected, "{writes} {once}");
                assert_kept(&store).await;
                store.commit(vec![took(1, 200)]).await.unwrap();
            } else {
                disk.heal();
                let store = disk.open().unwrap();
                store.commit(vec![took(1, 200)]).await.unwrap();
            }
            assert_kept(&disk.open().unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_record_that_cant_be_read_counts_nowhere_and_its_successor_once() {
    let disk = left_behind().await;
    drop(disk.open().unwrap());
    let database = redb::Database::builder()
        .create_with_backend(disk.clone())
        .unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        let calls = table
            .range::<&[u8]>(b"c".as_slice()..b"d".as_slice())
            .unwrap();
        let keys: Vec<_> = calls.map(|call| call.unwrap().0.value().to_vec()).collect();
        let rows = table
            .range::<&[u8]>(b"h".as_slice()..b"i".as_slice())
            .unwrap();
        let rows: Vec<_> = rows.map(|row| row.unwrap().0.value().to_vec()).collect();
        for key in [&keys[0], &rows[0]] {
            table.insert(key.as_slice(), b"{".as_slice()).unwrap();
        }
    }
    transaction.commit().unwrap();
    drop(database);
    let store = disk.open().unwrap();
    assert_eq!(store.check().unwrap().len(), 1);
    let of_run = store.totals_of_run(run_id(1)).await.unwrap();
    assert_eq!(of_run.input_tokens, 1000);
    store.commit(vec![took(1, 200)]).await.unwrap();
    // The next transaction makes it anew.
    store.commit(vec![event(run_id(1), 1)]).await.unwrap();
    assert_eq!(input_tokens(&store).await, 1200);
    assert_kept(&store).await;
}

#[tokio::test]
async fn the_last_cursor_of_a_log_is_that_of_its_last_event() {
    let store = RedbStore::in_memory().unwrap();
    for n in 0..300 {
        assert_eq!(store.last_cursor(run_id(1)).await.unwrap(), n);
        let n = i64::try_from(n).unwrap();
        store
            .commit(vec![event(run_id(1), n), event(run_id(2), n)])
            .await
            .unwrap();
    }
    assert_eq!(store.last_cursor(run_id(3)).await.unwrap(), 0);
}

#[tokio::test]
async fn ids_are_found_by_their_ends_and_by_nothing_else() {
    let store = RedbStore::in_memory().unwrap();
    let record = run(run_id(0xabc));
    store
        .commit(vec![Change::Run(Box::new(record)), took(1, 1)])
        .await
        .unwrap();
    for part in [
        "abc",
        "0190",
        "0190-",
        "ABC",
        "c0190",
        "ü",
        &"0".repeat(99),
        "-",
    ] {
        let found = store.runs_by_id(part).await.unwrap();
        let fits = matches!(part, "abc" | "0190");
        assert_eq!(!found.is_empty(), fits, "{part}");
        assert!(
            store.calls_by_id(part, 2).await.unwrap().is_empty(),
            "{part}"
        );
    }
    assert_eq!(store.runs_by_id("").await.unwrap(), [run_id(0xabc)]);
    assert_eq!(store.calls_by_id("0001", 2).await.unwrap().len(), 1);
}
