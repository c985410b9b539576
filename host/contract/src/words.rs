//! Words that code decides by, and that are written down or sent as texts.

/// A closed set of words, as an enum with one more variant for a word that this build doesn't know: a record of a later
/// build, or the own word of a plugin, is read and written again as it came.
///
/// It is written as its word, and its JSON Schema lists the words that this build writes.
#[macro_export]
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+
        }
        other: $other:literal
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
            #[doc = $other]
            Other(String),
        }

        impl $name {
            /// The word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(word.as_ref()))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                // One by one: a macro of so many words together would go too deep.
                let known = [$(schemars::json_schema!({
                    "const": $word, "description": concat!($($doc),+).trim()
                }),)+];
                let other = schemars::json_schema!({ "description": $other.trim() });
                let all = known.into_iter().chain([other]);
                let all: Vec<_> = all.map(schemars::Schema::to_value).collect();
                schemars::json_schema!({ "type": "string", "anyOf": all })
            }
        }
    };
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public words")]
mod tests {
    crate::words! {
        /// A colour.
        pub enum Colour {
            /// As blood.
            Red = "red",
            /// As the sky at noon.
            SkyBlue = "sky-blue",
        }
        other: " One of a later build."
    }

    #[test]
    fn a_word_reads_back_as_what_it_was_also_one_that_nobody_knows() {
        for (colour, word) in [
            (Colour::Red, "\"red\""),
            (Colour::SkyBlue, "\"sky-blue\""),
            (Colour::Other("mauve".into()), "\"mauve\""),
        ] {
            assert_eq!(serde_json::to_string(&colour).unwrap(), word);
            assert_eq!(serde_json::from_str::<Colour>(word).unwrap(), colour);
        }
    }

    #[test]
    fn the_schema_lists_the_words() {
        let schema = schemars::schema_for!(Colour).to_value();
        let words: Vec<_> = schema["anyOf"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["const"].clone())
            .collect();
        assert_eq!(
            words,
            ["red".into(), "sky-blue".into(), serde_json::Value::Null]
        );
    }
}
