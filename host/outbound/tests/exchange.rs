//! Exchanges with a server of the test's own, and names that lead where the test says.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use stepwell_contract::{
    HostPlace, HttpBounds, HttpClient as _, HttpErrorKind, HttpHeader, HttpInside, HttpRequest,
};
use stepwell_outbound::{LookUp, Outbound};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with a connection on which a request came.
type Does = fn(TcpStream) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server of this machine, with the requests that it got.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn that(does: Does) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 64 << 10];
                let read = stream.read(&mut request).await.unwrap_or(0);
                request.truncate(read);
                kept.lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&request).into_owned());
                tokio::spawn(does(stream));
            }
        });
        Self { port, asked }
    }

    async fn saying(answer: &'static str) -> Self {
        static ANSWERS: Mutex<Vec<(u16, &str)>> = Mutex::new(Vec::new());
        let server = Self::that(|mut stream| {
            Box::pin(async move {
                let port = stream.local_addr().unwrap().port();
                let answers = ANSWERS.lock().unwrap().clone();
                let found = answers.iter().find(|(of, _)| *of == port);
                let answer = found.map(|(_, answer)| *answer).unwrap_or_default();
                let _ = stream.write_all(answer.as_bytes()).await;
            })
        })
        .await;
        ANSWERS.lock().unwrap().push((server.port, answer));
        server
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Gives these addresses, one list after the other and the last one for ever.
struct Names {
    lists: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names {
    fn that_lead_to(lists: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self {
            lists: lists.iter().map(|list| list.to_vec()).collect(),
            asked: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl LookUp for Names {
    async fn look_up(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let at = self.asked.fetch_add(1, SeqCst).min(self.lists.len() - 1);
        let list = &self.lists[at];
        match list.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, "nobody knows it")),
            false => Ok(list.iter().map(|it| it.parse().unwrap()).collect()),
        }
    }
}

fn inside(lines: &[&str]) -> Vec<HttpInside> {
    let as_it_is = |host: &str| Ok(host.to_owned());
    let read = |line: &&str| HttpInside::parse(line, &as_it_is).unwrap();
    lines.iter().map(read).collect()
}

const BOUNDS: HttpBounds = HttpBounds {
    body: 1000,
    time: Duration::from_secs(20),
};

fn get(url: impl Into<String>) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![],
        body: vec![],
    }
}

fn header(name: &str, value: &str) -> HttpHeader {
    HttpHeader {
        name: name.into(),
        value: value.into(),
    }
}

#[test]
fn where_a_host_stands_is_known_of_addresses_and_of_what_the_operator_names() {
    let outbound = Outbound::new(inside(&["db.corp.example", "10.0.0.5:8080"]));
    for (url, place) in [
        ("https://api.example.org/", HostPlace::Unknown),
        ("https://1.1.1.1/", HostPlace::Unknown),
        ("http://localhost:1/", HostPlace::Inside),
        ("http://127.0.0.1/", HostPlace::Inside),
        ("http://10.0.0.5/", HostPlace::Inside),
        ("http://10.0.0.5:8080/", HostPlace::InsideAsSaid),
        ("http://[fd00::5]/", HostPlace::Inside),
        ("https://db.corp.example/", HostPlace::InsideAsSaid),
    ] {
        let address = outbound.address(url).unwrap();
        assert_eq!(outbound.place(&address), place, "{url}");
    }
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_its_answer_comes_whole() {
    let server = Server::saying(
        "HTTP/1.1 302 Found\r\nLocation: http://other.example/\r\nX-Own: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nthere",
    )
    .await;
    let names = Names::that_lead_to(&[&["127.0.0.1"]]);
    let outbound = Outbound::looking_up(inside(&["near.example"]), names.clone());
    let request = HttpRequest {
        method: "POST".into(),
        headers: vec![header("x-mine", "1"), header("content-length", "77")],
        body: b"hello".to_vec(),
        ..get(format!("http://near.example:{}/a?b=c", server.port))
    };
    let answer = outbound.exchange(request, BOUNDS).await.unwrap();
    assert_eq!((answer.status, answer.body), (302, b"there".to_vec()));
    let names_of: Vec<_> = answer.headers.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names_of, ["location", "x-own", "content-length"]);
    // Where it leads to nobody was asked.
    assert_eq!(names.asked.load(SeqCst), 1);
    let asked = server.asked().remove(0);
    for line in [
        "POST /a?b=c HTTP/1.1\r\n",
        "x-mine: 1\r\n",
        "content-length: 5\r\n",
        "host: near.example:",
        "\r\n\r\nhello",
    ] {
        assert!(asked.contains(line), "{line:?} in {asked}");
    }
}

