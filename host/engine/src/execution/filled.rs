//! Which prompts a request was filled with: those that were rendered since the last call, and, where it goes on from what was
//! sent before, as after a tool's answer, those of that.

use std::collections::BTreeMap;

use stepwell_contract::{Digest, Message};

use super::digesting::digest_of;

/// A version of a prompt: its name and number.
pub(super) type Version = (String, u32);

/// What was rendered, and what was sent with it last.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    /// Rendered since the last call, each once.
    rendered: Vec<Version>,
    /// The requests of the last call.
    sent: Vec<Sent>,
}

/// The messages of a request, and the prompts that stand in them.
#[derive(Debug)]
pub(super) struct Sent {
    messages: usize,
    digest: Digest,
    pub(super) prompts: Vec<Version>,
}

impl Filled {
    /// A prompt was rendered.
    pub(super) fn render(&mut self, version: Version) {
        if !self.rendered.contains(&version) {
            self.rendered.push(version);
        }
    }

    /// The prompts that stand in a request of these messages.
    pub(super) fn prompts_of(&self, messages: &[Message]) -> Vec<Version> {
        let mut beginnings = BTreeMap::new();
        let mut goes_on = |sent: &&Sent| {
            let Some(beginning) = messages.get(..sent.messages) else {
                return false;
            };
            let digest = beginnings
                .entry(sent.messages)
                .or_insert_with(|| of(beginning));
            *digest == sent.digest
        };
        let before = self.sent.iter().find(&mut goes_on);
        let mut prompts = before.map(|sent| sent.prompts.clone()).unwrap_or_default();
        for version in &self.rendered {
            if !prompts.contains(version) {
                prompts.push(version.clone());
            }
        }
        prompts
    }

    /// What is to be remembered of a request of these messages.
    pub(super) fn note_of(&self, messages: &[Message]) -> Sent {
        Sent {
            messages: messages.len(),
            digest: of(messages),
            prompts: self.prompts_of(messages),
        }
    }

    /// These are sent at once: what is rendered from now on belongs to others.
    pub(super) fn send(&mut self, sent: Vec<Sent>) {
        self.sent = sent;
        self.rendered.clear();
    }
}

fn of(messages: &[Message]) -> Digest {
    digest_of(&serde_json::json!(messages))
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Role;

    use super::*;

    fn messages(texts: &[&str]) -> Vec<Message> {
        let message = |text: &&str| Message::text(Role::User, *text);
        texts.iter().map(message).collect()
    }

    fn version(name: &str) -> Version {
        (name.to_owned(), 1)
    }

    #[test]
    fn what_goes_on_from_a_request_has_its_prompts_and_what_begins_anew_has_not() {
        let mut filled = Filled::default();
        filled.render(version("plan"));
        filled.render(version("plan"));
        let first = messages(&["plan this"]);
        assert_eq!(filled.prompts_of(&first), [version("plan")]);
        filled.send(vec![filled.note_of(&first)]);

        let second = messages(&["plan this", "a tool's answer"]);
        assert_eq!(filled.prompts_of(&second), [version("plan")]);
        assert!(filled.prompts_of(&messages(&["something else"])).is_empty());
        filled.send(vec![filled.note_of(&second)]);

        filled.render(version("remark"));
        let third = messages(&["plan this", "a tool's answer", "and now"]);
        let both = [version("plan"), version("remark")];
        assert_eq!(filled.prompts_of(&third), both);
        filled.send(vec![filled.note_of(&third)]);

        filled.render(version("code"));
        assert_eq!(filled.prompts_of(&messages(&["write"])), [version("code")]);
    }
}
