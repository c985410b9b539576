//! How much else refers to what a file defines: by name, since nothing here resolves an import.
//!
//! A name that many files define says little of each, so what refers to it is shared among them.

/// Names that one file may mention; what is more isn't counted.
const MOST_NAMES: usize = 20_000;

/// Shorter names are in every file.
const SHORTEST: usize = 3;

/// What refers to a name counts so much, so that a share of it is a whole number.
const ONE: u32 = 4;

/// The names that a text mentions, as hashes, sorted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mentions(Vec<u64>);

impl Mentions {
    /// Those of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut names = Vec::new();
        let mut hash = START;
        let mut length = 0_usize;
        for byte in text.bytes().chain([b' ']) {
            if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 {
                hash = step(hash, byte);
                length += 1;
                continue;
            }
            if length >= SHORTEST {
                names.push(hash);
                if names.len() >= 4 * MOST_NAMES {
                    names.sort_unstable();
                    names.dedup();
                    names.truncate(MOST_NAMES);
                }
            }
            hash = START;
            length = 0;
        }
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST_NAMES);
        Self(names)
    }
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the same on every machine, and no name is worth an attack, which would move its file up.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

fn hash_of(name: &str) -> u64 {
    name.bytes().fold(START, step)
}

/// What refers to each name that some file defines.
#[derive(Debug)]
pub(crate) struct References {
    /// Each name, with how many files define it and how many others mention it; sorted by name.
    names: Vec<(u64, u32, u32)>,
}

impl References {
    /// Of files, each with the names that it defines and those that it mentions.
    pub(crate) fn among<'a>(files: impl Iterator<Item = (Vec<&'a str>, &'a Mentions)>) -> Self {
        let mut defined: Vec<(u64, usize)> = Vec::new();
        let mut mentions = Vec::new();
        for (file, (names, mentioned)) in files.enumerate() {
            let names = names
                .into_iter()
                .filter(|name| name.len() >= SHORTEST && !name.starts_with("__"));
            defined.extend(names.map(|name| (hash_of(name), file)));
            mentions.push(mentioned);
        }
        defined.sort_unstable();
        defined.dedup();
        let mut names: Vec<(u64, u32, u32)> = Vec::new();
        for (name, _) in &defined {
            match names.last_mut() {
                Some((last, definers, _)) if last == name => *definers += 1,
                _ => names.push((*name, 1, 0)),
            }
        }
        for (file, mentioned) in mentions.into_iter().enumerate() {
            for mention in &mentioned.0 {
                if let Ok(place) = names.binary_search_by_key(mention, |(name, _, _)| *name)
                    && defined.binary_search(&(*mention, file)).is_err()
                {
                    names[place].2 += 1;
                }
            }
        }
        Self { names }
    }

    /// How much refers to a name, in fourths.
    pub(crate) fn to(&self, name: &str) -> u32 {
        let name = hash_of(name);
        let place = self.names.binary_search_by_key(&name, |(name, _, _)| *name);
        place.map_or(0, |place| {
            let (_, definers, others) = self.names[place];
            others.saturating_mul(ONE) / definers
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_by_the_others_that_mention_it_shared_by_those_that_define_it() {
        let texts = [
            "def save(): pass\ndef main(): save()",
            "from a import save\nsave(main)",
            "import a\na.save()\ndef main(): pass",
        ];
        let mentions = texts.map(Mentions::of);
        let names = [vec!["save", "main"], vec![], vec!["main"]];
        let references = References::among(names.into_iter().zip(&mentions));
        assert_eq!(references.to("save"), 2 * ONE);
        assert_eq!(references.to("main"), ONE / 2);
        assert_eq!(references.to("nobody"), 0);
    }
}
