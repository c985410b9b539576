//! Compilations in a process of their own: a few at once, and told of where somebody waits.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::common::hostile_with;
use stepwell_contract::{Compiling, StepRunner as _, compiling};
use stepwell_sandbox::{Compiler, Sandbox, SandboxSettings};

/// A sandbox whose compiler never comes to an end.
fn endless() -> Sandbox {
    let settings = SandboxSettings {
        max_instances: 8,
        compiler: Some(Compiler {
            program: "/bin/sh".into(),
            arguments: ["-c", "exec sleep 1000"].map(Into::into).into(),
            time: Duration::from_secs(1000),
            memory: 1 << 30,
        }),
        ..SandboxSettings::default()
    };
    Sandbox::new(settings).unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn who_waits_for_other_compilations_is_told_and_comes_next() {
    let sandbox = Arc::new(endless());
    let (tell, told) = mpsc::channel();
    let mut loads = Vec::new();
    let mut load = |number: usize| {
        let (sandbox, tell) = (Arc::clone(&sandbox), tell.clone());
        let component = hostile_with("@0.1.0", &format!("@0.1.{number}"));
        loads.push(tokio::spawn(async move {
            let telling = |how_far| tell.send((number, how_far)).unwrap();
            let _ = sandbox.load_telling(component, &telling).await;
        }));
    };
    let next = async || loop {
        match told.try_recv() {
            Ok(told) => break told,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    for number in 0..compiling::AT_ONCE {
        load(number);
        assert_eq!(next().await, (number, Compiling::Begun));
    }
    let last = compiling::AT_ONCE;
    load(last);
    assert_eq!(next().await, (last, Compiling::Waits));
    // Whoever gives up makes room.
    loads[0].abort();
    assert_eq!(next().await, (last, Compiling::Begun));
    for load in loads {
        load.abort();
    }
}