#[tokio::test]
async fn what_a_name_leads_to_is_looked_at_on_each_connection() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let url = format!("http://turns.example:{}/", server.port);
    // The first time it is somewhere on the internet, where nobody answers here.
    let names = Names::that_lead_to(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let outbound = Outbound::looking_up(inside(&["near.example"]), names);
    let soon = HttpBounds {
        time: Duration::from_millis(200),
        ..BOUNDS
    };
    let first = outbound.exchange(get(&url), soon).await.unwrap_err();
    assert_ne!(first.kind, HttpErrorKind::ForbiddenAddress, "{first}");
    let second = outbound.exchange(get(&url), BOUNDS).await.unwrap_err();
    assert_eq!(second.kind, HttpErrorKind::ForbiddenAddress, "{second}");
    assert!(second.message.contains("http.inside"), "{second}");

    for addresses in [
        &["127.0.0.1"][..],
        &["192.0.2.1", "127.0.0.1"],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["100.100.100.200"],
        &["fd00::1"],
        &["::ffff:127.0.0.1"],
    ] {
        let outbound = Outbound::looking_up(vec![], Names::that_lead_to(&[addresses]));
        let refused = outbound.exchange(get(&url), BOUNDS).await.unwrap_err();
        assert_eq!(
            refused.kind,
            HttpErrorKind::ForbiddenAddress,
            "{addresses:?}"
        );
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_address_is_asked_only_where_the_operator_has_it_inside() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let port = server.port;
    let here = format!("http://127.0.0.1:{port}/");
    let nobody = Outbound::new(vec![]);
    for url in [
        here.clone(),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
    ] {
        let refused = nobody.exchange(get(&url), BOUNDS).await.unwrap_err();
        assert_eq!(refused.kind, HttpErrorKind::ForbiddenAddress, "{url}");
    }
    let other_port = Outbound::new(inside(&["127.0.0.1:1"]));
    let refused = other_port.exchange(get(&here), BOUNDS).await.unwrap_err();
    assert_eq!(refused.kind, HttpErrorKind::ForbiddenAddress);
    assert!(server.asked().is_empty());
    let named = Outbound::new(inside(&[&format!("127.0.0.1:{port}")]));
    let answer = named.exchange(get(&here), BOUNDS).await.unwrap();
    assert_eq!(answer.body, b"ok");
    // However it is written, it is the same host.
    let written = named.exchange(get(format!("http://127.1:{port}/")), BOUNDS);
    assert_eq!(written.await.unwrap().body, b"ok");
    // No server has such an address, whoever says so.
    let reserved = Outbound::new(inside(&["224.0.0.1"]));
    let refused = reserved.exchange(get("http://224.0.0.1/"), BOUNDS).await;
    assert_eq!(refused.unwrap_err().kind, HttpErrorKind::ForbiddenAddress);
}

#[tokio::test]
async fn an_answer_ends_by_its_size_and_by_a_time() {
    let here = Outbound::new(inside(&["127.0.0.1"]));
    let said = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").await;
    let endless = Server::that(|mut stream| {
        Box::pin(async move {
            let head = b"HTTP/1.1 200 OK\r\n\r\n";
            let _ = stream.write_all(head).await;
            while stream.write_all(&[b'x'; 100]).await.is_ok() {}
        })
    })
    .await;
    for server in [&said, &endless] {
        let url = format!("http://127.0.0.1:{}/", server.port);
        let error = here.exchange(get(&url), BOUNDS).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::TooLarge, "{error}");
        assert!(error.message.contains("limits.http_body"), "{error}");
    }
    let slow = Server::that(|mut stream| {
        Box::pin(async move {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
            let _ = stream.write_all(head).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        })
    })
    .await;
    let soon = HttpBounds {
        time: Duration::from_millis(300),
        ..BOUNDS
    };
    let url = format!("http://127.0.0.1:{}/", slow.port);
    let error = here.exchange(get(&url), soon).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Timeout, "{error}");
    assert!(error.message.contains("limits.http_time"), "{error}");

    let cut = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    let url = format!("http://127.0.0.1:{}/", cut.port);
    let error = here.exchange(get(&url), BOUNDS).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Broken, "{error}");
    let url = format!("https://127.0.0.1:{}/", cut.port);
    let error = here.exchange(get(&url), BOUNDS).await.unwrap_err();
    assert_eq!(error.kind, HttpErrorKind::Tls, "{error}");
}

#[tokio::test]
async fn how_a_request_is_carried_is_not_a_steps_to_say() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let here = Outbound::new(inside(&["127.0.0.1"]));
    let url = format!("http://127.0.0.1:{}/", server.port);
    for name in [
        "Host",
        "Connection",
        "Transfer-Encoding",
        "Proxy-Authorization",
        "Upgrade",
        "TE",
    ] {
        let request = HttpRequest {
            headers: vec![header(name, "x")],
            ..get(&url)
        };
        let error = here.exchange(request, BOUNDS).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::InvalidRequest, "{name}");
    }
    for method in ["CONNECT", "TRACE", "get", "BREW", ""] {
        let request = HttpRequest {
            method: method.into(),
            ..get(&url)
        };
        let error = here.exchange(request, BOUNDS).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::InvalidRequest, "{method}");
    }
    for bad in [
        "ftp://a.b/".to_owned(),
        "http:///".to_owned(),
        "nonsense".to_owned(),
        format!("http://me:word@127.0.0.1:{}/", server.port),
        format!("http://127.0.0.1/{}", "x".repeat(70_000)),
    ] {
        let error = here.exchange(get(&bad), BOUNDS).await.unwrap_err();
        assert_eq!(error.kind, HttpErrorKind::InvalidRequest, "{error}");
    }
    let nowhere = Outbound::looking_up(vec![], Names::that_lead_to(&[&[]]));
    let error = nowhere.exchange(get("https://no.example/"), BOUNDS).await;
    assert_eq!(error.unwrap_err().kind, HttpErrorKind::NoSuchHost);
    assert!(server.asked().is_empty());
}
