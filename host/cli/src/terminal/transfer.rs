//! How far something is that comes over the network, as a line that is drawn again and again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stepwell_contract::amounts::size;
use stepwell_registry::Moved;

use super::Screen;

/// How often the line is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// Something that comes.
pub(crate) struct Transfer {
    screen: Arc<Screen>,
    title: String,
    drawn: Mutex<Option<Instant>>,
}

impl Transfer {
    pub(crate) fn of(screen: &Arc<Screen>, title: String) -> Self {
        Self {
            screen: Arc::clone(screen),
            title,
            drawn: Mutex::default(),
        }
    }

    /// More of it came.
    pub(crate) fn moved(&self, moved: Moved) {
        if !self.screen.draws() {
            return;
        }
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if is_new {
            *drawn = Some(Instant::now());
            let line = format!("{}  {}", self.title, far(moved));
            self.screen.draw(&[self.screen.style().dim(&line)]);
        }
    }
}

fn far(moved: Moved) -> String {
    match moved.of {
        Some(of) => format!("{} of {}", size(moved.came), size(of)),
        None => size(moved.came),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_that_nobody_told_is_left_out() {
        let moved = |of| Moved { came: 2048, of };
        assert_eq!(far(moved(Some(4096))), "2 KiB of 4 KiB");
        assert_eq!(far(moved(None)), "2 KiB");
    }
}
