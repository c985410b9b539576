//! What is said, as one line of JSON: for a machine that collects logs.

use serde::Serialize;
use stepwell_contract::json_in_order;

use super::times::now;

/// How much something that is said matters, by the words of the rooms' own lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The same fields as the lines of the rooms have.
#[derive(Serialize)]
struct Said<'s> {
    timestamp: String,
    level: Level,
    message: &'s str,
    target: &'static str,
}

/// A line with everything that was said at once.
pub(super) fn object(level: Level, text: &str) -> String {
    let said = Said {
        timestamp: now().to_string(),
        level,
        message: text.trim_end(),
        target: "stepwell",
    };
    // Four texts can be written.
    let line = serde_json::to_string(&said).unwrap_or_default();
    format!("{}\n", json_in_order(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_one_line_whatever_it_has() {
        let line = object(Level::Warn, "warning: two\nlines \"quoted\"\n");
        assert_eq!(line.lines().count(), 1);
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["level"], "WARN");
        assert_eq!(said["message"], "warning: two\nlines \"quoted\"");
        assert_eq!(said["target"], "stepwell");
        assert!(said["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
