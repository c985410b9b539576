use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stepwell_contract::{Ability, Digest};

use super::*;

fn plugin(bytes: &str, can: &[(Ability, &str)], wants: &[(&str, &str)]) -> LockedPlugin {
    let mut all: BTreeMap<Ability, BTreeSet<String>> = BTreeMap::new();
    for (ability, by) in can {
        let of_it = all.entry(ability.clone()).or_default();
        of_it.insert((*by).to_owned());
    }
    let wants = wants.iter();
    LockedPlugin {
        digest: Digest::of(bytes),
        manifest: None,
        name: "draft".into(),
        plugin_version: "1.2.0".into(),
        can: all,
        wants: wants
            .map(|(name, wanted)| ((*name).to_owned(), (*wanted).to_owned()))
            .collect(),
        prompts: [("draft".to_owned(), Digest::of(bytes.len().to_string()))].into(),
    }
}

fn found(uses: &str, plugin: &LockedPlugin) -> BTreeMap<String, LockedPlugin> {
    [(uses.to_owned(), plugin.clone())].into()
}

#[test]
fn the_file_reads_as_what_was_agreed_to() {
    let plugin = plugin(
        "a",
        &[(Ability::AsksModels, "chat.complete")],
        &[("workspace", "read")],
    );
    let lock = PluginLock {
        stepwell: Some("0.1.0".into()),
        plugins: found("plugins/draft.wasm", &plugin),
    };
    let text = lock.text().unwrap();
    let expected = format!(
        r#"{HEAD}form = 1
stepwell = "0.1.0"

[plugins."plugins/draft.wasm"]
digest = "{}"
name = "draft"
plugin-version = "1.2.0"

[plugins."plugins/draft.wasm".can]
asks-models = ["chat.complete"]

[plugins."plugins/draft.wasm".wants]
workspace = "read"

[plugins."plugins/draft.wasm".prompts]
draft = "{}"
"#,
        plugin.digest, plugin.prompts["draft"],
    );
    assert_eq!(text, expected);
    assert_eq!(PluginLock::parse(&text).unwrap(), lock);
}

#[test]
fn a_later_form_is_told_from_a_damaged_file() {
    let later = PluginLock::parse("form = 2\nwhatever = true\n");
    assert_eq!(later, Err(LockUnread::Later(2)));
    for damaged in [
        "",
        "form = 1\n<<<<<<< ours\n",
        "form = 1\nextra = 1\n",
        "form = 1\n[plugins.a]\ndigest = \"sha256:1\"\nname = \"a\"\nplugin-version = \"1\"\n",
    ] {
        let read = PluginLock::parse(damaged);
        assert!(matches!(read, Err(LockUnread::Damaged(_))), "{read:?}");
    }
}

#[test]
fn what_is_new_in_another_component_is_told() {
    let old = plugin(
        "old",
        &[
            (Ability::AsksModels, "chat.complete"),
            (Ability::AsksPeople, "dialogue.ask"),
        ],
        &[("workspace", "read")],
    );
    let new = plugin(
        "newer",
        &[
            (Ability::AsksModels, "chat.complete"),
            (Ability::WritesFiles, "workspace.write"),
        ],
        &[("workspace", "write")],
    );
    let lock = PluginLock {
        stepwell: Some("0.1.0".into()),
        plugins: found("draft.wasm", &old),
    };
    assert_eq!(
        lock.differences(&found("draft.wasm", &old), Some("0.1.0")),
        []
    );
    let differences = lock.differences(&found("draft.wasm", &new), Some("0.2.0"));
    let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the built-in steps: those of Stepwell 0.1.0 before, of 0.2.0 now".to_owned(),
            format!(
                "`draft.wasm` is another one: draft 1.2.0 before, draft 1.2.0 now\n  \
                 its digest was {}\n             is  {}\n  \
                 new: it writes and removes files of the workspace, if granted (workspace.write)\n  \
                 no longer: it asks the person behind the run (dialogue.ask)\n  \
                 it wants the grant `workspace`: `write`, where it was `read`\n  \
                 its prompt `draft` has another text",
                old.digest, new.digest
            ),
        ]
    );
    let agreed = lock.agreed(&differences);
    assert_eq!(
        agreed.differences(&found("draft.wasm", &new), Some("0.2.0")),
        []
    );
}

