//! Values with an inner form: `NAME=TEXT`, `STEP/NAME=FILE`, `STEP[2]~3`, `NAME=N`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use stepwell_contract::{Money, Publish, StepPath};
use stepwell_engine::{DocumentPlace, QuestionPlace, RunStatus};
use strum::VariantArray as _;

/// `NAME=TEXT`, or `NAME=@FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedText {
    pub(crate) name: String,
    pub(crate) text: Text,
}

/// A text, or where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    Here(String),
    File(PathBuf),
    StandardInput,
}

impl FromStr for NamedText {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let Some((name, text)) = given.split_once('=') else {
            return Err("expected NAME=TEXT, or NAME=@FILE to read it from a file".into());
        };
        Ok(Self {
            name: name.to_owned(),
            text: text.parse()?,
        })
    }
}

impl FromStr for Text {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.strip_prefix('@') {
            Some("-") => Self::StandardInput,
            // Doubled, it is the character itself.
            Some(rest) if rest.starts_with('@') => Self::Here(rest.to_owned()),
            Some("") => {
                return Err(
                    "there is no file name after `@`; write `@@` for a text that begins with `@`"
                        .into(),
                );
            }
            Some(file) => Self::File(file.into()),
            None => Self::Here(text.to_owned()),
        })
    }
}

/// Reads where a run puts what its steps write.
pub(crate) fn publish() -> impl TypedValueParser<Value = Publish> {
    let words = Publish::VARIANTS.iter().map(<&str>::from);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Publish>())
}

/// `[STEP/]KEY=TEXT`, or `[STEP/]KEY=@FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerValue {
    pub(crate) step: Option<StepPath>,
    pub(crate) items: Vec<u32>,
    pub(crate) key: String,
    pub(crate) text: Text,
}

impl FromStr for AnswerValue {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let Some((place, text)) = given.split_once('=') else {
            return Err("expected KEY=TEXT, or STEP/KEY=TEXT".into());
        };
        let (QuestionPlace { step, key }, items) = question(place);
        if key.is_empty() {
            return Err("there is no key before `=`".into());
        }
        Ok(Self {
            step,
            items,
            key,
            text: text.parse()?,
        })
    }
}

/// A question as an answer names it, with the items of its step where some are named: `implementation/code[2]/KEY`.
fn question(given: &str) -> (QuestionPlace, Vec<u32>) {
    let of_items = given
        .rsplit_once('/')
        .and_then(|(step, key)| Some((step.parse::<DocumentPlace>().ok()?, key)))
        .filter(|(step, _)| !step.items.is_empty());
    match of_items {
        Some((DocumentPlace { step, items, .. }, key)) => {
            let place = QuestionPlace {
                step: Some(step),
                key: key.to_owned(),
            };
            (place, items)
        }
        None => (given.into(), Vec::new()),
    }
}

/// `STEP/NAME=FILE`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentValue {
    pub(crate) step: StepPath,
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl FromStr for DocumentValue {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let expected = "expected STEP/NAME=FILE, such as requirement/requirement=mine.md";
        let (place, file) = given.split_once('=').ok_or(expected)?;
        let (step, name) = place.rsplit_once('/').ok_or(expected)?;
        let step = step
            .parse()
            .map_err(|error| format!("{expected}: {error}"))?;
        if name.is_empty() || file.is_empty() {
            return Err(expected.into());
        }
        Ok(Self {
            step,
            name: name.to_owned(),
            file: file.into(),
        })
    }
}

/// `NAME=N`, or `N` where the step has one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PromptChoice {
    pub(crate) name: Option<String>,
    pub(crate) number: u32,
}

impl FromStr for PromptChoice {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let (name, number) = match given.split_once('=') {
            Some((name, number)) => (Some(name.to_owned()), number),
            None => (None, given),
        };
        Ok(Self {
            name,
            number: version(number)?,
        })
    }
}

/// The word for the version that was created last.
pub(crate) const LATEST: &str = "latest";

/// A version, by its number or as the latest one created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionChoice {
    Number(u32),
    Latest,
}

impl FromStr for VersionChoice {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        match given {
            LATEST => Ok(Self::Latest),
            _ => version(given)
                .map(Self::Number)
                .map_err(|message| format!("{message}, nor `{LATEST}`")),
        }
    }
}

/// Reads `3` or `v3`.
pub(crate) fn version(given: &str) -> Result<u32, String> {
    let digits = given.strip_prefix('v').unwrap_or(given);
    digits
        .parse()
        .map_err(|_| format!("`{given}` is not the number of a version, such as 3"))
}

/// A text of a prompt, as a person names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptText {
    /// The version of this number.
    Version(u32),
    /// What the plugin brings along.
    Intrinsic,
}

impl PromptText {
    /// The number by which it is asked for.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Version(number) => number,
            Self::Intrinsic => 0,
        }
    }
}

impl fmt::Display for PromptText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(number) => write!(formatter, "v{number}"),
            Self::Intrinsic => formatter.write_str("intrinsic"),
        }
    }
}

/// Reads `3`, `v3`, or `intrinsic`.
pub(crate) fn prompt_text(given: &str) -> Result<PromptText, String> {
    if given == "intrinsic" {
        return Ok(PromptText::Intrinsic);
    }
    let number = version(given).map_err(|said| {
        format!("{said}; nor is it `intrinsic`, which is what the plugin brings along")
    })?;
    Ok(PromptText::Version(number))
}

