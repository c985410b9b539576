//! A server of few descriptors, and clients that hold as many connections as they can.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use stepwell_tests::{Project, Provider, Serving};

use crate::upkeep::FLOW;

const DESCRIPTORS: u32 = 64;
const HELD: usize = 100;

fn connect(serving: &Serving) -> TcpStream {
    TcpStream::connect(&serving.address).unwrap()
}

/// A stream of changes, which ends with its client.
fn stream(serving: &Serving) -> TcpStream {
    let mut stream = connect(serving);
    let head = format!(
        "GET /api/stream HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
        serving.address, serving.token
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The status of what comes, and the first of it.
fn begins(stream: &mut TcpStream) -> (u16, String) {
    let mut bytes = [0; 1024];
    let length = stream.read(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

/// Asks until there is a place again.
fn recovers(serving: &Serving) {
    for _ in 0..600 {
        if serving.get("/api/runs").status == 200 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no place became free");
}

#[test]
fn streams_that_are_held_leave_descriptors_for_health_and_the_store() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve_with_descriptors(DESCRIPTORS);
    let mut held: Vec<_> = (0..HELD).map(|_| stream(&serving)).collect();
    let answers: Vec<_> = held.iter_mut().map(begins).collect();
    let taken = answers.iter().filter(|(status, _)| *status == 200).count();
    assert!((4..DESCRIPTORS as usize / 2).contains(&taken), "{taken}");
    for (status, text) in answers.iter().filter(|(status, _)| *status != 200) {
        assert_eq!(*status, 503, "{text}");
        assert!(text.contains("descriptors of its process"), "{text}");
    }
    // It is alive, says so, and works: commands come by the socket, and the store opens its files.
    for _ in 0..10 {
        assert_eq!(serving.get("/healthz").status, 200);
        assert_eq!(serving.get("/readyz").status, 200);
        assert_eq!(serving.get("/api/runs").status, 503);
    }
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project.run(&["store", "check"]).exits_with(0);
    drop(held);
    recovers(&serving);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn connections_that_ask_nothing_keep_nobody_out() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve_with_descriptors(DESCRIPTORS);
    let held: Vec<_> = (0..HELD).map(|_| connect(&serving)).collect();
    assert_eq!(serving.get("/healthz").status, 200);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    // Nobody has to hang up: who asks nothing is cut off.
    recovers(&serving);
    drop(held);
    let _ = serving.terminate().exits_with(0);
}
