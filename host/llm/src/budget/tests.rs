use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn ledger(tokens: u64) -> Arc<Ledger> {
    let cap = Budget {
        tokens: Some(tokens),
        money: None,
    };
    Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        cap,
        Expense::default(),
    ))
}

fn noon() -> Clock {
    Clock::new(|| "2026-03-10T12:00:00Z".parse().unwrap())
}

fn standing(tokens: u64) -> Standing {
    spent(tokens).into()
}

/// What stands in a ledger and is reserved in it, of all days.
fn all_of(ledger: &Ledger) -> Expense {
    let state = ledger.state();
    let all = state.figures.values();
    all.map(|of| of.standing.sum().plus(of.reserved))
        .fold(Expense::default(), Expense::plus)
}

fn reserved(ledger: &Ledger) -> Expense {
    let state = ledger.state();
    let reserved = state.figures.values().map(|of| of.reserved);
    reserved.fold(Expense::default(), Expense::plus)
}

fn tokens(tokens: u64) -> Estimate {
    Estimate {
        tokens,
        money: Some(Money(0)),
    }
}

fn spent(tokens: u64) -> Expense {
    Expense {
        tokens,
        money: Money(0),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_room_that_others_may_leave() {
    let ledger = ledger(100);
    let budgets = [Arc::clone(&ledger)];
    let first = reserve(&budgets, tokens(80), "m", &noon()).await.unwrap();
    let second = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(60), "m", &noon()).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!second.is_finished());
    first.settle(spent(30));
    let second = second.await.unwrap().unwrap();
    drop(second);
    assert_eq!(
        ledger.spent().tokens,
        30,
        "a dropped reservation spends nothing"
    );
    let error = reserve(&budgets, tokens(71), "m", &noon())
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the run budget has no room for this call: it may use up to 71 tokens, 30 of 100 tokens are spent and 0 reserved; raise `budgets.run.tokens`, or lower `max_output_tokens`, and resume"
    );
}

#[tokio::test]
async fn a_money_budget_needs_a_price() {
    let cap = Budget {
        tokens: None,
        money: Some(Money(1_000_000)),
    };
    let budgets = [Arc::new(Ledger::new(
        "day budget",
        "budgets.day.",
        cap,
        Expense::default(),
    ))];
    let unknown = Estimate {
        tokens: 1,
        money: None,
    };
    let error = reserve(&budgets, unknown, "writer", &noon())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ChatErrorKind::OverBudget);
    assert!(error.message.contains("price of `writer`"), "{error}");
    let dear = Estimate {
        tokens: 1,
        money: Some(Money(2_500_000)),
    };
    let error = reserve(&budgets, dear, "writer", &noon())
        .await
        .unwrap_err();
    assert!(
        error.message.contains("up to $2.50, $0.00 of $1.00"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_large_call_is_not_passed_for_ever_by_small_ones() {
    let ledger = ledger(1_000_000);
    let budgets = vec![Arc::clone(&ledger)];
    let held = reserve(&budgets, tokens(900_000), "m", &noon())
        .await
        .unwrap();
    let large = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(900_000), "m", &noon()).await }
    });
    tokio::task::yield_now().await;
    let small = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(1), "m", &noon()).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        !large.is_finished() && !small.is_finished(),
        "the small one came later"
    );
    held.settle(spent(1));
    assert!(large.await.unwrap().is_ok() && small.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_call_that_was_sent_and_never_ended_is_held_until_somebody_writes_it_off() {
    let ledger = ledger(100);
    let budgets = [Arc::clone(&ledger)];
    let mut lost = reserve(&budgets, tokens(80), "m", &noon()).await.unwrap();
    lost.send();
    let sent_at = lost.at();
    drop(lost);
    let error = reserve(&budgets, tokens(21), "m", &noon())
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .contains("80 held for calls that wait in a batch, or whose answers were lost"),
        "{error}"
    );
    assert!(reserve(&budgets, tokens(20), "m", &noon()).await.is_ok());
    ledger.write_off(sent_at, spent(80));
    assert!(reserve(&budgets, tokens(100), "m", &noon()).await.is_ok());
}

