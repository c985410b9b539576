//! The store's folder: nothing in it leads elsewhere, and nothing of anybody else's is touched.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use stepwell_contract::{Digest, Remedy};
use stepwell_store::{Change, FolderState, RedbStore, Store, StoreError};

/// A folder with somebody's files, and beside it that of a store, where there is none yet.
struct Scene {
    all: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let all = tempfile::tempdir().unwrap();
        fs::create_dir_all(all.path().join("mine/ab")).unwrap();
        fs::create_dir_all(all.path().join("store")).unwrap();
        fs::write(all.path().join("mine/letter"), "dear").unwrap();
        fs::write(all.path().join("mine/empty"), "").unwrap();
        fs::write(all.path().join("mine/ab/note"), "note").unwrap();
        Self { all }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.all.path().join(path)
    }

    fn open(&self) -> Result<RedbStore, StoreError> {
        RedbStore::open(&self.at("store"))
    }

    fn is_untouched(&self) {
        let read = |path| fs::read_to_string(self.at(path)).unwrap();
        assert_eq!(read("mine/letter"), "dear");
        assert_eq!(read("mine/empty"), "");
        assert_eq!(read("mine/ab/note"), "note");
        let found = fs::read_dir(self.at("mine")).unwrap().count();
        assert_eq!(found, 3, "nothing was made there");
    }
}

#[track_caller]
fn is_refused(refused: Result<RedbStore, StoreError>, path: &Path) {
    match refused.map(drop) {
        Err(error @ StoreError::Stray { .. }) => {
            assert!(
                error.to_string().contains(path.to_str().unwrap()),
                "{error}"
            );
            let path = path.display().to_string();
            assert_eq!(error.remedy(), Remedy::RemoveStray { path });
        }
        other => panic!("{}: {other:?}", path.display()),
    }
}

