//! Files that import each other can't be read by themselves. Those that there are stand here, each with why it stays; a new one is
//! taken apart.

use std::path::Path;

use stepwell_tests::circles;

/// The crates in whose files there is none.
const WITHOUT: [&str; 18] = [
    "host/builtin",
    "host/cli",
    "host/comparison",
    "host/contract",
    "host/definition",
    "host/estimation",
    "host/git",
    "host/outbound",
    "host/plugin_tests",
    "host/registry",
    "host/rendering",
    "host/scaffold",
    "host/server",
    "host/signing",
    "host/telemetry",
    "host/texts",
    "host/texts_guest",
    "host/workers",
];

/// The circles that there are: the crate, the files, and why they stay.
const KNOWN: [(&str, &str, &str); 12] = [
    (
        "host/engine",
        "state/context ↔ state/gates",
        "a run's context holds its gates, and the gates answer for the run that holds them",
    ),
    (
        "host/engine",
        "state/home ↔ state/house",
        "who works in a house is counted by the house, and leaves it by its name",
    ),
    (
        "host/llm",
        "anthropic_messages/conversation ↔ anthropic_messages/marks",
        "marks are put on the conversation's own blocks while it is made",
    ),
    (
        "host/llm",
        "in_turn ↔ registry",
        "the registry asks in turn, and whoever does looks up in it who answers instead",
    ),
    (
        "host/llm",
        "wire/collected ↔ wire/reader",
        "what is collected says what is wrong in the reader's words",
    ),
    (
        "host/sandbox",
        "attempt ↔ scratch ↔ wasi",
        "the guest's system is made of its attempt, and its folder of that system",
    ),
    (
        "host/sandbox",
        "call ↔ code_cache ↔ compiling ↔ inspect ↔ loading ↔ runtime ↔ sandbox",
        "one sandbox loads, keeps and calls: these are its methods, file by file",
    ),
    (
        "store",
        "prompts ↔ redb_store/answers ↔ redb_store/hidden ↔ redb_store/ids ↔ redb_store/open ↔ redb_store/plan ↔ redb_store/reads ↔ \
         redb_store/stored_prompts ↔ redb_store/writer ↔ store",
        "the trait gives room for an answer, which takes the trait's changes; the rest are the methods of one store",
    ),
    (
        "store",
        "redb_store/codec ↔ redb_store/frame",
        "a frame is made of what was encoded, and its digest stands in the code",
    ),
    (
        "store",
        "redb_store/failure ↔ redb_store/folder ↔ redb_store/holder",
        "a failure names the folder's files and who holds them",
    ),
    (
        "store",
        "redb_store/kept ↔ redb_store/removing",
        "what is kept says what is removed with it",
    ),
    (
        "sdk/rust",
        "attempt ↔ chat ↔ step",
        "what a step is handed has the step's own words, and a fake of each for tests",
    ),
];

#[test]
fn no_further_files_import_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = |folder: &str| circles(&root.join(folder).join("src"));
    for folder in WITHOUT {
        assert_eq!(found(folder), Vec::<String>::new(), "{folder}");
    }
    for folder in [
        "host/engine",
        "host/llm",
        "host/sandbox",
        "store",
        "sdk/rust",
    ] {
        let of_it = KNOWN.iter().filter(|(its, ..)| *its == folder);
        let known: Vec<&str> = of_it.map(|(_, files, _)| *files).collect();
        assert_eq!(found(folder), known, "{folder}");
    }
}
