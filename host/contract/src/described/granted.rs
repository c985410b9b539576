//! The grants that a step says it needs, and those that it can do without, held against what this host has.

use std::collections::BTreeMap;

use crate::step::OPTIONAL_GRANTS;
use crate::{
    Description, FindingCode, Grants, PluginFinding, PluginFindings, PluginPlace, Text,
    WorkspaceGrant, did_you_mean, listed, visible_on_one_line,
};

/// What this host can grant: each with its words.
const KNOWN: [(&str, &[&str]); 3] = [
    ("workspace", &["read", "write", "copy"]),
    ("prompts", &["write"]),
    ("clock", &["real"]),
];

/// What helps with a grant that this host lacks because it is a newer one's.
const NEWER: &str = "use a version of the plugin that was made for this host, or a newer host";

impl Description {
    pub(super) fn check_grants(&self, findings: &mut PluginFindings) {
        for grant in Grants::asked(&self.grants).1 {
            let message = format!(
                "it needs the grant {}, which this host doesn't have",
                told(grant)
            );
            let code = FindingCode::UnsupportedGrant;
            let finding = PluginFinding::error(code, place(grant), message);
            findings.add(finding.mended_by(meant(grant).unwrap_or_else(|| NEWER.to_owned())));
        }
        for grant in &self.grants {
            if self.annotations.iter().any(|it| it.name == grant.name) {
                continue;
            }
            let name = visible_on_one_line(&grant.name);
            let message = format!("it doesn't say why it needs `{name}`");
            let code = FindingCode::GrantWithoutReason;
            let finding = PluginFinding::warning(code, place(grant), message);
            findings.add(finding.mended_by(format!(
                "add an annotation `{name}` with the reason, as a JSON string"
            )));
        }
        self.check_repeated_grants(findings);
    }

    /// One grant under two words: a definition can give it under one of them alone.
    fn check_repeated_grants(&self, findings: &mut PluginFindings) {
        let mut asked: BTreeMap<&str, Vec<&Text>> = BTreeMap::new();
        for grant in &self.grants {
            asked.entry(&grant.name).or_default().push(grant);
        }
        for grants in asked.values() {
            let [first, _, ..] = grants.as_slice() else {
                continue;
            };
            let words = listed(grants.iter().map(|grant| &grant.value));
            let name = visible_on_one_line(&first.name);
            let message = format!("it asks for `{name}` more than once: {words}");
            let code = FindingCode::RepeatedGrant;
            let finding = PluginFinding::warning(code, place(first), message);
            let mend = match Grants::asked(&self.grants).0.workspace.word() {
                Some(word) if first.name == "workspace" => {
                    format!("ask for one of them: `{word}` is what a run has to grant so far")
                }
                _ => "ask for it once".to_owned(),
            };
            findings.add(finding.mended_by(mend));
        }
    }

    pub(super) fn check_optional_grants(&self, findings: &mut PluginFindings) {
        let mut warn = |message: String, mend: Option<String>| {
            let place = PluginPlace::of(["annotations", OPTIONAL_GRANTS]);
            let finding = PluginFinding::warning(FindingCode::BadAnnotation, place, message);
            findings.add(match mend {
                Some(mend) => finding.mended_by(mend),
                None => finding,
            });
        };
        let optional = self.optional_grants();
        let is_there = |it: &Text| it.name == OPTIONAL_GRANTS;
        if optional.is_empty() && self.annotations.iter().any(is_there) {
            let message = "it names no grants: it is an object such as `{\"workspace\": \"read\"}`";
            warn(message.to_owned(), None);
        }
        for grant in Grants::asked(&optional).1 {
            let message = format!("this host doesn't have the grant {}", told(grant));
            warn(message, meant(grant));
        }
    }
}

impl Grants {
    /// What some grants of a description come to, and those of them that this host doesn't have.
    #[must_use]
    pub fn asked(grants: &[Text]) -> (Self, Vec<&Text>) {
        let (mut asked, mut unsupported) = (Self::default(), Vec::new());
        for grant in grants {
            match (grant.name.as_str(), grant.value.as_str()) {
                ("workspace", "read") if asked.workspace != WorkspaceGrant::None => {}
                ("workspace", "read") => asked.workspace = WorkspaceGrant::Read,
                ("workspace", "write") => asked.workspace = WorkspaceGrant::Write,
                ("workspace", "copy") => asked.workspace = WorkspaceGrant::Copy,
                ("prompts", "write") => asked.prompts_write = true,
                ("clock", "real") => asked.real_clock = true,
                _ => unsupported.push(grant),
            }
        }
        (asked, unsupported)
    }
}

fn place(grant: &Text) -> PluginPlace {
    PluginPlace::of(["grants", grant.name.as_str()])
}

/// A grant as a definition gives it.
fn told(grant: &Text) -> String {
    let (name, value) = (
        visible_on_one_line(&grant.name),
        visible_on_one_line(&grant.value),
    );
    format!("`{name} = \"{value}\"`")
}

/// The grant that was most likely meant, with its words; none where there is none like it.
fn meant(grant: &Text) -> Option<String> {
    let names = KNOWN.iter().map(|(name, _)| *name);
    let known = KNOWN.iter().find(|(name, _)| *name == grant.name);
    let Some((name, words)) = known else {
        return did_you_mean(&grant.name, names);
    };
    let is_one_of = match words {
        [only] => format!("`{name}` is `{only}`"),
        words => format!("`{name}` is one of {}", listed(words.iter())),
    };
    Some(match did_you_mean(&grant.value, words.iter().copied()) {
        Some(meant) => format!("{meant} {is_one_of}"),
        None => is_one_of,
    })
}
