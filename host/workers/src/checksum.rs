//! The checksum of a large file, at the speed of reading it.

use std::io;

/// What is read at a time. New memory for all of a file that has a hundred megabytes costs more than reading it.
const PIECE: usize = 256 << 10;

/// The checksum of all that can be read, in hexadecimal digits: XXH3 of 128 bits. It tells what is damaged or cut off, and nothing that
/// somebody made on purpose.
///
/// Nothing in it is generic, so that it is compiled with this crate: a development build optimises it, since every command reads
/// compiled code.
///
/// # Errors
/// It can't be read.
pub fn checksum(from: &mut dyn io::Read) -> io::Result<String> {
    let mut hasher = twox_hash::XxHash3_128::new();
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(format!("{:032x}", hasher.finish_128())),
            Ok(length) => hasher.write(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_whole_in_whatever_pieces_it_comes() {
        let bytes: Vec<u8> = (0..PIECE + 7).map(|place| (place % 251) as u8).collect();
        let whole = checksum(&mut bytes.as_slice()).unwrap();
        let (mut one, other) = bytes.split_at(1000);
        let pieces = checksum(&mut io::Read::chain(one, other)).unwrap();
        assert_eq!(whole, pieces);
        assert_ne!(whole, checksum(&mut one).unwrap());
        // Of nothing, as XXH3's author gives it.
        assert_eq!(
            checksum(&mut io::empty()).unwrap(),
            "99aa06d3014798d86001c324468d497f"
        );
    }
}
