//! Blobs: kept by hash, each once, large ones as files.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use stepwell_contract::Digest;
use stepwell_store::{Change, RedbStore, Store, StoreError};

#[tokio::test]
async fn large_blobs_are_files_and_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let (small, large) = (vec![1; 64 * 1024], vec![2; 64 * 1024 + 1]);
    let changes = || {
        [&small, &large]
            .map(|bytes| Change::Blob(bytes.clone().into()))
            .to_vec()
    };
    store.commit(changes()).await.unwrap();
    let hex = Digest::of(&large).hex();
    let file = folder.path().join("blobs").join(&hex[..2]).join(&hex);
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    let hex = Digest::of(&small).hex();
    assert!(!folder.path().join("blobs").join(&hex[..2]).exists());

    let transactions = store.transactions();
    store.commit(changes()).await.unwrap();
    assert_eq!(store.transactions(), transactions, "nothing to write");
    assert_eq!(
        std::fs::metadata(&file).unwrap().modified().unwrap(),
        written
    );
    for bytes in [&small, &large] {
        let found = store.blob(&Digest::of(bytes)).await.unwrap();
        assert_eq!(found.as_deref(), Some(bytes.as_slice()));
        assert!(store.has_blob(&Digest::of(bytes)).await.unwrap());
    }

    assert!(!store.has_blob(&Digest::of("never written")).await.unwrap());

    std::fs::write(&file, "other").unwrap();
    assert!(!store.has_blob(&Digest::of(&large)).await.unwrap());
    let error = store.blob(&Digest::of(&large)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert_eq!(store.check().unwrap().len(), 1);
    store.commit(changes()).await.unwrap();
    assert!(store.has_blob(&Digest::of(&large)).await.unwrap(), "mended");
}
