//! Asks the person at the terminal for a yes.

use super::Screen;
use super::keyboard::{Keyboard, Typed};

/// Whether the person says yes. Anything else is a no: an empty line, the end of what they type, another word.
pub(crate) async fn says_yes(screen: &Screen, question: &str) -> bool {
    screen.ask(&format!("{question} (yes or no)\n> "));
    let typed = Keyboard::default().line().await;
    let is_yes = match typed {
        Some(Typed::Line(line)) => is_yes(&line),
        Some(Typed::Foreign) => false,
        None => {
            // What is said next begins on a line of its own.
            screen.ask_more("\n");
            false
        }
    };
    screen.asked();
    is_yes
}

fn is_yes(line: &str) -> bool {
    let word = line.trim();
    ["y", "yes"]
        .iter()
        .any(|yes| word.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for yes in ["y", "yes", " YES "] {
            assert!(is_yes(yes), "{yes}");
        }
        for no in ["", "n", "no", "yes, but later", "ye"] {
            assert!(!is_yes(no), "{no}");
        }
    }
}
