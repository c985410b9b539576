//! A server of a world of its own, and requests that are answered without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use stepwell_contract::AttemptEnd;
use stepwell_server::{About, Access, Server};
use tower::ServiceExt as _;

use crate::common::{Ask, World, step, text};

pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) server: Server,
    pub(crate) router: Router,
}

/// What came back.
pub(crate) struct Came {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A workflow that asks a person, and one that asks a model.
pub(crate) const ASKS: &str =
    "name = \"asking\"\n[[steps]]\nid = \"asks\"\nuses = \"builtin:asks\"\n";
pub(crate) const CALLS: &str = "name = \"calling\"\n[inputs]\ntopic = {}\n[[steps]]\nid = \"calls\"\nuses = \"builtin:calls\"\n\
     inputs.topic = \"{{ inputs.topic }}\"\n";

impl Served {
    pub(crate) async fn new() -> Self {
        let mut world = World::new().await;
        world.step(step("asks").document("out"), |host: Ask, _| async move {
            Ok(vec![text("out", host.question("name").await?)])
        });
        let calls = step("calls").input("topic").document("out").prompt(
            "greeting",
            "Greet {{ topic }}",
            &["topic"],
        );
        world.step(
            calls,
            |host: Ask, inputs: Vec<stepwell_contract::Text>| async move {
                let answer = host.chat(&inputs[0].value).await?;
                host.write("out.txt", &answer).await?;
                Ok::<_, AttemptEnd>(vec![text("out", answer)])
            },
        );
        Self::of(world)
    }

    pub(crate) fn of(world: World) -> Self {
        let about = About {
            project: world.workspace().display().to_string(),
            version: "0".into(),
        };
        let server = Server::new(world.engine.clone(), about).of_user("ada");
        let router = server.router();
        Self {
            world,
            server,
            router,
        }
    }

    /// The same process, ended and started again on the same store.
    pub(crate) async fn restarted(mut self) -> Self {
        self.server.end().await;
        self.world.restart();
        Self::of(self.world)
    }

    pub(crate) fn guarded(mut self, access: Access) -> Self {
        self.router = self.server.guarded(access);
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Came {
        self.send(Request::get(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Came {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Came {
        self.json(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Came {
        self.send(Request::delete(path)).await
    }

    pub(crate) async fn send(&self, request: axum::http::request::Builder) -> Came {
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn json(&self, method: Method, path: &str, body: Value) -> Came {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Came {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Came {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Starts a run, and gives its id.
    pub(crate) async fn start(&self, definition: &str, inputs: Value) -> String {
        let request = serde_json::json!({
            "definition": { "text": definition, "file": null },
            "inputs": inputs,
        });
        let came = self.post("/api/runs", request).await.is(201);
        came.json()["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a run isn't under way any more, and says where it is.
    pub(crate) async fn at_rest(&self, run: &str) -> Value {
        let path = format!("/api/runs/{run}/outcome?wait=true");
        self.get(&path).await.is(200).json()
    }
}

impl Came {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Problem details with this status and code.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, code: &str) -> Value {
        let came = self.is(status);
        assert_eq!(came.headers["content-type"], "application/problem+json");
        let problem = came.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:stepwell:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}
