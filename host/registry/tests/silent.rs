//! A server that stops to answer is given up, and what came so far is left nowhere.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use std::path::Path;
use std::time::Duration;

use stepwell_contract::Digest;
use stepwell_registry::{FetchError, Registry, RegistrySettings, Source};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that says this to whoever comes, and then nothing more, without an end.
async fn saying(said: &'static str) -> u16 {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut connection, _)) = server.accept().await {
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(said.as_bytes()).await;
            open.push(connection);
        }
    });
    port
}

async fn error(said: &'static str, cache: &Path) -> FetchError {
    let port = saying(said).await;
    let registry = Registry::open(RegistrySettings {
        idle: Duration::from_millis(200),
        ..RegistrySettings::in_folder(cache.to_owned())
    });
    let digest = Digest::of("a component");
    let source: Source = format!("http://127.0.0.1:{port}/a#{digest}")
        .parse()
        .unwrap();
    registry.fetch(&source).await.unwrap_err()
}

#[tokio::test]
async fn it_is_told_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\na comp";
    let redirect = "HTTP/1.1 307 Go\r\nlocation: /b\r\ncontent-length: 11\r\n\r\n";
    for said in ["", "HTTP/1.1 200 OK\r\n", begun] {
        let error = error(said, folder.path()).await;
        assert!(matches!(error, FetchError::Silent { .. }), "{error:?}");
    }
    // The rest of a redirect isn't waited for.
    let error = error(redirect, folder.path()).await;
    assert!(matches!(
        error,
        FetchError::TooManyRedirects { .. } | FetchError::Silent { .. }
    ));
    let left = std::fs::read_dir(folder.path().join("sha256")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn half_of_a_file_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let said = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\na comp";
    let error = error(said, folder.path()).await;
    let FetchError::WrongDigest { came, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(came, Digest::of("a comp"));
}
