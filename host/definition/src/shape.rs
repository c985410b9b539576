//! What a table of a file may hold: its keys, and the shape of each value.

/// The keys of a table.
pub(crate) struct Keys {
    /// The name under which a JSON Schema describes it once, where it stands in several places.
    pub(crate) shared_as: Option<&'static str>,
    groups: &'static [&'static [Key]],
}

/// A key, the shape of its value, and what it means, in a sentence.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) about: &'static str,
    pub(crate) is_required: bool,
}

/// What a value may be.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text(Text),
    /// `true` or `false`, which is the default.
    Flag,
    /// `true` or `false`, and nothing where it isn't said.
    Boolean,
    Number {
        least: u64,
        most: u64,
        default: Option<u32>,
    },
    /// A number from 0 to this one.
    UpTo(u8),
    Duration,
    Size,
    /// Dollars.
    Money,
    /// One of these words, and which one is the default.
    Word(&'static [&'static str], Option<&'static str>),
    /// A text of one line, or a list of such texts.
    Lines,
    /// Paths of a workspace.
    Paths,
    /// Texts in which this regular expression finds something.
    TextsLike(&'static str),
    /// Absolute paths of folders.
    Folders,
    /// Paths of files with keys, at least one.
    KeyFiles,
    /// Short names of models.
    ShortNames,
    JsonSchema,
    Table(&'static Keys),
    /// A table, or this word in its place.
    TableOr(&'static Keys, &'static str),
    /// A list of tables, of at least so many.
    Tables(&'static Keys, u32),
    /// A table by name.
    TablesByName(&'static Keys),
    /// A table by any text.
    TablesByText(&'static Keys),
    /// A model, or a table, by short name.
    Models(&'static Keys),
    /// A text by name.
    TextsByName,
    /// A text, or a table that says where it is from, by any text.
    Texts(&'static Keys),
    /// The same, by the path of a file.
    Files(&'static Keys),
    /// The same, by any text within any text.
    TextsByText(&'static Keys),
    /// A list of texts, or of tables that say more of one.
    TextsInOrder(&'static Keys),
    /// A name by any text.
    NamesByText,
    /// The path of a file in a workspace by any text.
    FilesByText,
    /// What a step is given, by name.
    Inputs,
    /// A table of which nothing is said.
    AnyTable,
}

/// What a text may be.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    Any,
    /// A name in the files' sense.
    Name,
    /// What this regular expression finds something in.
    Like(&'static str),
    /// The path of a file in a workspace.
    File,
    /// A provider and a model.
    Model,
    /// A regular expression.
    Regex,
}

/// A key that may be left out.
pub(crate) const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        shape,
        about,
        is_required: false,
    }
}

impl Key {
    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

impl Keys {
    pub(crate) const fn of(groups: &'static [&'static [Key]]) -> Self {
        Self {
            shared_as: None,
            groups,
        }
    }

    pub(crate) const fn shared(name: &'static str, groups: &'static [&'static [Key]]) -> Self {
        Self {
            shared_as: Some(name),
            groups,
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Key> + Clone + use<> {
        self.groups.iter().copied().flatten()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.all().map(|key| key.name)
    }
}
