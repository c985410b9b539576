use super::*;

const PAUSE: Duration = Duration::from_secs(30);

fn down(what: &str) -> Health {
    Health::Down(what.to_owned())
}

async fn send(circuit: &Circuit, health: Health) -> bool {
    let pass = circuit.enter(&|| true, |_| ()).await.unwrap();
    pass.ended(health)
}

async fn opened() -> Circuit {
    let circuit = Circuit::new(3, PAUSE);
    for what in ["first", "second", "third"] {
        assert!(!send(&circuit, down(what)).await);
    }
    circuit
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it_and_others_do_not() {
    let circuit = Circuit::new(3, PAUSE);
    for _ in 0..5 {
        send(&circuit, down("once")).await;
        send(&circuit, down("twice")).await;
        send(&circuit, Health::Answers).await;
    }
    let circuit = opened().await;
    let refused = circuit.enter(&|| true, |_| ()).await.unwrap_err();
    assert_eq!(refused.last, "third");
    assert_eq!(refused.wait, PAUSE);
    let never = Circuit::new(0, PAUSE);
    for _ in 0..100 {
        send(&never, down("again")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pause_one_finds_out_and_the_others_follow() {
    let circuit = opened().await;
    let start = Instant::now();
    let trial = circuit.enter(&|| false, |_| ()).await.unwrap();
    assert_eq!(Instant::now(), start + PAUSE);
    assert!(circuit.enter(&|| true, |_| ()).await.is_err(), "only one");
    let second = circuit.enter(&|| false, |_| ());
    let ends = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!trial.ended(Health::Answers));
    };
    let (second, ()) = tokio::join!(second, ends);
    second.unwrap().ended(Health::Answers);
    assert_eq!(Instant::now(), start + PAUSE + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_fail_with_the_one_that_found_out() {
    let circuit = opened().await;
    let trial = circuit.enter(&|| false, |_| ()).await.unwrap();
    let waits = async {
        circuit
            .enter(&|| false, |_| ())
            .await
            .map(drop)
            .unwrap_err()
    };
    let ends = async {
        tokio::task::yield_now().await;
        assert!(trial.ended(down("still")));
    };
    let (refused, ()) = tokio::join!(waits, ends);
    assert_eq!(refused.last, "still");
    assert_eq!(refused.wait, PAUSE);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_given_up_is_made_by_another() {
    let circuit = opened().await;
    let trial = circuit.enter(&|| false, |_| ()).await.unwrap();
    let waits = async {
        circuit
            .enter(&|| false, |_| ())
            .await
            .map(|pass| pass.is_trial)
    };
    let ends = async {
        tokio::task::yield_now().await;
        drop(trial);
    };
    let (next, ()) = tokio::join!(waits, ends);
    assert_eq!(next, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_under_way_closes_it_at_once() {
    let circuit = Circuit::new(1, PAUSE);
    let slow = circuit.enter(&|| false, |_| ()).await.unwrap();
    send(&circuit, down("first")).await;
    let start = Instant::now();
    let waits = async { circuit.enter(&|| false, |_| ()).await.map(drop).is_ok() };
    let ends = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        slow.ended(Health::Answers);
    };
    assert!(tokio::join!(waits, ends).0);
    assert_eq!(Instant::now(), start + Duration::from_secs(1));
}
