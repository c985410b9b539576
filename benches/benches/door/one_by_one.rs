//! One call after the other: what the door adds to its time, to the end and to the first event.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stepwell_benches::{row, shown};
use stepwell_engine::{Follow, Happening, Live};

use crate::bare::{Bare, Taken};
use crate::provider::{EVENTS, Process};
use crate::step::{ask, drive, engine, start};

/// Calls that are made before those that are measured.
const WARM: usize = 100;
const TURNS: usize = 2000;

/// Whether somebody follows the run, as a page or a terminal does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watched {
    Yes,
    No,
}

/// The call whose pieces came last, and when its first one was seen, unless that was asked for already.
type Seen = Arc<Mutex<(u128, Option<Instant>)>>;

/// An answer in one piece.
pub(crate) async fn plain(provider: &Process) {
    let turns = in_turns(provider, "plain", Watched::No).await;
    rows("a call", &turns, |taken| taken.all, ["0.7 ms", "2 ms"]);
}

/// An answer in events.
pub(crate) async fn stream(provider: &Process) {
    let turns = in_turns(provider, "stream", Watched::Yes).await;
    let what = format!("a stream of {EVENTS} events");
    rows(&what, &turns, |taken| taken.all, ["1 ms", "–"]);
    let what = format!("{what}, until the first");
    rows(&what, &turns, |taken| taken.first, ["0.5 ms", "–"]);
}

/// The same calls by reqwest alone and through the door, one of each after the other.
async fn in_turns(provider: &Process, way: &'static str, watched: Watched) -> Vec<[Taken; 2]> {
    let folder = tempfile::tempdir().unwrap();
    let bare = Bare::to(&provider.address, way);
    let (turns, seen) = (Arc::new(Mutex::new(Vec::new())), Seen::default());
    let (all, first) = (Arc::clone(&turns), Arc::clone(&seen));
    let engine = engine(folder.path(), (&provider.address, way), move |host| {
        let (bare, all, first) = (bare.clone(), Arc::clone(&all), Arc::clone(&first));
        Box::pin(async move {
            for number in 0..WARM + TURNS {
                let alone = bare.ask(number).await;
                let start = Instant::now();
                ask(&host, number).await;
                let taken = start.elapsed();
                let first = match watched {
                    Watched::Yes => when(&first).await - start,
                    Watched::No => taken,
                };
                all.lock()
                    .unwrap()
                    .push([alone, Taken { first, all: taken }]);
            }
        })
    });
    let run = start(&engine).await;
    if watched == Watched::Yes {
        tokio::spawn(watch(engine.follow(run, 0), seen));
    }
    drive(&engine, run).await;
    let mut turns = turns.lock().unwrap();
    turns.split_off(WARM)
}

/// Notes when the first piece of a call comes.
async fn watch(mut follow: Follow, seen: Seen) {
    while let Ok(Some(happening)) = follow.next().await {
        if let Happening::Live(Live::Tokens { call, .. }) = happening {
            let mut seen = seen.lock().unwrap();
            if seen.0 != call.as_u128() {
                *seen = (call.as_u128(), Some(Instant::now()));
            }
        }
    }
}

/// When the first piece was seen: whoever watches may be told of it after the answer is there.
async fn when(first: &Seen) -> Instant {
    let start = Instant::now();
    loop {
        if let Some(seen) = first.lock().unwrap().1.take() {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "nothing was seen");
        tokio::task::yield_now().await;
    }
}

fn rows(what: &str, turns: &[[Taken; 2]], of: impl Fn(&Taken) -> Duration, aims: [&str; 2]) {
    let each = |place: usize| {
        turns
            .iter()
            .map(|turn| of(&turn[place]))
            .collect::<Vec<_>>()
    };
    let (bare, door) = (each(0), each(1));
    let added = bare
        .iter()
        .zip(&door)
        .map(|(bare, door)| door.saturating_sub(*bare));
    let added: Vec<_> = added.collect();
    for (percent, aim) in [50, 99].into_iter().zip(aims) {
        let at = |times: &[Duration]| shown(percentile(times.to_vec(), percent));
        let beside = format!("{} ({} against {})", at(&added), at(&door), at(&bare));
        row(&format!("{what}, added: p{percent}"), &beside, aim);
    }
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}
