//! An answer that comes compressed though nobody asked for that: unpacked as it comes, and never to more than is kept.
//!
//! It reads no header but that of the packing itself.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// So many bytes tell what is packed from what isn't.
const FEWEST: usize = 6;

/// A packing that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    /// As HTTP names it: zlib's by its rules, and without a header from some servers.
    Deflate,
}

impl Packing {
    /// By its name in HTTP.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// Why something can't be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// It would be more than is kept.
    TooLarge,
    /// It isn't what its header says.
    Broken(String),
}

/// Undoes a packing, piece by piece.
pub(crate) struct Unpack(State);

enum State {
    /// It stands as it is.
    Plain,
    /// Too little came to know how it is packed.
    Unknown(Packing, Vec<u8>, Sink),
    Gzip(GzDecoder<Sink>),
    Zlib(ZlibDecoder<Sink>),
    Deflate(DeflateDecoder<Sink>),
    /// Its end was said, or it is broken: what follows isn't read.
    Over,
}

/// Takes what is unpacked, up to a limit.
#[derive(Debug, Default)]
struct Sink {
    out: Vec<u8>,
    left: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len());
        self.left = left.ok_or(io::ErrorKind::FileTooLarge)?;
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpack {
    /// For bytes that are packed like this, if they are: no more than `most` come out of it.
    pub(crate) fn new(packing: Option<Packing>, most: usize) -> Self {
        let sink = || Sink {
            out: Vec::new(),
            left: most,
        };
        Self(match packing {
            Some(packing) => State::Unknown(packing, Vec::new(), sink()),
            None => State::Plain,
        })
    }

    /// Takes the next bytes. Gives what they come to, and why nothing more comes, where that is so.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> (Vec<u8>, Result<(), Unpacked>) {
        let mut begun = Vec::new();
        let mut bytes = bytes;
        if let State::Unknown(packing, held, sink) = &mut self.0 {
            held.extend_from_slice(bytes);
            if held.len() < FEWEST {
                return (Vec::new(), Ok(()));
            }
            begun = std::mem::take(held);
            bytes = &begun;
            self.0 = State::of(*packing, &begun, std::mem::take(sink));
        }
        let (out, read) = self.0.take(bytes);
        drop(begun);
        if read.is_err() {
            self.0 = State::Over;
        }
        (out, read)
    }
}

