//! The exit codes, and what each of them means.

use std::fmt::Write as _;
use std::process::ExitCode;

use strum::VariantArray;

/// How a command ended, as a script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(crate) enum Exit {
    Success,
    Failed,
    Usage,
    Waiting,
    InvalidInput,
    Store,
    Model,
    Unagreed,
    Interrupted,
    Terminated,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::InvalidInput => 4,
            Self::Store => 5,
            Self::Model => 6,
            Self::Unagreed => 7,
            // What a shell gives for a program that SIGINT or SIGTERM ended.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done",
            Self::Failed => {
                "the run failed, a check found a problem, or something unexpected went wrong"
            }
            Self::Usage => "the command line can't be understood",
            Self::Waiting => {
                "the run waits for a person: for answers, after --until, or with steps to run again"
            }
            Self::InvalidInput => {
                "something given doesn't fit: a definition, a plugin, a prompt, the name of a run or step"
            }
            Self::Store => {
                "the store can't be used: in use, no permission, disk full, damaged, not there"
            }
            Self::Model => {
                "no model can be asked: none is set up, a key is missing, a cassette can't be read"
            }
            Self::Unagreed => {
                "a plugin isn't the one in stepwell.lock and nobody was there to agree to it, or it isn't signed as it has to be"
            }
            Self::Interrupted => "stopped by Ctrl-C; `stepwell resume` goes on",
            Self::Terminated => "stopped by SIGTERM; `stepwell resume` goes on",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// All codes with their meanings, for `--help` and the reference.
pub(crate) fn table() -> String {
    let mut text = String::from("Exit codes:\n");
    for exit in Exit::VARIANTS {
        let _ = writeln!(text, "  {:>3}  {}", exit.code(), exit.meaning());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_means_one_thing() {
        let codes: BTreeSet<u8> = Exit::VARIANTS.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes.len(), Exit::VARIANTS.len());
        assert_eq!(table().lines().count(), Exit::VARIANTS.len() + 1);
        assert!(table().contains("  130  stopped by Ctrl-C"));
    }
}