#[tokio::test]
async fn a_link_in_it_is_refused_by_its_name() {
    for name in [
        "stepwell.redb",
        "stepwell.redb.new",
        "holder",
        "holder.new",
        "acknowledged",
        "blobs",
        "answers",
        "cache",
        "anything",
    ] {
        for target in ["letter", "empty", "ab", "", "nothing"] {
            let scene = Scene::new();
            let link = scene.at("store").join(name);
            symlink(scene.at("mine").join(target), &link).unwrap();
            is_refused(scene.open(), &link);
            scene.is_untouched();
            if name != "stepwell.redb" {
                fs::remove_file(&link).unwrap();
                drop(scene.open().unwrap());
                symlink(scene.at("mine").join(target), &link).unwrap_or_default();
            }
            let to = scene.at("to");
            let refused = RedbStore::salvage(&scene.at("store"), &to);
            if fs::symlink_metadata(&link).unwrap().is_symlink() {
                assert!(matches!(refused, Err(StoreError::Stray { .. })), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_link_among_its_blobs_is_refused() {
    let scene = Scene::new();
    drop(scene.open().unwrap());
    let link = scene.at("store/blobs/ab");
    symlink(scene.at("mine/ab"), &link).unwrap();
    is_refused(scene.open(), &link);
    scene.is_untouched();
}

#[tokio::test]
async fn a_link_to_a_folder_of_other_things_is_no_place_for_a_store() {
    let scene = Scene::new();
    let link = scene.at("link");
    symlink(scene.at("mine"), &link).unwrap();
    is_refused(RedbStore::open(&link), &link);
    scene.is_untouched();
    // One to another disk, on which there is nothing or a store, is somebody's own.
    let other = scene.at("other");
    symlink(scene.at("store"), &other).unwrap();
    drop(RedbStore::open(&other).unwrap());
    drop(RedbStore::open(&other).unwrap());
}

#[tokio::test]
async fn a_pipe_or_a_folder_in_it_is_refused_and_not_waited_for() {
    for name in [
        "stepwell.redb",
        "holder",
        "acknowledged",
        "blobs",
        "answers",
    ] {
        let scene = Scene::new();
        let path = scene.at("store").join(name);
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        is_refused(scene.open(), &path);
        if !["blobs", "answers"].contains(&name) {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            is_refused(scene.open(), &path);
        }
    }
    // Among answers that wait, there may be anything.
    let scene = Scene::new();
    fs::create_dir(scene.at("store/answers")).unwrap();
    let pipe = scene.at("store/answers/a.answer");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    symlink(scene.at("mine/letter"), scene.at("store/answers/b.answer")).unwrap();
    let store = scene.open().unwrap();
    store.commit(vec![]).await.unwrap();
    assert!(pipe.exists());
    scene.is_untouched();
}

#[tokio::test]
async fn what_is_freed_beside_it_is_its_own_and_is_told_before() {
    let scene = Scene::new();
    let store = scene.open().unwrap();
    let large = vec![7; 100_000];
    let change = Change::Blob(large.clone().into());
    store.commit(vec![change]).await.unwrap();
    let blobs = scene.at("store/blobs");
    let (one, two) = (Digest::of("one").hex(), Digest::of("two").hex());
    let folder = blobs.join(&one[..2]);
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(blobs.join("mine")).unwrap();
    fs::create_dir_all(blobs.join(&two[..2])).unwrap();
    // Those of commits that were never made.
    let orphan = folder.join(&one);
    let begun = folder.join(format!("{one}.17-0.tmp"));
    fs::write(&orphan, "one").unwrap();
    fs::write(&begun, "half").unwrap();
    // And what isn't the store's.
    let others = [
        blobs.join("mine/note.txt"),
        blobs.join(&two),
        blobs.join("mine").join(&two),
        folder.join("note.txt"),
        folder.join(format!("{one}.bak")),
        folder.join(format!("{one}.mine.tmp")),
        folder.join(one.to_uppercase()),
        blobs.join("note.txt"),
    ];
    for other in &others {
        fs::write(other, "mine").unwrap();
    }
    let link = blobs.join(&two[..2]).join(&two);
    symlink(scene.at("mine/letter"), &link).unwrap();

    let told = store.survey().await.unwrap();
    let told = told.free_without(&BTreeSet::new());
    let before = store.bytes_on_disk();
    let freed = store.compact().await.unwrap();
    assert_eq!(freed, told);
    assert_eq!(
        (freed.blobs, freed.bytes >= 100_007),
        (3, true),
        "{freed:?}"
    );
    assert!(store.bytes_on_disk() + 100_007 <= before);
    assert!(!orphan.exists() && !begun.exists());
    for other in &others {
        assert!(other.exists(), "{}", other.display());
    }
    assert!(fs::symlink_metadata(link).is_ok());
    scene.is_untouched();
}

#[tokio::test]
async fn what_is_left_of_a_store_without_its_file_is_told_by_name() {
    let state = |scene: &Scene| RedbStore::look_into(&scene.at("store")).unwrap();
    let scene = Scene::new();
    assert_eq!(state(&scene), FolderState::NoStore);
    // What is made before the store's file is no store.
    fs::create_dir(scene.at("store/blobs")).unwrap();
    fs::write(scene.at("store/.gitignore"), "*").unwrap();
    assert_eq!(state(&scene), FolderState::NoStore);
    let store = scene.open().unwrap();
    let large = vec![7; 100_000];
    store
        .commit(vec![Change::Blob(large.into())])
        .await
        .unwrap();
    assert_eq!(state(&scene), FolderState::Store);
    drop(store);
    fs::remove_file(scene.at("store/stepwell.redb")).unwrap();
    assert_eq!(
        state(&scene),
        FolderState::FileMissing {
            beside: vec!["blobs"],
            holds_data: true,
        }
    );
    fs::remove_dir_all(scene.at("store/blobs")).unwrap();
    fs::write(scene.at("store/holder"), "17\nstepwell serve\n").unwrap();
    assert_eq!(
        state(&scene),
        FolderState::FileMissing {
            beside: vec!["holder"],
            holds_data: false,
        }
    );
    scene.is_untouched();
}
