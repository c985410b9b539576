//! Asks the person at the terminal who they are: a name, and a password that nobody sees.

use stepwell_workers::off_the_workers;

use super::Screen;
use super::keyboard::{Keyboard, Typed};

/// What the person types; none where they type nothing.
pub(crate) async fn asked_for(screen: &Screen, what: &str) -> Option<String> {
    screen.ask(&format!("{what}\n> "));
    let typed = Keyboard::default().line().await;
    screen.asked();
    match typed {
        Some(Typed::Line(line)) => Some(line.trim().to_owned()).filter(|it| !it.is_empty()),
        Some(Typed::Foreign) | None => None,
    }
}

/// The same of what isn't shown while it is typed.
pub(crate) async fn asked_in_secret(screen: &Screen, what: &str) -> Option<String> {
    screen.ask(&format!("{what} (it isn't shown)\n> "));
    let typed = off_the_workers(|| console::Term::stderr().read_secure_line()).await;
    screen.ask_more("\n");
    screen.asked();
    typed.ok().filter(|it| !it.is_empty())
}
