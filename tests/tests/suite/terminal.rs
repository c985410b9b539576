//! A command at a terminal, and what the terminal shows.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use stepwell_tests::Project;

/// A command at a terminal.
pub(crate) struct Terminal {
    session: PtySession,
    /// Everything that came so far.
    came: String,
}

impl Terminal {
    pub(crate) fn start(project: &Project, arguments: &[&str]) -> Self {
        Self::spawn(project.command(arguments))
    }

    /// Starts it at a terminal of so many columns, and rows enough for all.
    pub(crate) fn start_of_width(project: &Project, columns: u32, arguments: &[&str]) -> Self {
        let command = project.command(arguments);
        let mut sized = Command::new("sh");
        sized
            .args([
                "-c",
                &format!("stty cols {columns} rows 500; exec \"$0\" \"$@\""),
            ])
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .current_dir(project.path());
        for (name, value) in command.get_envs() {
            sized.env(name, value.unwrap_or_default());
        }
        Self::spawn(sized)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::inherit()).env("TERM", "xterm");
        Self {
            session: spawn_command(command, Some(30_000)).unwrap(),
            came: String::new(),
        }
    }

    /// Waits until this is shown.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        let seen = self.session.exp_string(text);
        let before = seen.unwrap_or_else(|error| panic!("should show `{text}`: {error}"));
        self.came += &before;
        self.came += text;
        self
    }

    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.session.send_line(line).unwrap();
        self
    }

    /// Types bytes, in whatever encoding.
    pub(crate) fn types_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let mut keys = self.session.process().get_file_handle().unwrap();
        keys.write_all(bytes).unwrap();
        self
    }

    pub(crate) fn presses_control(&mut self, key: char) -> &mut Self {
        self.session.send_control(key).unwrap();
        self
    }

    /// What stands on the terminal, line by line, after everything that was waited for.
    pub(crate) fn picture(&self) -> Vec<String> {
        // Each byte came as a character of its own.
        let bytes: Vec<u8> = self
            .came
            .chars()
            .map(|byte| u8::try_from(byte).unwrap_or(b'?'))
            .collect();
        picture(&String::from_utf8_lossy(&bytes))
    }

    /// Waits for its end; what it showed last, and its exit code.
    pub(crate) fn ends(mut self) -> (String, i32) {
        let rest = self.session.exp_eof().unwrap();
        let WaitStatus::Exited(_, code) = self.session.process().wait().unwrap() else {
            panic!("a signal ended it:\n{rest}");
        };
        (rest, code)
    }
}

/// What a terminal makes of what it is sent, as far as the program uses it: text, line ends, colours, going up, erasing.
fn picture(sent: &str) -> Vec<String> {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut characters = sent.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == lines.len() {
                    lines.push(Vec::new());
                }
            }
            '\x1b' => {
                let sequence: String = characters
                    .by_ref()
                    .skip_while(|c| *c == '[')
                    .take_while(|c| !"ABCDHJKmhl".contains(*c) || c.is_ascii_digit())
                    .collect();
                // `take_while` takes the letter away, so it is found again behind the numbers.
                let letter = sent[..sent.len() - characters.as_str().len()]
                    .chars()
                    .last();
                match letter {
                    Some('A') => row -= sequence.parse::<usize>().unwrap_or(1).min(row),
                    Some('K') => lines[row].truncate(column),
                    Some('J') => {
                        lines.truncate(row + 1);
                        lines[row].truncate(column);
                    }
                    _ => {}
                }
            }
            shown => {
                let line = &mut lines[row];
                if line.len() <= column {
                    line.resize(column + 1, ' ');
                }
                line[column] = shown;
                column += 1;
            }
        }
    }
    let text = lines
        .into_iter()
        .map(|line| line.into_iter().collect::<String>());
    text.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_picture_is_what_is_left_of_what_was_sent() {
    let sent = "one\r\ntwo\r\n\x1b[2A\r\x1b[2mTHREE\x1b[0m\x1b[K\r\n\x1b[Jend";
    assert_eq!(picture(sent), ["THREE", "end"]);
}
