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
    let first = reserve(&budgets, tokens(80), "m").await.unwrap();
    let second = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(60), "m").await }
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
    let error = reserve(&budgets, tokens(71), "m").await.unwrap_err();
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
    let error = reserve(&budgets, unknown, "writer").await.unwrap_err();
    assert_eq!(error.kind, ChatErrorKind::OverBudget);
    assert!(error.message.contains("price of `writer`"), "{error}");
    let dear = Estimate {
        tokens: 1,
        money: Some(Money(2_500_000)),
    };
    let error = reserve(&budgets, dear, "writer").await.unwrap_err();
    assert!(
        error.message.contains("up to $2.50, $0.00 of $1.00"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_large_call_is_not_passed_for_ever_by_small_ones() {
    let ledger = ledger(1_000_000);
    let budgets = vec![Arc::clone(&ledger)];
    let held = reserve(&budgets, tokens(900_000), "m").await.unwrap();
    let large = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(900_000), "m").await }
    });
    tokio::task::yield_now().await;
    let small = tokio::spawn({
        let budgets = budgets.clone();
        async move { reserve(&budgets, tokens(1), "m").await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        !large.is_finished() && !small.is_finished(),
        "the small one came later"
    );
    held.settle(spent(1));
    assert!(large.await.unwrap().is_ok() && small.await.unwrap().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn concurrent_calls_stay_under_the_cap_and_all_end(
        caps in prop::collection::vec(1u64..2000, 3),
        calls in prop::collection::vec((1u64..400, 0u64..100, 0usize..7, 0u64..50, any::<bool>()), 1..40),
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
                .map(|(reserved, percent, which, time, fails)| {
                    // Each call counts against two or three of the budgets, named in any order.
                    let mut budgets = ledgers.clone();
                    budgets.rotate_left(which % 3);
                    budgets.truncate(2 + which % 2);
                    tokio::spawn(async move {
                        let Ok(reservation) = reserve(&budgets, tokens(reserved), "m").await else {
                            return false;
                        };
                        tokio::time::sleep(Duration::from_millis(time)).await;
                        for ledger in &budgets {
                            let state = ledger.state();
                            assert!(state.spent.plus(state.reserved).fits(&ledger.cap));
                        }
                        if !fails {
                            reservation.settle(spent(reserved * percent / 100));
                        }
                        true
                    })
                })
                .collect();
            for task in tasks {
                tokio::time::timeout(Duration::from_secs(3600), task).await.unwrap().unwrap();
            }
            for ledger in &ledgers {
                let state = ledger.state();
                assert!(state.spent.fits(&ledger.cap));
                assert_eq!(state.reserved, Expense::default());
            }
        });
    }
}
