//! A listing, and how much of what belongs into it can't be read.

use std::ops::{Deref, DerefMut};

use serde::Serialize;

/// What was found, in its order. It is written as the list of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Vec<T>", bound = "T: Serialize + Clone")]
pub struct Listed<T: Clone> {
    /// What can be read.
    pub items: Vec<T>,
    /// How many records can't be read, and so aren't among the items.
    pub unreadable: u64,
}

impl<T: Clone> Listed<T> {
    /// What a person has to know where not all of it can be read; `what` is what is listed, such as `run`.
    #[must_use]
    pub fn gaps(&self, what: &str) -> Option<String> {
        match self.unreadable {
            0 => None,
            1 => Some(format!("1 {what} can't be read, and isn't listed here")),
            number => Some(format!(
                "{number} {what}s can't be read, and aren't listed here"
            )),
        }
    }
}

impl<T: Clone> From<Listed<T>> for Vec<T> {
    fn from(listed: Listed<T>) -> Self {
        listed.items
    }
}

impl<T: Clone> Deref for Listed<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

impl<T: Clone> DerefMut for Listed<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.items
    }
}

impl<T: Clone> IntoIterator for Listed<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'l, T: Clone> IntoIterator for &'l Listed<T> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