/// Reads `127.0.0.1:7117`, `localhost:7117`, or `7117` alone, which is on this machine only.
pub(crate) fn listen(given: &str) -> Result<SocketAddr, String> {
    let port = given.strip_prefix("localhost:").unwrap_or(given);
    if let Ok(port) = port.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    given.parse().map_err(|_| {
        format!("`{given}` is not an address with a port, such as 127.0.0.1:7117 or [::1]:7117, nor a port alone")
    })
}

/// A size, such as `512MiB`.
pub(crate) fn bytes(given: &str) -> Result<u64, String> {
    stepwell_definition::bytes(given)
}

/// An amount of money, written as a plain number.
pub(crate) fn money(given: &str) -> Result<Money, String> {
    stepwell_definition::money(given)
}

/// `KEY=JSON`; what is no JSON is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingValue {
    pub(crate) key: String,
    pub(crate) value: serde_json::Value,
}

impl FromStr for SettingValue {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let (key, value) = given
            .split_once('=')
            .ok_or("expected KEY=VALUE, such as rounds=2 or style=\"short\"")?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }
}

/// Where a run is, by its word.
pub(crate) fn run_status() -> impl TypedValueParser<Value = RunStatus> {
    let words = RunStatus::VARIANTS.iter().map(<&str>::from);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<RunStatus>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> StepPath {
        text.parse().unwrap()
    }

    #[test]
    fn inputs_come_from_here_or_from_a_file() {
        let read = |text: &str| text.parse::<NamedText>().map(|given| given.text);
        assert_eq!(read("a=b=c"), Ok(Text::Here("b=c".into())));
        assert_eq!(read("a=@notes.md"), Ok(Text::File("notes.md".into())));
        assert_eq!(read("a=@-"), Ok(Text::StandardInput));
        assert_eq!(read("a=@@ada"), Ok(Text::Here("@ada".into())));
        assert_eq!(read("a="), Ok(Text::Here(String::new())));
        assert!(read("a").is_err() && read("a=@").is_err());
    }

    #[test]
    fn a_server_may_be_given_its_port_alone() {
        let here = |port| Ok(SocketAddr::from(([127, 0, 0, 1], port)));
        for given in ["127.0.0.1:7300", "localhost:7300", "7300"] {
            assert_eq!(listen(given), here(7300));
        }
        assert_eq!(listen("0.0.0.0:0").unwrap().to_string(), "0.0.0.0:0");
        assert_eq!(listen("[::1]:80").unwrap().to_string(), "[::1]:80");
        for bad in ["nonsense", "70000", "1.2.3.4", "localhost", "host:80", ""] {
            assert!(listen(bad).unwrap_err().contains("127.0.0.1:7117"), "{bad}");
        }
    }

    #[test]
    fn an_answer_may_name_its_step() {
        let read = |text: &str| {
            let given = text.parse::<AnswerValue>();
            given.map(|given| (given.step, given.key, given.text))
        };
        let here = |text: &str| Text::Here(text.into());
        assert_eq!(
            read("audience=all = everybody"),
            Ok((None, "audience".into(), here("all = everybody")))
        );
        assert_eq!(
            read("a/b/key=x"),
            Ok((Some(path("a/b")), "key".into(), here("x")))
        );
        assert_eq!(
            read("What/who?=@who.md"),
            Ok((None, "What/who?".into(), Text::File("who.md".into())))
        );
        assert!(read("audience").is_err() && read("=x").is_err() && read("a/=x").is_err());
    }

    #[test]
    fn a_document_has_a_step_a_name_and_a_file() {
        let read = |text: &str| text.parse::<DocumentValue>();
        let given = read("a/b/plan=x=y.md").unwrap();
        assert_eq!(
            (given.step, given.name.as_str(), given.file),
            (path("a/b"), "plan", "x=y.md".into())
        );
        assert!(read("plan=x.md").is_err() && read("a/plan").is_err() && read("A/plan=x").is_err());
    }

    #[test]
    fn the_latest_version_needs_no_number() {
        assert_eq!("latest".parse(), Ok(VersionChoice::Latest));
        assert_eq!("v4".parse(), Ok(VersionChoice::Number(4)));
        assert!("newest".parse::<VersionChoice>().is_err());
    }

    #[test]
    fn versions_may_have_a_v() {
        assert_eq!(
            "v3".parse(),
            Ok(PromptChoice {
                name: None,
                number: 3
            })
        );
        assert_eq!(
            "refine=2".parse(),
            Ok(PromptChoice {
                name: Some("refine".into()),
                number: 2
            })
        );
        assert!("refine".parse::<PromptChoice>().is_err() && version("-1").is_err());
    }

    #[test]
    fn a_text_of_a_prompt_is_a_version_or_the_plugins() {
        assert_eq!(prompt_text("v3"), Ok(PromptText::Version(3)));
        assert_eq!(prompt_text("intrinsic"), Ok(PromptText::Intrinsic));
        assert!(prompt_text("theirs").is_err());
    }

    #[test]
    fn settings_are_json_or_text() {
        let read = |text: &str| text.parse::<SettingValue>().unwrap().value;
        assert_eq!(read("a=2"), serde_json::json!(2));
        assert_eq!(read("a=[\"x\"]"), serde_json::json!(["x"]));
        assert_eq!(read("a=short text"), serde_json::json!("short text"));
    }
}
