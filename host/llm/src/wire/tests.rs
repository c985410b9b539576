//! What all formats are held against: golden requests and answers, and that how an answer is cut says nothing.
//!
//! `tests/golden/KIND/answers` has answers in the form in which each provider documents them. `BLESS=1` writes anew what is made of
//! them, and of the requests below.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use stepwell_contract::{
    Caching, ChatRequest, ChatResponse, Effort, Inference, Message, Part, ProviderKind,
    ProviderSettings, Role,
};
use strum::VariantArray as _;

use super::{Manner, Problem, WireFormat};
use crate::asking::Asked;
use crate::provider::format;

mod requests;

use requests::{model, requests};

const KINDS: [ProviderKind; 4] = [
    ProviderKind::OpenaiChat,
    ProviderKind::AnthropicMessages,
    ProviderKind::OpenaiResponses,
    ProviderKind::GeminiInteractions,
];

/// A format by its word.
struct Tried {
    name: String,
    format: Box<dyn WireFormat>,
}

fn tried() -> Vec<Tried> {
    let of = |kind| Tried {
        name: serde_json::to_value(kind).unwrap().as_str().unwrap().into(),
        format: format(kind),
    };
    KINDS.into_iter().map(of).collect()
}

impl Tried {
    fn folder(&self, of: &str) -> PathBuf {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        golden.join(&self.name).join(of)
    }

    /// The answers, by name.
    fn answers(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder("answers")).unwrap();
        let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| !path.to_string_lossy().ends_with(".read.json"));
        paths.sort();
        assert!(paths.len() > 4, "{} has too few answers", self.name);
        let read = |path: PathBuf| {
            let bytes = std::fs::read(&path).unwrap();
            (path, bytes)
        };
        paths.into_iter().map(read).collect()
    }

    /// Reads an answer that comes in these pieces, and the text that was handed on meanwhile.
    fn read<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Result<ChatResponse, Problem>, String) {
        let mut reader = self.format.reader("local");
        let mut text = String::new();
        let mut hand_on = |piece: &str| text.push_str(piece);
        let mut how = Ok(());
        for piece in pieces {
            how = reader.take(piece, &mut hand_on);
            if how.is_err() || reader.is_complete() {
                break;
            }
        }
        (reader.end(how, &mut hand_on), text)
    }
}

/// Compares with a file, or writes it.
#[allow(clippy::disallowed_methods, reason = "the switch of a golden file")]
fn holds(path: &Path, found: &Value) {
    let found = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{}: BLESS=1 writes it", path.display());
}

/// Without the parts that JSON in JSON would hide.
fn shown(read: Result<ChatResponse, Problem>) -> Value {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_else(|_| json.into());
    match read {
        Ok(response) => {
            let mut shown = serde_json::to_value(&response).unwrap();
            for (part, shown) in response.message.parts.iter().zip(parts(&mut shown)) {
                if let Part::Opaque(opaque) = part {
                    shown["opaque"]["content"] = parsed(&opaque.content);
                }
            }
            let details = response.details.iter();
            let details = details.map(|it| (it.name.clone(), parsed(&it.value)));
            shown["details"] = Value::Object(details.collect());
            shown
        }
        Err(problem) => json!({
            "error": problem.kind.code(), "message": problem.message, "may_pass": problem.may_pass,
        }),
    }
}

