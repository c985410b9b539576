//! What a prompt says right above the headings of a document.

use super::normal;

/// What prompts call the parts in which a document's headings may stand, one level below or deeper.
const OF_DOCUMENT: &[&str] = &[
    "answer",
    "answer format",
    "deliverable",
    "document",
    "document format",
    "document structure",
    "document template",
    "format",
    "format of the document",
    "headings",
    "outline",
    "output",
    "output format",
    "output structure",
    "output template",
    "required sections",
    "response format",
    "sections",
    "structure",
    "structure of the document",
    "template",
    "the document",
    "the template",
    "what to write",
];

/// How plainly headings are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// They follow here.
    Plainly,
    /// They may stand elsewhere.
    Perhaps,
}

/// Whether a prompt calls a part of itself so in which a document's headings may stand.
pub(super) fn is_of_document(words: &str) -> bool {
    OF_DOCUMENT.contains(&words)
}

/// Whether the last thing that is said in these lines announces headings.
pub(super) fn announced(lines: &[&str]) -> Option<Announced> {
    /// What can only be followed by them.
    const HEADINGS: [&str; 8] = [
        "heading", "headings", "section", "sections", "chapters", "template", "outline", "skeleton",
    ];
    /// What may be, where a colon says that something follows.
    const FORMS: [&str; 12] = [
        "shape",
        "scheme",
        "pattern",
        "order",
        "document",
        "structure",
        "structured",
        "format",
        "form",
        "layout",
        "report",
        "parts",
    ];
    const POINTS_HERE: [&str; 4] = ["these", "following", "follows", "below"];
    const POINTS: [&str; 3] = ["exactly", "this", "follow"];
    let said = last_paragraph(lines)?;
    // `[Template]`, as a label.
    if said.starts_with('[') && is_of_document(&normal(&said)) {
        return Some(Announced::Plainly);
    }
    let sentence = sentence_of(&said);
    let lower = sentence.to_lowercase();
    let has = |known: &[&str]| {
        let mut words = crate::answer::words(&lower);
        words.any(|word| known.contains(&word))
    };
    let goes_on = said.trim_end_matches('*').ends_with(':');
    match goes_on {
        true => (has(&HEADINGS) || has(&FORMS)).then_some(Announced::Plainly),
        false if !has(&HEADINGS) => None,
        false if has(&POINTS_HERE) => Some(Announced::Plainly),
        // `Follow the template`, which may stand anywhere.
        false => has(&POINTS).then_some(Announced::Perhaps),
    }
}

/// Whether the last paragraph ends in a colon, in whatever language, and doesn't say no to what follows nor gives it as an example.
pub(super) fn is_led_to(lines: &[&str]) -> bool {
    const NO: [&str; 20] = [
        "no", "not", "t", "never", "avoid", "without", "nicht", "kein", "keine", "keinen", "nie",
        "niemals", "vermeide", "ne", "pas", "jamais", "sans", "nunca", "non", "mai",
    ];
    const AS_EXAMPLE: [&str; 5] = ["exampl", "beispiel", "exempl", "ejempl", "esempi"];
    let Some(said) = last_sentence(lines) else {
        return false;
    };
    let lower = said.trim_end_matches('*').to_lowercase();
    let mut words = crate::answer::words(&lower);
    let is_other = |word: &str| NO.contains(&word) || AS_EXAMPLE.iter().any(|it| word.contains(it));
    lower.ends_with([':', '：']) && !words.any(is_other) && !lower.contains(['不', '勿', '例'])
}

/// What is said last in these lines.
fn last_paragraph(lines: &[&str]) -> Option<String> {
    let end = lines.iter().rposition(|line| !line.trim().is_empty())?;
    let begin = lines[..end].iter().rposition(|line| line.trim().is_empty());
    let said = lines[begin.map_or(0, |blank| blank + 1)..=end].join(" ");
    Some(said.trim().to_owned())
}

/// The last sentence of a paragraph, with what ends it.
fn sentence_of(paragraph: &str) -> &str {
    let body = paragraph.trim_end_matches([':', '.', '*', '!']);
    let start = body.rfind(['.', '!', '?']).map_or(0, |at| at + 1);
    &paragraph[start..]
}

fn last_sentence(lines: &[&str]) -> Option<String> {
    last_paragraph(lines).map(|said| sentence_of(&said).to_owned())
}
