//! A client of HTTP/1.1 that keeps its connection, so that what it measures is the server's work.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// A connection to a server on loopback.
pub struct Connection {
    address: String,
    /// A header with its end, or nothing.
    shown: String,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects, to show a token with every request; an empty one is none.
    #[must_use]
    pub fn open(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            address: address.to_owned(),
            shown: match token {
                "" => String::new(),
                token => format!("authorization: Bearer {token}\r\n"),
            },
            reader: BufReader::new(stream),
        }
    }

    /// Sends a request, with JSON where there is a body, and gives the status and the whole body of the answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.send(method, path, body);
        let (status, length) = self.head();
        let mut whole = Vec::new();
        match length {
            Some(length) => {
                whole.resize(length, 0);
                self.reader.read_exact(&mut whole).unwrap();
            }
            None => while self.chunk(&mut whole) {},
        }
        (status, String::from_utf8(whole).unwrap())
    }

    /// Asks for what must be there.
    pub fn get(&mut self, path: &str) -> String {
        let (status, body) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Asks for a stream, and reads its head alone.
    pub fn follow(&mut self, path: &str) {
        self.send("GET", path, "");
        assert_eq!(self.head().0, 200);
    }

    /// The next line of a stream that was asked for.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.reader.read_line(&mut line).unwrap() > 0, "cut off");
        line
    }

    fn send(&mut self, method: &str, path: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.shown,
            body.len()
        );
        self.reader.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// The status, and the length of the body; none where it comes in chunks.
    fn head(&mut self) -> (u16, Option<usize>) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = None;
        loop {
            let line = self.line().to_lowercase();
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = Some(value.parse().unwrap()),
                Some(_) => {}
                None => return (status, length),
            }
        }
    }

    /// Adds the next chunk of a body; false after the last.
    fn chunk(&mut self, whole: &mut Vec<u8>) -> bool {
        let length = usize::from_str_radix(self.line().trim_end(), 16).unwrap();
        let before = whole.len();
        whole.resize(before + length, 0);
        self.reader.read_exact(&mut whole[before..]).unwrap();
        self.line();
        length > 0
    }
}