#[test]
fn what_is_written_beside_a_digest_is_held_against_what_it_is() {
    let is = plugin("a", &[(Ability::WritesFiles, "workspace.write")], &[]);
    let mut written = plugin("a", &[], &[]);
    written.manifest = Some(Digest::of("a manifest"));
    let lock = PluginLock {
        stepwell: None,
        plugins: found("draft.wasm", &written),
    };
    let differences = lock.differences(&found("draft.wasm", &is), None);
    let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`draft.wasm` has the digest that was agreed to, and is something else than what is written beside it\n  \
          new: it writes and removes files of the workspace, if granted (workspace.write)"
        ]
    );
    // By which manifest it is had says nothing of what it is.
    let mut named = is.clone();
    named.manifest = None;
    written = is;
    written.manifest = Some(Digest::of("a manifest"));
    assert!(written.is_described_as(&named));
}

#[test]
fn what_is_new_is_data_too() {
    let old = plugin("old", &[(Ability::AsksModels, "chat.complete")], &[]);
    let new = plugin(
        "new",
        &[
            (Ability::AsksModels, "chat.complete"),
            (Ability::WritesFiles, "workspace.write"),
        ],
        &[("workspace", "write")],
    );
    let news = PluginChange::between(old, new).news;
    let by = BTreeSet::from(["workspace.write".to_owned()]);
    assert_eq!(news.can, [(Ability::WritesFiles, by)].into());
    assert_eq!(
        news.wants,
        [("workspace".to_owned(), "write".to_owned())].into()
    );
}

#[test]
fn what_a_definition_does_not_use_stays_as_it_is() {
    let (one, other) = (plugin("one", &[], &[]), plugin("other", &[], &[]));
    let lock = PluginLock {
        stepwell: Some("0.1.0".into()),
        plugins: found("other.wasm", &other),
    };
    let differences = lock.differences(&found("one.wasm", &one), None);
    let agreed = lock.agreed(&differences);
    assert_eq!(agreed.stepwell.as_deref(), Some("0.1.0"));
    assert_eq!(agreed.plugins.len(), 2);
    let gone = PluginDifference::Gone {
        uses: "other.wasm".into(),
    };
    assert_eq!(agreed.agreed(&[gone]).plugins.len(), 1);
}

fn any_plugin() -> impl Strategy<Value = LockedPlugin> {
    let ability = prop::sample::select(vec![
        Ability::AsksModels,
        Ability::ReadsFiles,
        Ability::WritesFiles,
        Ability::Other("of a later build".into()),
    ]);
    let can = prop::collection::btree_map(ability, prop::collection::btree_set(".*", 1..3), 0..4);
    let wants = prop::collection::btree_map(".*", ".*", 0..3);
    let prompts = prop::collection::btree_map(".*", ".*".prop_map(Digest::of), 0..3);
    let manifest = prop::option::of(".*".prop_map(Digest::of));
    (".*", manifest, ".*", ".*", can, wants, prompts).prop_map(
        |(bytes, manifest, name, plugin_version, can, wants, prompts)| LockedPlugin {
            digest: Digest::of(bytes),
            manifest,
            name,
            plugin_version,
            can,
            wants,
            prompts,
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_plugin_says_the_file_gives_back(
        plugins in prop::collection::btree_map(".*", any_plugin(), 0..4),
        stepwell in prop::option::of(".*"),
    ) {
        let lock = PluginLock { stepwell, plugins };
        let text = lock.text().unwrap();
        prop_assert_eq!(PluginLock::parse(&text).unwrap(), lock);
    }

    #[test]
    fn nothing_is_asked_again_once_it_is_agreed_to(
        before in prop::collection::btree_map("[a-c]", any_plugin(), 0..4),
        now in prop::collection::btree_map("[a-c]", any_plugin(), 0..4),
    ) {
        let lock = PluginLock { stepwell: None, plugins: before };
        let differences = lock.differences(&now, Some("1"));
        let agreed = lock.agreed(&differences);
        prop_assert_eq!(agreed.differences(&now, Some("1")), vec![]);
    }
}
