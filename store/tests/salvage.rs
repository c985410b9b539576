//! What can be read of a store that can't be opened, and that nothing else passes for it.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use stepwell_contract::Digest;
use stepwell_store::*;
use support::*;

const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");
const PAGE: usize = 4096;

type Values = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a process left that was killed.
struct Killed {
    folder: tempfile::TempDir,
    file: Vec<u8>,
    /// The file as it was before the last commit.
    before: Vec<u8>,
    acknowledged: Vec<u8>,
    values: Values,
    values_before: Values,
}

/// What a run leaves, and then the same records again as they are when it ends.
fn changes(n: u128) -> Vec<Change> {
    let key = execution_key(run_id(n), "requirement/refine");
    let seconds = i64::try_from(n).unwrap();
    let execution = ExecutionRecord::new(key.clone(), vec![None], ExecutionState::Running, at(1));
    let mut changes = vec![
        add(
            "requirement",
            &format!("Write it for the {n}th time."),
            seconds,
        ),
        Change::Run(Box::new(run(run_id(n)))),
        Change::Execution(Box::new(execution)),
        Change::Blob(format!("answer {n}: {}", "so be it. ".repeat(90)).into()),
        Change::Document {
            key: DocumentKey {
                execution: key.clone(),
                name: "requirement".into(),
            },
            revision: revision(&format!("text {n}"), seconds),
        },
    ];
    changes
        .extend((0..3).map(|call_number| Change::Call(Box::new(call(key.clone(), call_number)))));
    // Now and then a page of the larger kind.
    if n.is_multiple_of(20) {
        changes.push(Change::Blob(
            format!("{n} {}", "a page of text ".repeat(700)).into(),
        ));
    }
    changes.extend((0..8).map(|n_of_event| event(run_id(n), n_of_event)));
    changes
}

fn large() -> String {
    "a line of a large answer\n".repeat(3000)
}

impl Killed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(folder.path()).unwrap();
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        store
            .commit(vec![Change::Blob(large().into())])
            .await
            .unwrap();
        for n in 0..60 {
            store.commit(changes(n)).await.unwrap();
        }
        let before = read("stepwell.redb");
        store.commit(changes(7)).await.unwrap();
        let (file, acknowledged) = (read("stepwell.redb"), read("acknowledged"));
        drop(store);
        let mut killed = Self {
            values: Values::new(),
            values_before: Values::new(),
            folder,
            file,
            before,
            acknowledged,
        };
        killed.values = killed.stored_in(&killed.file);
        killed.values_before = killed.stored_in(&killed.before);
        killed
    }

    fn stored_in(&self, file: &[u8]) -> Values {
        let place = self.folder.path().join("whole.redb");
        std::fs::write(&place, file).unwrap();
        let values = values_of(&place);
        std::fs::remove_file(place).unwrap();
        values
    }

    fn put(&self, file: &[u8]) {
        std::fs::write(self.folder.path().join("stepwell.redb"), file).unwrap();
        std::fs::write(self.folder.path().join("acknowledged"), &self.acknowledged).unwrap();
    }

    /// Salvages a file into a new store, which must be whole; gives what was told, and what it holds.
    fn salvage(&self, file: &[u8]) -> Result<(Salvaged, Values), StoreError> {
        self.put(file);
        let to = tempfile::tempdir().unwrap();
        let told = RedbStore::salvage(self.folder.path(), to.path());
        // Whatever comes of it, what it reads stays as it is.
        let stays = std::fs::read(self.folder.path().join("stepwell.redb")).unwrap();
        assert!(stays == file, "the original was changed");
        let told = told?;
        let store = RedbStore::open(to.path()).unwrap();
        if told.is_whole() {
            assert_eq!(store.check().unwrap().len(), 0);
        }
        drop(store);
        Ok((told, values_of(&to.path().join("stepwell.redb"))))
    }
}

/// Every value that isn't made anew from others, or by the next transaction.
fn values_of(file: &Path) -> Values {
    let database = Database::open(file).unwrap();
    let table = database.begin_read().unwrap().open_table(RECORDS).unwrap();
    let records = table.iter().unwrap().map(|record| {
        let (key, value) = record.unwrap();
        (key.value().to_vec(), value.value().to_vec())
    });
    records
        .filter(|(key, _)| !b"aghijnqtuvw".contains(&key[0]))
        .collect()
}

/// Numbers that look random, the same ones everywhere.
fn numbers(seed: u64) -> impl Iterator<Item = usize> {
    let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(next(&seed), next).map(|number| usize::try_from(number >> 33).unwrap())
}

/// Whether all is tried, as `.ci/sweep damage` says, and not a tenth.
#[allow(
    clippy::disallowed_methods,
    reason = "the sweeps of the whole program are told so, too"
)]
fn is_whole() -> bool {
    std::env::var_os("STEPWELL_SWEEP").is_some_and(|how| how == "whole")
}

#[derive(Debug, Default)]
struct Counts {
    tried: usize,
    opened: usize,
    salvaged: usize,
    /// With every record.
    whole: usize,
    /// From the commit before the last one.
    one_before: usize,
    lost: usize,
    most_lost: usize,
}

