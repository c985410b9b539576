//! Every command that a page of the documentation shows can be read, whether its page carries it out or only shows it.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::Cli;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages: Vec<PathBuf> = [
        "README.md",
        "workflows/README.md",
        "plugins/testing/README.md",
    ]
    .iter()
    .map(|page| root.join(page))
    .collect();
    for folder in [
        "docs",
        "docs/guides",
        "docs/concepts",
        "docs/reference",
        "examples/automated_coding",
    ] {
        let entries = root.join(folder).read_dir().unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|it| it == "md")));
    }
    pages
}

/// The blocks of shell commands.
fn shell_blocks(page: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```sh") => {
                inside = true;
                blocks.push(String::new());
            }
            (true, "```") => inside = false,
            (true, _) => blocks.last_mut().unwrap().push_str(&format!("{line}\n")),
            (false, _) => {}
        }
    }
    blocks
}

/// The words of each command of this program in a block: those behind `stepwell` or `cargo run --`.
fn commands(block: &str) -> Vec<Vec<String>> {
    // What a shell puts in a command's place is a command of its own, and so is each line that no quote goes on over.
    let block = ["\"$(", ")\"", "$(", "<(", ")"]
        .iter()
        .fold(block.to_owned(), |block, part| block.replace(part, " ; "));
    let mut block = split_lines(&block);
    block.retain(|words| !words.is_empty());
    block
        .iter()
        .flat_map(|words| {
            words.split(|word| matches!(word.as_str(), ";" | "&&" | "||" | "|" | ">" | ">>" | "<"))
        })
        .filter_map(|words| {
            let assigned = |word: &&String| word.contains('=') && !word.starts_with('-');
            let begin = words.iter().take_while(assigned).count();
            match &words[begin..] {
                [program, rest @ ..] if program == "stepwell" => Some(rest.to_vec()),
                [cargo, run, dashes, rest @ ..]
                    if cargo == "cargo" && run == "run" && dashes == "--" =>
                {
                    Some(rest.to_vec())
                }
                _ => None,
            }
        })
        .collect()
}

/// The words of each command line; a text in quotes may go on over lines.
fn split_lines(block: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for next in block.lines() {
        line = if line.is_empty() {
            next.to_owned()
        } else {
            format!("{line}\n{next}")
        };
        if let Some(words) = shlex::split(&line) {
            lines.push(words);
            line.clear();
        }
    }
    assert!(line.is_empty(), "a quote without its end:\n{line}");
    lines
}

#[test]
fn a_line_of_a_shell_has_its_commands() {
    let words = |line: &str| {
        commands(line)
            .iter()
            .map(|words| words.join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words("KEY=x cargo run -- demo && stepwell status # all"),
        ["demo", "status"]
    );
    assert_eq!(
        words("test \"$(stepwell docs get a b)\" = \"x\""),
        ["docs get a b"]
    );
    assert_eq!(
        words("diff <(stepwell status) <(stepwell runs)"),
        ["status", "runs"]
    );
    assert_eq!(
        words("stepwell prompt show p | stepwell prompt add p -"),
        ["prompt show p", "prompt add p -"]
    );
    assert_eq!(
        words("stepwell prompt add p --text 'a\n\nb'\nstepwell status"),
        ["prompt add p --text a\n\nb", "status"]
    );
    assert!(words("cargo test --workspace").is_empty());
}

#[test]
fn every_command_that_is_shown_can_be_read() {
    let mut read = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for command in shell_blocks(&text).iter().flat_map(|block| commands(block)) {
            let words = ["stepwell".to_owned()].into_iter().chain(command.clone());
            if let Err(error) = Cli::try_parse_from(words) {
                panic!(
                    "{}: stepwell {}\n{error}",
                    page.display(),
                    command.join(" ")
                );
            }
            read += 1;
        }
    }
    assert!(read > 60, "only {read} commands were found");
}
