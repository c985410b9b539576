//! The lines of an answer, whatever system wrote it.

/// The text with `\n` at each line's end and without a byte order mark.
pub(crate) fn normalize(text: &str) -> String {
    text.trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
}

/// The words and names of a line, whatever stands between them.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    parts.filter(|word| !word.is_empty())
}

/// A fence line: three or more backticks or tildes, and what stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FenceLine<'a> {
    pub(crate) indent: usize,
    pub(crate) mark: char,
    pub(crate) length: usize,
    pub(crate) info: &'a str,
}

impl<'a> FenceLine<'a> {
    /// Any indentation counts: models put fences into lists.
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let rest = line.trim_start_matches([' ', '\t']);
        let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = rest.trim_start_matches(mark);
        let length = rest.len() - info.len();
        // Backticks behind backticks are code inside a line, not a fence.
        let fence = length >= 3 && !(mark == '`' && info.contains('`'));
        fence.then(|| Self {
            indent: line.len() - rest.len(),
            mark,
            length,
            info: info.trim(),
        })
    }

    /// Whether a line is a bare fence that can end the block that this one began.
    pub(crate) fn is_closed_by(&self, line: &str) -> bool {
        FenceLine::read(line).is_some_and(|fence| fence.info.is_empty() && fence.matches(self))
    }

    /// Whether this line can stand at the end of a block that `opening` began.
    pub(crate) fn matches(&self, opening: &FenceLine<'_>) -> bool {
        self.mark == opening.mark && self.length >= opening.length
    }
}
