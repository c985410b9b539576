//! Whether what a step says of itself can be used, as far as nothing has to be worked on for it: its names, its version, its
//! grants and its annotations.
//!
//! JSON Schemas and templates are looked into by whoever has a [`TextService`](crate::TextService).

use std::collections::BTreeSet;

use crate::{
    Description, Field, FindingCode, Name, PluginFinding, PluginFindings, PluginPlace, amounts,
    most, visible_on_one_line,
};

mod granted;

/// What a list of fields holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// The inputs.
    Input,
    /// The documents.
    Document,
    /// The settings.
    Setting,
    /// The variables of a prompt.
    Variable,
}

impl FieldKind {
    /// What one of them is.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Document => "document",
            Self::Setting => "setting",
            Self::Variable => "prompt variable",
        }
    }
}

/// A field with where it is declared.
#[derive(Debug, Clone)]
pub struct Declared<'a> {
    /// What it is.
    pub kind: FieldKind,
    /// The list that it stands in, such as `inputs` or `prompts.notes.variables`.
    list: Vec<&'a str>,
    /// The field.
    pub field: &'a Field,
}

impl Declared<'_> {
    /// Its place.
    #[must_use]
    pub fn place(&self) -> PluginPlace {
        PluginPlace::of(self.list.iter().copied().chain([self.field.name.as_str()]))
    }

    /// The place of its JSON Schema.
    #[must_use]
    pub fn schema_place(&self) -> PluginPlace {
        let name = self.field.name.as_str();
        PluginPlace::of(self.list.iter().copied().chain([name, "schema"]))
    }
}

impl Description {
    /// Every field that it declares.
    pub fn declared(&self) -> impl Iterator<Item = Declared<'_>> {
        let lists = [
            (FieldKind::Input, "inputs", &self.inputs),
            (FieldKind::Document, "documents", &self.documents),
            (FieldKind::Setting, "settings", &self.settings),
        ];
        let own = lists.into_iter().flat_map(|(kind, list, fields)| {
            let list = vec![list];
            declared(kind, list, fields)
        });
        let of_prompts = self.prompts.iter().flat_map(|prompt| {
            let list = vec!["prompts", prompt.name.as_str(), "variables"];
            declared(FieldKind::Variable, list, &prompt.variables)
        });
        own.chain(of_prompts)
    }

    /// What is to be said of it without working on its schemas and templates.
    #[must_use]
    pub fn findings(&self) -> PluginFindings {
        let mut findings = PluginFindings::default();
        let of_step = ("step", PluginPlace::of(["name"]), self.name.as_str());
        check_names([of_step], &mut findings);
        check_version(&self.version, &mut findings);
        self.check_fields(&mut findings);
        self.check_prompts(&mut findings);
        self.check_grants(&mut findings);
        self.check_annotations(&mut findings);
        findings
    }

    fn check_fields(&self, findings: &mut PluginFindings) {
        let mut lists: Vec<(Vec<&str>, Vec<Declared<'_>>)> = Vec::new();
        for declared in self.declared() {
            match lists.last_mut().filter(|(list, _)| *list == declared.list) {
                Some((_, fields)) => fields.push(declared),
                None => lists.push((declared.list.clone(), vec![declared])),
            }
        }
        for (_, fields) in &lists {
            let names = fields.iter();
            let names = names.map(|it| (it.kind.word(), it.place(), it.field.name.as_str()));
            check_names(names, findings);
        }
    }

    fn check_prompts(&self, findings: &mut PluginFindings) {
        let names = self.prompts.iter().map(|prompt| prompt.name.as_str());
        let names = names.map(|name| ("prompt", PluginPlace::of(["prompts", name]), name));
        check_names(names, findings);
        if self.prompts.len() > most::PROMPTS {
            let message = format!(
                "it has {} prompts; a plugin may have {}",
                self.prompts.len(),
                most::PROMPTS
            );
            let place = PluginPlace::of(["prompts"]);
            findings.add(PluginFinding::error(
                FindingCode::TooManyPrompts,
                place,
                message,
            ));
        }
    }

    fn check_annotations(&self, findings: &mut PluginFindings) {
        let place = |name: &str| PluginPlace::of(["annotations", name]);
        for annotation in &self.annotations {
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&annotation.value) {
                let message = format!("its value isn't JSON: {error}");
                let (code, place) = (FindingCode::BadAnnotation, place(&annotation.name));
                let finding = PluginFinding::warning(code, place, message);
                findings.add(finding.mended_by("a text is written as a JSON string, in quotes"));
            }
        }
        // One that can't be read would hold nothing back.
        match self.gate() {
            Err(why) => {
                let message = format!("its annotation `gate` can't be used: {why}");
                let (code, place) = (FindingCode::BadAnnotation, place("gate"));
                findings.add(PluginFinding::error(code, place, message));
            }
            Ok(None) => {}
            Ok(Some(gate)) => {
                let again = gate.again.iter().map(|again| ("setting", &again.setting));
                let named = again.map(|(what, name)| (what, name, &self.settings));
                let corrected = gate.corrected.iter();
                let named = named.chain(corrected.map(|name| ("document", name, &self.documents)));
                for (what, name, fields) in named {
                    if !fields.iter().any(|field| field.name == *name) {
                        let name = visible_on_one_line(name);
                        let message = format!("it names the {what} `{name}`, which isn't declared");
                        let (code, place) = (FindingCode::BadAnnotation, place("gate"));
                        findings.add(PluginFinding::warning(code, place, message));
                    }
                }
            }
        }
        self.check_optional_grants(findings);
    }
}

fn declared<'a>(
    kind: FieldKind,
    list: Vec<&'a str>,
    fields: &'a [Field],
) -> impl Iterator<Item = Declared<'a>> {
    fields.iter().map(move |field| Declared {
        kind,
        list: list.clone(),
        field,
    })
}

/// A version is a word of any kind: it is shown beside names, where nothing may hide and no line begin.
fn check_version(version: &str, findings: &mut PluginFindings) {
    let place = PluginPlace::of(["version"]);
    if version.trim().is_empty() {
        let message = "its version is empty: nobody could tell one build of it from another";
        let finding = PluginFinding::warning(FindingCode::BadVersion, place, message);
        findings.add(finding.mended_by("give it one, such as `0.1.0`"));
        return;
    }
    let message = if version.len() > most::NAME {
        let most = amounts::size(most::NAME as u64);
        format!(
            "its version has {} bytes; it may have {most}",
            version.len()
        )
    } else if let shown = visible_on_one_line(version)
        && shown != version
    {
        format!("its version `{shown}` holds characters that aren't shown")
    } else {
        return;
    };
    findings.add(PluginFinding::error(
        FindingCode::BadVersion,
        place,
        message,
    ));
}

/// Names are names, and there is none twice; each comes with what it is, and where.
fn check_names<'a>(
    names: impl IntoIterator<Item = (&'static str, PluginPlace, &'a str)>,
    findings: &mut PluginFindings,
) {
    let mut seen = BTreeSet::new();
    for (what, place, name) in names {
        if let Err(error) = Name::made_up(name) {
            let message = format!("{what}: {error}");
            findings.add(PluginFinding::error(FindingCode::BadName, place, message));
        } else if !seen.insert(name) {
            let message = format!("{what} `{name}` is declared twice");
            findings.add(PluginFinding::error(
                FindingCode::DeclaredTwice,
                place,
                message,
            ));
        }
    }
}

#[cfg(test)]
mod tests;
