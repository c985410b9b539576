//! A step's copy of the workspace: there, bounded, without a way out, and gone afterwards.

use crate::common::{Room, document, end, environment, limit};
use stepwell_contract::{
    AttemptEnd, AttemptReport, CopiedFile, Environment, LentFolder, Limit, most,
};

fn with_copy() -> Environment {
    let file = CopiedFile {
        path: "some/file".into(),
        content: b"text".to_vec(),
    };
    Environment {
        copy: Some(vec![file].into()),
        ..environment()
    }
}

#[tokio::test]
async fn the_copy_is_a_directory_that_no_way_leads_out_of() {
    let room = Room::new().await;
    for _ in 0..2 {
        let report = room.execute("uses-its-copy", 0, with_copy()).await;
        assert_eq!(
            document(&report),
            "read text, written true, listed 0, escaped false",
            "each attempt gets it anew"
        );
    }
}

#[tokio::test]
async fn without_the_grant_there_is_none() {
    let room = Room::new().await;
    let report = room.execute("uses-its-copy", 0, environment()).await;
    assert_eq!(
        document(&report),
        "read , written false, listed 0, escaped false"
    );
}

#[tokio::test]
async fn who_fills_it_is_ended() {
    let room = Room::new().await;
    let mut small = with_copy();
    small.limits.file_bytes = 8 << 20;
    let report = room.execute("fills-its-copy", 1 << 20, small).await;
    let (which, used, allowed) = limit(&report);
    assert_eq!((which, allowed), (Limit::FileBytes, "8 MiB"));
    assert!(used.ends_with("in its copy of the workspace"), "{used}");
}

#[tokio::test]
async fn who_makes_files_without_end_is_ended() {
    let room = Room::new().await;
    let mut small = with_copy();
    small.limits.files = 100;
    let report = room.execute("fills-its-copy", 0, small).await;
    let (which, _, allowed) = limit(&report);
    assert_eq!(which, Limit::Files);
    assert!(allowed.starts_with("100 files"), "{allowed}");
}

/// What an attempt made that ended by how deep its folders lie.
fn nested(report: &AttemptReport) -> String {
    match end(report) {
        AttemptEnd::TooNested { used, .. } => used.clone(),
        other => panic!("not too deep: {other:?}"),
    }
}

/// What ends a deed whose copy may hold 8 MiB.
async fn ended_by(deed: &str, size: usize) -> (Limit, String, String) {
    let room = Room::new().await;
    let mut small = with_copy();
    small.limits.file_bytes = 8 << 20;
    let report = room.execute(deed, size, small).await;
    let (limit, used, allowed) = limit(&report);
    (limit, used.to_owned(), allowed.to_owned())
}

#[tokio::test]
async fn a_file_that_no_listing_shows_is_counted() {
    let (limit, used, allowed) = ended_by("fills-a-removed-file", 0).await;
    assert_eq!((limit, &*allowed), (Limit::FileBytes, "8 MiB"), "{used}");
}

#[tokio::test]
async fn a_file_below_a_path_that_is_too_long_is_counted() {
    let room = Room::new().await;
    let mut small = with_copy();
    small.limits.file_bytes = 8 << 20;
    let used = nested(&room.execute("fills-a-deep-path", 0, small).await);
    assert!(used.contains("can't be listed"), "{used}");
}

#[tokio::test]
async fn a_byte_that_fills_a_block_counts_as_one() {
    let (limit, used, _) = ended_by("fills-holes", 0).await;
    assert_eq!(limit, Limit::FileBytes, "{used}");
}

#[tokio::test]
async fn folders_within_each_other_have_an_end() {
    // The workspace itself is one of them.
    let most = most::DEPTH - 1;
    let room = Room::new().await;
    for (deed, size) in [("nests-folders", most), ("nests-by-moving", most / 2 - 1)] {
        let report = room.execute(deed, size, with_copy()).await;
        let nested = if size == most { size } else { 2 * size };
        assert_eq!(document(&report), format!("nested {nested}"));
    }
    for (deed, size) in [
        ("nests-folders", most + 1),
        ("nests-folders", 2000),
        ("nests-by-moving", most / 2 + 1),
    ] {
        let used = nested(&room.execute(deed, size, with_copy()).await);
        assert!(used.contains("folders within each other"), "{used}");
    }
    // What a person has that deep isn't the step's.
    let file = CopiedFile {
        path: format!("{}file", "deep/".repeat(200)),
        content: b"text".to_vec(),
    };
    let deep = Environment {
        copy: Some(vec![file].into()),
        ..with_copy()
    };
    let report = room.execute("nests-folders", 2, deep).await;
    assert_eq!(document(&report), "nested 2");
}

#[tokio::test]
async fn what_is_written_over_does_not_count_twice() {
    let room = Room::new().await;
    let mut small = with_copy();
    small.limits.file_bytes = 8 << 20;
    let report = room.execute("rewrites-its-copy", 4 << 20, small).await;
    assert_eq!(document(&report), "rewritten");
}

#[tokio::test]
async fn open_files_and_listings_have_an_end() {
    let room = Room::new().await;
    // A listing has its folder open beside it.
    for (deed, fit) in [("opens-files", 49), ("lists-folders", 24)] {
        let mut few = with_copy();
        few.limits.open_files = 50;
        let report = room.execute(deed, 20_000, few.clone()).await;
        assert_eq!(
            (limit(&report).0, limit(&report).2),
            (Limit::OpenFiles, "50")
        );
        let report = room.execute(deed, fit, few).await;
        assert_eq!(document(&report), format!("open {fit}"));
    }
}

#[tokio::test]
async fn handles_that_are_used_up_are_named() {
    let room = Room::new().await;
    let mut few = with_copy();
    few.limits.open_files = 20_000;
    few.limits.handles = 100;
    let report = room.execute("opens-files", 20_000, few).await;
    assert_eq!(
        (limit(&report).0, limit(&report).2),
        (Limit::Handles, "100 handles")
    );
}

#[tokio::test]
async fn a_lent_folder_is_read_and_nothing_else() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("lent");
    std::fs::create_dir_all(folder.join("some")).unwrap();
    std::fs::write(folder.join("some/file"), "text").unwrap();
    std::fs::write(around.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(around.path(), folder.join("out")).unwrap();
    let room = Room::new().await;
    let environment = Environment {
        folders: vec![LentFolder {
            folder: folder.clone(),
            at: "/lent".into(),
        }],
        ..environment()
    };
    // Without a copy of the workspace there is no folder to write to.
    let report = room.execute("reads-what-is-lent", 0, environment).await;
    assert_eq!(document(&report), "read text, changed false, escaped false");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["out", "some"]);
    assert_eq!(std::fs::read(folder.join("some/file")).unwrap(), b"text");
}
