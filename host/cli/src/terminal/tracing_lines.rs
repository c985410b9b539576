//! What the rooms say for whoever looks for a mistake, as lines on standard error.

use std::fmt;
use std::io;
use std::sync::Arc;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Screen, now};
use crate::arguments::LogFormat;

/// Warnings always, more with `-v`. Only the rooms of this house: a library's own log could hold what it sends.
pub(crate) fn tracing_to(screen: &Arc<Screen>) {
    let level = match screen.verbosity() {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let rooms = [
        "stepwell_engine",
        "stepwell_llm",
        "stepwell_sandbox",
        "stepwell_store",
        "stepwell_telemetry",
        "stepwell",
    ];
    let rooms = Targets::new().with_targets(rooms.map(|room| (room, level)));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Lines(Arc::clone(screen)));
    let lines = match screen.format() {
        LogFormat::Text => lines
            .without_time()
            .with_target(screen.verbosity() > 0)
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_timer(OurClock)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(lines)
        .with(rooms)
        .init();
}

/// The time that everything else of the command goes by.
struct OurClock;

impl FormatTime for OurClock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", now())
    }
}

struct Lines(Arc<Screen>);

/// One line; said when it is complete, so that it goes above a drawing in one piece.
struct Line(Arc<Screen>, Vec<u8>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Arc::clone(&self.0), Vec::new())
    }
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.1.is_empty() {
            self.0.say_as_it_is(&String::from_utf8_lossy(&self.1));
        }
    }
}