impl Counts {
    /// Tries one damaged file; no record may be another one than it was.
    fn try_one(&mut self, killed: &Killed, file: &[u8]) {
        self.tried += 1;
        killed.put(file);
        self.opened += usize::from(RedbStore::open(killed.folder.path()).is_ok());
        let Ok((told, values)) = killed.salvage(file) else {
            return;
        };
        self.salvaged += 1;
        let was = match told.commit {
            SalvagedCommit::Last => &killed.values,
            SalvagedCommit::OneBefore => &killed.values_before,
        };
        for (key, value) in &values {
            assert_eq!(was.get(key), Some(value), "{}", key.escape_ascii());
        }
        let lost = was.len() - values.len();
        // What is lost is told.
        let named = told.lost.len() as u64 + told.nameless;
        assert!(lost as u64 <= named || told.uncounted, "{lost}: {told:?}");
        self.whole += usize::from(lost == 0 && told.commit == SalvagedCommit::Last);
        self.one_before += usize::from(told.commit == SalvagedCommit::OneBefore);
        self.lost += lost;
        self.most_lost = self.most_lost.max(lost);
    }
}

#[tokio::test]
async fn what_is_whole_of_a_killed_process_store_is_salvaged() {
    let killed = Killed::new().await;
    let (told, values) = killed.salvage(&killed.file).unwrap();
    assert!(told.is_whole(), "{told:?}");
    assert_eq!(
        (told.commit, values),
        (SalvagedCommit::Last, killed.values.clone())
    );

    let whole = is_whole();
    let (most_bits, most_pages) = if whole { (200, 20) } else { (20, 2) };
    let mut bits = Counts::default();
    for place in numbers(1).take(most_bits) {
        let mut file = killed.file.clone();
        let at = place % file.len();
        file[at] ^= 1 << (place % 7);
        bits.try_one(&killed, &file);
    }
    let mut pages = Counts::default();
    for place in numbers(2).take(most_pages) {
        let mut file = killed.file.clone();
        let at = place % (file.len() / PAGE) * PAGE;
        file[at..at + PAGE].fill(0);
        pages.try_one(&killed, &file);
    }
    // Much at once: here a run of bytes, there another.
    let mut noise = Counts::default();
    for trial in 0..most_pages {
        let mut file = killed.file.clone();
        let random: Vec<_> = numbers(3 + trial as u64).take(30 * 41).collect();
        for places in random.chunks_exact(41) {
            let at = places[0] % (file.len() - 40);
            for (byte, number) in file[at..at + 40].iter_mut().zip(&places[1..]) {
                *byte = number.to_le_bytes()[1];
            }
        }
        noise.try_one(&killed, &file);
    }
    let (size, records) = (killed.file.len(), killed.values.len());
    println!(
        "{size} bytes, {records} records\nflipped bits: {bits:?}\nzeroed pages: {pages:?}\nnoise: {noise:?}"
    );
    assert_eq!((bits.salvaged, bits.whole), (most_bits, most_bits));
    assert!(
        bits.opened < most_bits,
        "damage that is opened tests nothing"
    );
    assert_eq!(pages.salvaged, most_pages, "{pages:?}");
}

#[tokio::test]
async fn a_commit_that_was_never_finished_is_not_taken_for_one_that_was() {
    let mut killed = Killed::new().await;
    // Nobody was told of the last commit, and the machine failed while it was written: its slot is there, and half of its pages.
    let changed: Vec<_> = (PAGE..killed.file.len())
        .step_by(PAGE)
        .filter(|at| killed.before.get(*at..*at + PAGE) != Some(&killed.file[*at..*at + PAGE]))
        .collect();
    assert!(changed.len() > 4);
    let mut torn = killed.file.clone();
    for at in changed.iter().skip(1).step_by(2) {
        let before = killed.before.get(*at..*at + PAGE);
        torn[*at..*at + PAGE].copy_from_slice(before.unwrap_or(&[0; PAGE]));
    }
    killed.acknowledged.clear();
    let (told, values) = killed.salvage(&torn).unwrap();
    assert_eq!(told.commit, SalvagedCommit::OneBefore, "{told:?}");
    assert_eq!(values, killed.values_before);
}

#[tokio::test]
async fn a_store_that_is_used_and_a_file_that_is_none_are_not_salvaged() {
    let folder = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(changes(1)).await.unwrap();
    let error = RedbStore::salvage(folder.path(), to.path()).unwrap_err();
    assert!(matches!(error, StoreError::Held { .. }), "{error}");
    drop(store);
    let within = RedbStore::salvage(folder.path(), &folder.path().join("blobs/new")).unwrap_err();
    assert!(
        matches!(within, StoreError::BackupWithinStore { .. }),
        "{within}"
    );
    let file: PathBuf = folder.path().join("stepwell.redb");
    for bytes in [
        Vec::new(),
        vec![0; 50_000],
        b"redb\x1a\x0a\xa9\x0d\x0a".repeat(1000),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = RedbStore::salvage(folder.path(), to.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_large_file_that_is_damaged_is_lost_by_name() {
    let killed = Killed::new().await;
    let hex = Digest::of(large()).hex();
    let file = killed
        .folder
        .path()
        .join("blobs")
        .join(&hex[..2])
        .join(&hex);
    std::fs::write(file, "something else").unwrap();
    let (told, values) = killed.salvage(&killed.file).unwrap();
    assert_eq!(told.lost, [format!("blob sha256:{hex}")]);
    assert_eq!(values.len() + 1, killed.values.len());
    assert!(!told.is_whole());
}
