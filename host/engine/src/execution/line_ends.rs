//! The line ends of a text that replaces one which its step can't see (rule E6).
//!
//! What a step sees it writes as it wants it: whoever can look keeps them itself.

use bytes::Bytes;

/// A text as the file that it replaces is written: with the line ends that all of that file's lines have, and with one after
/// the last line if it has that. What is no text, or of several kinds, says nothing.
pub(super) fn written_as(there: &[u8], text: &Bytes) -> Bytes {
    let (Some(there), Some(new)) = (as_text(there), as_text(text)) else {
        return text.clone();
    };
    let (ends, of_windows) = (there.matches('\n').count(), there.matches("\r\n").count());
    let is_windows = match (ends, of_windows) {
        (1.., 0) => false,
        (1.., _) if ends == of_windows => true,
        _ => return text.clone(),
    };
    let mut new = new.replace("\r\n", "\n");
    match (there.ends_with('\n'), new.ends_with('\n')) {
        (true, false) => new.push('\n'),
        (false, true) => {
            new.pop();
        }
        _ => {}
    }
    match is_windows {
        true => new.replace('\n', "\r\n").into(),
        false => new.into(),
    }
}

/// What holds a zero byte is no text, whatever else it is.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_the_file_that_it_replaces() {
        let cases: [(&[u8], &[u8], &[u8]); 11] = [
            (b"a\r\nb\r\n", b"x\ny\n", b"x\r\ny\r\n"),
            (b"a\r\nb\r\n", b"x\r\ny", b"x\r\ny\r\n"),
            (b"a\nb\n", b"x\r\ny\r\n", b"x\ny\n"),
            (b"a\nb", b"x\ny\n", b"x\ny"),
            (b"a\r\nb", b"x\ny\n", b"x\r\ny"),
            // What has both, or none, says nothing.
            (b"a\r\nb\n", b"x\ny", b"x\ny"),
            (b"a", b"x\r\n", b"x\r\n"),
            (b"", b"x\n", b"x\n"),
            (b"a\r\n", b"", b""),
            // Nor does what is no text.
            (b"a\0\r\n", b"x\n", b"x\n"),
            (b"a\r\n", b"\xff\n", b"\xff\n"),
        ];
        for (there, text, written) in cases {
            let text = Bytes::copy_from_slice(text);
            assert_eq!(written_as(there, &text), written, "{there:?} {text:?}");
        }
    }
}
