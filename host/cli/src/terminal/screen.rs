//! The two outputs: results go to standard output, everything else to standard error.
//!
//! The drawing of a run's progress is a block of lines at the end of standard error that is drawn over again and again.
//! Whatever else is said goes above it; while a person is asked, nothing is drawn and nothing is said.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use stepwell_contract::{in_order, json_in_order};

use super::logged::{Level, object};
use super::style::{plain, plain_paragraph};
use super::{Room, Style};
use crate::arguments::{LogFormat, When};
use crate::environment::Environment;

/// Why a result is not at its reader.
#[derive(Debug)]
pub(crate) struct Unprinted(pub(crate) io::Error);

/// Where a command prints.
pub(crate) struct Screen {
    out_style: Style,
    /// Whether standard output is a terminal, which a foreign text could take over.
    out_is_terminal: bool,
    style: Style,
    /// Whether standard error is a terminal.
    is_terminal: bool,
    /// Whether it is one that can be drawn on.
    draws: bool,
    /// Whether a person can be asked.
    can_ask: bool,
    quiet: bool,
    verbosity: u8,
    format: LogFormat,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many lines of the terminal the drawing takes.
    drawn: usize,
    asking: bool,
    /// What was said while a person was asked.
    held_back: String,
}

impl Screen {
    pub(crate) fn new(
        color: When,
        quiet: bool,
        verbosity: u8,
        format: LogFormat,
        environment: &Environment,
    ) -> Self {
        let is_text = format == LogFormat::Text;
        let able = environment.has_able_terminal();
        let colored = |is_terminal: bool| match color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && able && !environment.wants_no_color(),
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            out_style: Style::new(colored(out)),
            out_is_terminal: out,
            style: Style::new(colored(err) && is_text),
            is_terminal: err,
            draws: err && able && !quiet && is_text,
            can_ask: err && io::stdin().is_terminal(),
            quiet,
            verbosity,
            format,
            state: Mutex::default(),
        }
    }

    /// A screen without colours or drawings, for tests.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self::new(
            When::Never,
            true,
            0,
            LogFormat::Text,
            &Environment::default(),
        )
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// The style of results.
    pub(crate) fn out_style(&self) -> Style {
        self.out_style
    }

    pub(crate) fn draws(&self) -> bool {
        self.draws
    }

    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn verbosity(&self) -> u8 {
        self.verbosity
    }

    pub(crate) fn format(&self) -> LogFormat {
        self.format
    }

    /// Prints a result. Whoever reads it may want no more of it, as `head` does: that is no error, and the command ends as
    /// its work did.
    ///
    /// # Errors
    /// That it can't be written.
    pub(crate) fn print(&self, text: &str) -> Result<(), Unprinted> {
        self.clear();
        let text = match self.out_is_terminal {
            true => in_order(text),
            false => text.into(),
        };
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Unprinted),
        }
    }

    /// Prints a text that somebody wrote, and ends its last line. In a file or a pipe it is what it is, byte by byte.
    pub(crate) fn print_text(&self, text: &str) -> Result<(), Unprinted> {
        let text = &*self.harmless(text);
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        self.print(&format!("{text}{end}"))
    }

    /// Prints what differs between texts that somebody wrote.
    pub(crate) fn print_diff(&self, diff: &str) -> Result<(), Unprinted> {
        self.print(&self.out_style.diff(&self.harmless(diff)))
    }

    /// A foreign text as it may be printed: a terminal gets nothing that would move its cursor or change its settings.
    fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.out_is_terminal {
            true => Cow::Owned(plain(text)),
            false => Cow::Borrowed(text),
        }
    }

    /// Prints a result as JSON.
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<(), Unprinted> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Unprinted(error.into()))?;
        self.print(&format!("{}\n", json_in_order(&text)))
    }

    /// Prints a line of JSON, of which there may be more.
    pub(crate) fn print_json_line(&self, value: &impl Serialize) -> Result<(), Unprinted> {
        let text = serde_json::to_string(value).map_err(|error| Unprinted(error.into()))?;
        self.print(&format!("{}\n", json_in_order(&text)))
    }

    /// Says something to the person, above the drawing. A person who has gone hears nothing, and the work goes on.
    pub(crate) fn say(&self, text: &str) {
        self.say_at(Level::Info, text);
    }

    /// Says why the command couldn't do what it was asked.
    pub(crate) fn fail(&self, text: &str) {
        self.say_at(Level::Error, text);
    }

    /// Says something that matters as much.
    pub(crate) fn say_at(&self, level: Level, text: &str) {
        match self.format {
            LogFormat::Text => self.say_as_it_is(text),
            LogFormat::Json if text.trim().is_empty() => {}
            LogFormat::Json => self.say_as_it_is(&object(level, text)),
        }
    }

    /// Says what is in the format already.
    pub(crate) fn say_as_it_is(&self, text: &str) {
        let mut state = self.state();
        if state.asking {
            state.held_back.push_str(text);
            return;
        }
        let text = format!("{}{text}", erase(&mut state));
        write_error(&text);
    }

    /// Says something that a quiet person doesn't want to hear.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Says what may be done next.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            self.advise(text);
        }
    }

    /// Says what to do, also to a quiet person.
    pub(crate) fn advise(&self, text: &str) {
        self.say(&format!(
            "{} {}\n",
            self.style.hint("hint:"),
            plain_paragraph(text)
        ));
    }

    /// Says what needs a look.
    pub(crate) fn warn(&self, text: &str) {
        let text = format!(
            "{} {}\n",
            self.style.warning("warning:"),
            plain_paragraph(text)
        );
        self.say_at(Level::Warn, &text);
    }

    /// Draws over what was drawn before. Lines are cut to the terminal's width: a line that wraps could not be erased.
    pub(crate) fn draw(&self, lines: &[String]) {
        let mut state = self.state();
        if state.asking || !self.draws {
            return;
        }
        let (_, columns) = size();
        // Each line is written over the one before it: erasing all of them first would flicker.
        let mut text = match state.drawn {
            0 => String::new(),
            drawn => format!("\x1b[{drawn}A\r"),
        };
        for line in lines {
            let line = in_order(line);
            text.push_str(&console::truncate_str(
                &line,
                columns.saturating_sub(1),
                "…",
            ));
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
        state.drawn = lines.len();
        write_error(&text);
    }

    /// How many lines a drawing may have.
    pub(crate) fn room(&self) -> usize {
        size().0.saturating_sub(2).max(3)
    }

    /// The room that a person has who is asked.
    pub(crate) fn room_to_ask(&self) -> Room {
        let (rows, columns) = size();
        Room { rows, columns }
    }

    /// How wide what is said may be: as the terminal, and without an end where there is none.
    pub(crate) fn columns(&self) -> usize {
        match self.is_terminal {
            true => size().1,
            false => usize::MAX,
        }
    }

    /// Takes the drawing away.
    pub(crate) fn clear(&self) {
        let text = erase(&mut self.state());
        write_error(&text);
    }

    /// Leaves the drawing where it is, and goes on below it.
    pub(crate) fn keep(&self) {
        self.state().drawn = 0;
    }

    /// Nothing is drawn or said until [`Screen::asked`].
    pub(crate) fn ask(&self, text: &str) {
        let mut state = self.state();
        state.asking = true;
        let text = format!("{}{text}", erase(&mut state));
        write_error(&text);
    }

    /// Writes while a person is asked.
    pub(crate) fn ask_more(&self, text: &str) {
        write_error(text);
    }

    /// The person has answered.
    pub(crate) fn asked(&self) {
        let mut state = self.state();
        state.asking = false;
        write_error(&std::mem::take(&mut state.held_back));
    }

    /// The command has ended: what was held back is said.
    pub(crate) fn finish(&self) {
        self.asked();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Between any two of its lines the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows and columns.
fn size() -> (usize, usize) {
    let (rows, columns) = console::Term::stderr().size();
    (usize::from(rows), usize::from(columns))
}

/// What moves the cursor to the start of the drawing and erases it.
fn erase(state: &mut State) -> String {
    match std::mem::take(&mut state.drawn) {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\r\x1b[J"),
    }
}

fn write_error(text: &str) {
    // A closed standard error is no reason to stop work that costs money.
    let _ = io::stderr().lock().write_all(in_order(text).as_bytes());
}
