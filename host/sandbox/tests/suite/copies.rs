//! A step's copy of the workspace: there, bounded, without a way out, and gone afterwards.

use crate::common::{Room, document, environment, limit};
use stepwell_contract::{CopiedFile, Environment, Limit};

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