impl State {
    /// By the first bytes: what isn't packed, though its header says so, stands as it is.
    fn of(packing: Packing, first: &[u8], sink: Sink) -> Self {
        let text = first.trim_ascii_start();
        let signs: [&[u8]; 4] = [b"{", b":", b"data:", b"event:"];
        let pair = first.get(..2).unwrap_or_default();
        let is_zlib = matches!(*pair, [one, two] if one & 0x0f == 8 && u16::from_be_bytes([one, two]) % 31 == 0);
        match packing {
            Packing::Gzip if pair == [0x1f, 0x8b] => Self::Gzip(GzDecoder::new(sink)),
            Packing::Gzip => Self::Plain,
            Packing::Deflate if is_zlib => Self::Zlib(ZlibDecoder::new(sink)),
            Packing::Deflate if signs.iter().any(|sign| text.starts_with(sign)) => Self::Plain,
            Packing::Deflate => Self::Deflate(DeflateDecoder::new(sink)),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> (Vec<u8>, Result<(), Unpacked>) {
        match self {
            Self::Plain => (bytes.to_vec(), Ok(())),
            Self::Unknown(..) | Self::Over => (Vec::new(), Ok(())),
            Self::Gzip(decoder) => {
                let (left, read) = written(decoder, bytes);
                let out = std::mem::take(&mut decoder.get_mut().out);
                // Another one may follow, and anything else is no part of it.
                if read.is_ok() && !left.is_empty() {
                    let sink = std::mem::take(decoder.get_mut());
                    *self = match left[0] {
                        0x1f => Self::Gzip(GzDecoder::new(sink)),
                        _ => Self::Over,
                    };
                    let (more, read) = self.take(left);
                    return ([out, more].concat(), read);
                }
                (out, read)
            }
            Self::Zlib(decoder) => {
                let (_, read) = written(decoder, bytes);
                (std::mem::take(&mut decoder.get_mut().out), read)
            }
            Self::Deflate(decoder) => {
                let (_, read) = written(decoder, bytes);
                (std::mem::take(&mut decoder.get_mut().out), read)
            }
        }
    }
}

/// Writes all that a decoder takes, and gives what stands behind its end.
fn written<'b>(decoder: &mut impl Write, bytes: &'b [u8]) -> (&'b [u8], Result<(), Unpacked>) {
    let mut left = bytes;
    let mut read = Ok(());
    while !left.is_empty() && read.is_ok() {
        match decoder.write(left) {
            Ok(0) => break,
            Ok(taken) => left = left.get(taken..).unwrap_or_default(),
            Err(error) => read = Err(error),
        }
    }
    // What it holds back is part of the answer.
    let read = read.and_then(|()| decoder.flush());
    let read = read.map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Unpacked::TooLarge,
        _ => Unpacked::Broken(error.to_string()),
    });
    (left, read)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packing: Packing, bytes: &[u8], piece: usize) -> (Vec<u8>, Result<(), Unpacked>) {
        let mut unpack = Unpack::new(Some(packing), 1 << 20);
        let mut all = Vec::new();
        for piece in bytes.chunks(piece.max(1)) {
            let (out, read) = unpack.take(piece);
            all.extend(out);
            if read.is_err() {
                return (all, read);
            }
        }
        (all, Ok(()))
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out_in_pieces_of_every_size(text in r#"\{("[a-z]{0,9}", ?){2,200}\}"#, piece in 1..50_usize) {
            let text = text.as_bytes();
            let twice = [gzip(text), gzip(text)].concat();
            for (packing, packed, expected) in [
                (Packing::Gzip, gzip(text), text.to_vec()),
                (Packing::Gzip, twice, text.repeat(2)),
                (Packing::Gzip, [gzip(text), b"junk".to_vec()].concat(), text.to_vec()),
                (Packing::Deflate, zlib(text), text.to_vec()),
                (Packing::Deflate, deflate(text), text.to_vec()),
                // It only says so.
                (Packing::Gzip, text.to_vec(), text.to_vec()),
                (Packing::Deflate, text.to_vec(), text.to_vec()),
            ] {
                prop_assert_eq!(unpacked(packing, &packed, piece), (expected, Ok(())));
            }
        }

        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>, piece in 1..9_usize, head in 0..3_usize) {
            let heads: [&[u8]; 3] = [b"", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", b"\x78\x9c"];
            let bytes = [heads[head], &bytes].concat();
            let _ = unpacked(Packing::Gzip, &bytes, piece);
            let _ = unpacked(Packing::Deflate, &bytes, piece);
        }
    }

    #[test]
    fn no_more_comes_out_than_may() {
        let zeros = vec![0; (1 << 20) + 1];
        for (packing, packed) in [
            (Packing::Gzip, gzip(&zeros)),
            (Packing::Deflate, zlib(&zeros)),
            (Packing::Deflate, deflate(&zeros)),
        ] {
            let (out, read) = unpacked(packing, &packed, 1 << 20);
            assert_eq!(read, Err(Unpacked::TooLarge));
            assert!(out.len() <= 1 << 20);
            let most = unpacked(packing, &gzip_or(packing, &zeros[1..]), 100);
            assert_eq!((most.0.len(), most.1), (1 << 20, Ok(())));
        }
    }

    fn gzip_or(packing: Packing, bytes: &[u8]) -> Vec<u8> {
        match packing {
            Packing::Gzip => gzip(bytes),
            Packing::Deflate => zlib(bytes),
        }
    }
}