/// A ledger of days, with a clock that can be set.
fn of_days(cap: u64, before: &[(&str, u64)]) -> ([Arc<Ledger>; 1], Arc<Mutex<Timestamp>>, Clock) {
    let before = before.iter();
    let before = before.map(|(day, tokens)| (day.parse().unwrap(), standing(*tokens)));
    let cap = Budget {
        tokens: Some(cap),
        money: None,
    };
    let ledger = Ledger::daily("day budget", "budgets.day.", cap, before.collect());
    let now = Arc::new(Mutex::new("2026-03-10T23:59:00Z".parse().unwrap()));
    let hands = Arc::clone(&now);
    (
        [Arc::new(ledger)],
        now,
        Clock::new(move || *hands.lock().unwrap()),
    )
}

#[tokio::test]
async fn a_day_begins_at_midnight_and_a_call_counts_in_the_day_in_which_it_was_sent() {
    let (budgets, now, clock) = of_days(100, &[("2026-03-10", 30), ("2026-03-09", 95)]);
    let put = |at: &str| *now.lock().unwrap() = at.parse().unwrap();
    let fits = async |most: u64| reserve(&budgets, tokens(most), "m", &clock).await.is_ok();
    assert!(!fits(71).await && fits(70).await);
    let before = reserve(&budgets, tokens(70), "m", &clock).await.unwrap();
    put("2026-03-11T00:00:00Z");
    assert!(fits(100).await, "nothing of today is spent");
    before.settle(spent(60));
    assert!(fits(100).await, "it was sent yesterday");
    // Whoever sets the clock back finds the day as it was left.
    put("2026-03-10T23:30:00Z");
    assert!(!fits(11).await && fits(10).await);
    put("2026-03-09T12:00:00Z");
    assert!(!fits(6).await && fits(5).await);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waited_over_midnight_counts_in_the_new_day() {
    let (budgets, now, clock) = of_days(100, &[]);
    let before = reserve(&budgets, tokens(80), "m", &clock).await.unwrap();
    let waits = tokio::spawn({
        let (budgets, clock) = (budgets.clone(), clock.clone());
        async move { reserve(&budgets, tokens(60), "m", &clock).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waits.is_finished());
    *now.lock().unwrap() = "2026-03-11T00:00:01Z".parse().unwrap();
    before.settle(spent(80));
    let held = waits.await.unwrap().unwrap();
    assert_eq!(held.at(), clock.now());
    let more = reserve(&budgets, tokens(41), "m", &clock);
    let more = tokio::time::timeout(Duration::from_secs(1), more);
    assert!(more.await.is_err(), "there is no room while it is held");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_its_own_budget_keeps_nobody_from_that_of_the_day() {
    let (day, _, clock) = of_days(1000, &[]);
    let own = [Arc::clone(&day[0]), ledger(100)];
    let _first = reserve(&own, tokens(80), "m", &clock).await.unwrap();
    let waits = tokio::spawn({
        let (own, clock) = (own.clone(), clock.clone());
        async move { reserve(&own, tokens(60), "m", &clock).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waits.is_finished());
    let other = [Arc::clone(&day[0]), ledger(100)];
    assert!(reserve(&other, tokens(60), "m", &clock).await.is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn concurrent_calls_stay_under_the_cap_and_all_end(
        caps in prop::collection::vec(1u64..2000, 3),
        calls in prop::collection::vec((1u64..400, 0u64..100, 0usize..7, 0u64..50, 0u8..3), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let ledgers: Vec<_> = caps.iter().map(|cap| ledger(*cap)).collect();
            let tasks: Vec<_> = calls
                .into_iter()
                .map(|(reserved, percent, which, time, ends)| {
                    // Each call counts against two or three of the budgets, named in any order.
                    let mut budgets = ledgers.clone();
                    budgets.rotate_left(which % 3);
                    budgets.truncate(2 + which % 2);
                    tokio::spawn(async move {
                        let Ok(mut reservation) = reserve(&budgets, tokens(reserved), "m", &noon()).await else {
                            return false;
                        };
                        tokio::time::sleep(Duration::from_millis(time)).await;
                        for ledger in &budgets {
                            assert!(fits(all_of(ledger), &ledger.cap));
                        }
                        // It is answered, it is lost on its way, or it was never sent.
                        match ends {
                            0 => reservation.settle(spent(reserved * percent / 100)),
                            1 => reservation.send(),
                            _ => {}
                        }
                        true
                    })
                })
                .collect();
            for task in tasks {
                tokio::time::timeout(Duration::from_secs(3600), task).await.unwrap().unwrap();
            }
            for ledger in &ledgers {
                assert!(fits(all_of(ledger), &ledger.cap));
                assert_eq!(reserved(ledger), Expense::default());
            }
        });
    }
}
