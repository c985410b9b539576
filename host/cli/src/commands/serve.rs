//! `stepwell serve`: the page and the HTTP API, and runs in the background.

mod admitting;

use jiff::Timestamp;
use stepwell_server::{Limits, Server, listen};
use tokio::net::TcpListener;

use crate::arguments::ServeArguments;
use crate::errors::{CommandError, ModelsError, ServingError};
use crate::exit::Exit;
use crate::open_files;
use crate::socket::Door;
use crate::terminal::{Interrupts, now};
use crate::wiring::{Context, Need, Tape};
use admitting::Admitting;

pub(super) async fn serve(
    arguments: ServeArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    if now() < Timestamp::UNIX_EPOCH {
        // What the head of each answer would have to say nobody can write.
        return Err(ServingError::Clock.into());
    }
    let wired = context.wire_own_with(Need::Make, &arguments.models, Tape::Begins)?;
    let engine = wired.own_engine()?;
    context.telling.begin(&wired);
    let wanted = arguments.listen;
    let listener = TcpListener::bind(wanted)
        .await
        .map_err(|source| ServingError::Listen {
            address: wanted,
            source,
        })?;
    let address = listener.local_addr().unwrap_or(wanted);
    let admitting = Admitting::of(&arguments, address, &wired, context)?;
    // Beyond this machine anybody with the token may ask.
    let user = match address.ip().is_loopback() {
        true => context.environment.user(),
        false => String::new(),
    };
    let server = Server::new(engine, wired.about()).of_user(&user);
    let interrupts = Interrupts::listen_to_end_a_server(std::sync::Arc::clone(&context.screen));
    let router = server.guarded(admitting.access());
    // A quarter of the descriptors: the socket's have an eighth, and half of all are for copies of the workspace.
    let limits = Limits::of_descriptors(open_files::allowed(), 4);
    let serving = tokio::spawn(listen(listener, router, limits, server.ending()));
    let supervisor = server.supervisor();
    let door = Door::open(&wired.folder, server).map_err(CommandError::unwritten(&wired.folder))?;
    let taken = supervisor.take_up_interrupted().await;
    match taken.as_deref() {
        Ok([]) => {}
        Ok(runs) => context.screen.note(&going_on(runs.len())),
        Err(problem) => context.screen.warn(&problem.detail),
    }
    if context.tidy_up(&wired).await > 0 {
        supervisor.has_removed();
    }
    let tidying = tokio::spawn(async move { supervisor.keep_tidy().await });
    admitting.tell(context)?;
    let opening = arguments.open.then(|| admitting.open(context));
    // Until a signal comes; the sender lives as long as the process.
    let _ = interrupts.stop().wait_for(|stop| *stop).await;
    if let Some(opening) = opening {
        // The browser had its time.
        drop(opening.await);
    }
    tidying.abort();
    door.close().await;
    // The listener has a deadline of its own, and it never panics.
    let _ = serving.await;
    if let Some(recorder) = &wired.asked.recorder {
        recorder.finish().map_err(ModelsError::Record)?;
    }
    Ok(Exit::Success)
}

fn going_on(count: usize) -> String {
    match count {
        1 => "an interrupted run goes on\n".into(),
        count => format!("{count} interrupted runs go on\n"),
    }
}