fn parts(response: &mut Value) -> impl Iterator<Item = &mut Value> {
    response["message"]["parts"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
}

#[test]
fn documented_answers_are_read_as_they_are_meant() {
    for tried in tried() {
        for (path, bytes) in tried.answers() {
            let (read, text) = tried.read([bytes.as_slice()]);
            if let Ok(response) = &read {
                assert_eq!(text, response.text, "{}", path.display());
                assert_eq!(response.message.joined_text(), response.text);
            }
            holds(&path.with_extension("read.json"), &shown(read));
        }
    }
}

/// Also where a mark stands before the first byte, and comes in pieces like the rest.
#[test]
fn byte_by_byte_an_answer_is_the_same() {
    for tried in tried() {
        for (path, bytes) in tried.answers() {
            let whole = tried.read([bytes.as_slice()]);
            let marked = [b"\xef\xbb\xbf", bytes.as_slice()].concat();
            for size in [1, 2] {
                assert_eq!(tried.read(bytes.chunks(size)), whole, "{}", path.display());
                assert_eq!(tried.read(marked.chunks(size)), whole, "{}", path.display());
            }
        }
    }
}

#[test]
fn what_is_cut_off_is_no_answer_unless_its_end_was_said() {
    for tried in tried() {
        for (path, bytes) in tried.answers() {
            let (Ok(whole), _) = tried.read([bytes.as_slice()]) else {
                continue;
            };
            // Of a long one not each byte is tried, but all that stand beside a line's end.
            let step = 1 + bytes.len() / 500;
            let is_end = |at: usize| bytes.get(at) == Some(&b'\n');
            let is_tried =
                |at: &usize| at.is_multiple_of(step) || is_end(*at) || is_end(at.saturating_sub(1));
            let ends: Vec<usize> = (0..bytes.len()).filter(is_tried).collect();
            let mut refused = 0;
            for end in ends.iter().copied() {
                let (read, _) = tried.read([&bytes[..end]]);
                match read {
                    Ok(read) => {
                        assert_eq!(read.message, whole.message, "{} at {end}", path.display());
                        assert_eq!(read.finish_reason, whole.finish_reason);
                    }
                    Err(problem) => {
                        refused += 1;
                        assert!(problem.may_pass, "{} at {end}: {problem:?}", path.display());
                    }
                }
            }
            assert!(refused * 2 > ends.len(), "{}", path.display());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn however_it_is_cut_an_answer_is_the_same(
        cuts in prop::collection::vec(1usize..90, 1..30),
        has_mark: bool,
    ) {
        for tried in tried() {
            for (path, mut bytes) in tried.answers() {
                if has_mark {
                    bytes.splice(0..0, *b"\xef\xbb\xbf");
                }
                let whole = tried.read([bytes.as_slice()]);
                let mut rest = bytes.as_slice();
                let mut pieces = Vec::new();
                for cut in cuts.iter().cycle() {
                    if rest.is_empty() {
                        break;
                    }
                    let (piece, after) = rest.split_at((*cut).min(rest.len()));
                    pieces.push(piece);
                    rest = after;
                }
                prop_assert_eq!(tried.read(pieces), whole, "{}", path.display());
            }
        }
    }

    #[test]
    fn nothing_that_a_server_sends_makes_a_reader_panic(
        text in r#"(\{|\}|\[|"|:|,|data: |event: error\n|\n\n|\n|type|"index":|"delta":|null|-1|4294967295|\PC){0,60}"#,
        at in 0usize..4000,
    ) {
        for tried in tried() {
            let _ = tried.read([text.as_bytes()]);
            let mut answers = tried.answers();
            let which = at % answers.len();
            let (_, bytes) = &mut answers[which];
            let at = at % bytes.len();
            bytes.splice(at..at, text.bytes());
            let _ = tried.read([bytes.as_slice()]);
        }
    }
}

/// What is written of a request, or why it can't be.
fn written(tried: &Tried, request: &ChatRequest) -> Value {
    written_so(tried, &Asked::plain(model(), request))
}

fn written_so(tried: &Tried, asked: &Asked<'_>) -> Value {
    let settings = ProviderSettings::new(ProviderKind::OpenaiChat, "http://localhost/v1");
    match tried.format.body(&settings, asked, Manner::default()) {
        Ok(body) => serde_json::from_slice(&body).unwrap(),
        Err(error) => json!({ "error": error.kind.code(), "message": error.message }),
    }
}

#[test]
fn requests_are_written_as_they_are_documented() {
    for tried in tried() {
        for (name, request) in requests(&tried) {
            let path = tried.folder("requests").join(name);
            holds(&path.with_extension("json"), &written(&tried, &request));
        }
    }
}

/// What each setting of how a model is asked becomes, beside a request of which nothing is set.
#[test]
fn settings_are_written_in_each_formats_own_words() {
    let hi = ChatRequest {
        messages: vec![Message::text(Role::User, "Hi")],
        ..ChatRequest::default()
    };
    for tried in tried() {
        let plain = written(&tried, &hi);
        let mut told = serde_json::Map::new();
        for (name, inference) in settings() {
            let mut asked = Asked::plain(model(), &hi);
            asked.model.inference = inference;
            let mut body = written_so(&tried, &asked);
            let fields = body.as_object_mut().unwrap();
            fields.retain(|key, value| plain.get(key) != Some(value));
            told.insert(name, body);
        }
        let path = tried.folder("settings").with_extension("json");
        holds(&path, &Value::Object(told));
    }
}

/// Each setting alone, and some that may not go together.
fn settings() -> Vec<(String, Inference)> {
    let mut all = Vec::new();
    for effort in Effort::VARIANTS.iter().copied() {
        let of_effort = Inference {
            effort: Some(effort),
            ..Inference::default()
        };
        all.push((format!("effort = {}", effort.word()), of_effort));
    }
    for thinking in [true, false] {
        let of_thinking = Inference {
            thinking: Some(thinking),
            ..Inference::default()
        };
        all.push((format!("thinking = {thinking}"), of_thinking));
        for effort in [Effort::None, Effort::Low] {
            let both = Inference {
                effort: Some(effort),
                ..of_thinking
            };
            let name = format!("thinking = {thinking}, effort = {}", effort.word());
            all.push((name, both));
        }
    }
    for caching in Caching::VARIANTS.iter().copied() {
        let word: &str = caching.into();
        let of_caching = Inference {
            caching: Some(caching),
            ..Inference::default()
        };
        all.push((format!("caching = {word}"), of_caching));
    }
    all
}

/// What a model thought goes back to its provider just as it came.
#[test]
fn what_an_answer_keeps_goes_back_as_it_came() {
    for tried in tried() {
        for (path, bytes) in tried.answers() {
            let (Ok(response), _) = tried.read([bytes.as_slice()]) else {
                continue;
            };
            let mut request = ChatRequest::default();
            request.messages.push(Message::text(Role::User, "Hi"));
            request.messages.push(response.message.clone());
            let written = written(&tried, &request).to_string();
            for part in &response.message.parts {
                if let Part::Opaque(opaque) = part {
                    let kept: Value = serde_json::from_str(&opaque.content).unwrap();
                    let kept = kept.to_string();
                    // Some stand in a message of their own, some are fields of one.
                    let fields = kept.trim_matches(['{', '}']);
                    assert!(written.contains(fields), "{}: {written}", path.display());
                }
            }
        }
    }
}
