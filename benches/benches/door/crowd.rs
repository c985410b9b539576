//! Many calls at once: how many are made in a second, and what each takes of the processors.

use std::time::{Duration, Instant};

use stepwell_benches::{median, row, shown};

use crate::bare::Bare;
use crate::process::processor_time;
use crate::provider::Process;
use crate::step::{ask, drive, engine, start};

/// So many at once, each of them so many after each other.
const AT_ONCE: usize = 64;
const EACH: usize = 50;
const TURNS: usize = 5;

/// How long a round took, by the clock and of the processors.
#[derive(Clone, Copy)]
struct Took {
    wall: Duration,
    processors: Duration,
}

pub(crate) async fn measure(provider: &Process) {
    for way in ["plain", "stream"] {
        let folder = tempfile::tempdir().unwrap();
        let bare = Bare::to(&provider.address, way);
        let engine = engine(folder.path(), (&provider.address, way), |host| {
            Box::pin(async move {
                for number in 0..EACH {
                    ask(&host, number).await;
                }
            })
        });
        let (mut alone, mut through) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            alone.push(by_reqwest(&bare).await);
            let mut runs = Vec::new();
            for _ in 0..AT_ONCE {
                runs.push(start(&engine).await);
            }
            let began = Began::now();
            let tasks = runs.into_iter().map(|run| {
                let engine = engine.clone();
                tokio::spawn(async move { drive(&engine, run).await })
            });
            all(tasks.collect()).await;
            through.push(began.took());
        }
        rows(way, &alone, &through);
    }
}

async fn by_reqwest(bare: &Bare) -> Took {
    let began = Began::now();
    let tasks = (0..AT_ONCE).map(|_| {
        let bare = bare.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                bare.ask(number).await;
            }
        })
    });
    all(tasks.collect()).await;
    began.took()
}

async fn all(tasks: Vec<tokio::task::JoinHandle<()>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

fn rows(way: &str, alone: &[Took], through: &[Took]) {
    const CALLS: usize = AT_ONCE * EACH;
    let calls = u32::try_from(CALLS).unwrap();
    let middle =
        |rounds: &[Took], of: fn(&Took) -> Duration| median(rounds.iter().map(of).collect());
    let rate = |rounds| CALLS as f64 / middle(rounds, |took| took.wall).as_secs_f64();
    let each = |rounds| shown(middle(rounds, |took| took.processors) / calls);
    let what = format!("{AT_ONCE} at once, {way}: calls in a second");
    let measured = format!("{:.0}/s ({:.0}/s by reqwest)", rate(through), rate(alone));
    row(&what, &measured, "–");
    let what = format!("{AT_ONCE} at once, {way}: of the processors for each call");
    row(
        &what,
        &format!("{} ({} by reqwest)", each(through), each(alone)),
        "–",
    );
}

struct Began {
    at: Instant,
    processors: Duration,
}

impl Began {
    fn now() -> Self {
        Self {
            at: Instant::now(),
            processors: processor_time(),
        }
    }

    fn took(&self) -> Took {
        Took {
            wall: self.at.elapsed(),
            processors: processor_time() - self.processors,
        }
    }
}
