//! Serves the page of a project with a history, on steps that are plain functions: `cargo run --example seeded -- 7117`.
//! Everything is in memory, and gone when it ends.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example that can't go on panics, and it shares its history with the tests"
)]

#[path = "../../engine/tests/suite/common/mod.rs"]
mod common;
#[path = "../tests/suite/page/compared.rs"]
mod compared;
#[path = "../tests/suite/page/seed.rs"]
mod seed;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or_else(|| "7117".into());
    let world = seed::seeded(seed::world().await).await;
    compared::compare(&world).await;
    world
        .provider
        .slow_down(std::time::Duration::from_millis(40));
    let about = stepwell_server::About {
        project: world.workspace().display().to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let server = stepwell_server::Server::new(world.engine.clone(), about);
    let router = server.guarded(stepwell_server::Access::default());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}
