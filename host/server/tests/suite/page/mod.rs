//! What a person finds on the page: read and sent as a browser without scripts does.

mod compared;
mod comparisons;
mod files;
mod gates;
mod long;
mod long_asked;
mod prompts;
mod runs;
mod safety;
mod seed;
mod trying;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use stepwell_contract::Name;
use stepwell_engine::AddVersion;
use tower::ServiceExt as _;

use crate::common::World;

/// A browser without scripts.
struct Browser {
    world: World,
    router: Router,
}

struct Shown {
    status: StatusCode,
    /// Where it leads to.
    location: Option<String>,
    html: String,
}

impl Browser {
    async fn of(world: World) -> Self {
        let world = seed::seeded(world).await;
        let about = stepwell_server::About {
            project: world.workspace().display().to_string(),
            version: "1.0.0".into(),
        };
        let router = stepwell_server::Server::new(world.engine.clone(), about).router();
        Self { world, router }
    }

    async fn new() -> Self {
        Self::of(seed::world().await).await
    }

    /// With a comparison in its history.
    async fn compared() -> Self {
        let browser = Self::new().await;
        compared::compare(&browser.world).await;
        browser
    }

    async fn get(&self, address: &str) -> Shown {
        self.send(Request::get(address).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Shown {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let form = "application/x-www-form-urlencoded";
        let request = Request::post(address).header(header::CONTENT_TYPE, form);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Shown {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let location = answer.headers().get(header::LOCATION);
        let location = location.map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Shown {
            status,
            location,
            html: String::from_utf8(bytes.into()).unwrap(),
        }
    }

    /// Whatever a form of a page asks for is known there, and nothing else is.
    async fn knows_what_it_asks_for(&self, place: &str, shown: &Shown) {
        for form in shown.html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let of = |attribute: &str, part: &str| {
                let value = part.split(&format!("{attribute}=\"")).nth(1)?;
                Some(value.split('"').next().unwrap().to_owned())
            };
            let (head, _) = form.split_once('>').unwrap();
            let here = place.split('?').next().unwrap().to_owned();
            let asked = match head.contains("method=\"get\"") {
                true => Some(of("action", head).unwrap_or(here)),
                false => {
                    let mut buttons = form.split("<button").skip(1);
                    let by_get = buttons.find(|button| button.contains("formmethod=\"get\""));
                    by_get.and_then(|button| of("formaction", button))
                }
            };
            let Some(asked) = asked else { continue };
            let names = form.split(" name=\"").skip(1);
            let names = names.map(|name| name.split('"').next().unwrap());
            let query: Vec<_> = names.map(|name| format!("{}=", escaped(name))).collect();
            let asked = format!("{asked}?{}", query.join("&"));
            let page = self.get(&asked).await;
            assert!(
                !page.html.contains("The page knows no"),
                "{asked}\n{}",
                page.main()
            );
        }
        let mark = if place.contains('?') { '&' } else { '?' };
        let unknown = self.get(&format!("{place}{mark}untill=x")).await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{place}");
        if !place.starts_with("/assets") {
            unknown.says(&["data-problem", "The page knows no <code>untill</code>"]);
        }
    }

    async fn add_version(&self, name: &str, content: &str, note: &str) {
        let add = AddVersion {
            name: Name::new(name).unwrap(),
            content: content.into(),
            note: note.into(),
            based_on: None,
            plugin: None,
            by: String::new(),
        };
        self.world.engine.add_prompt_version(add).await.unwrap();
    }
}

impl Shown {
    /// What stands on the page, one after the other.
    #[track_caller]
    fn says(&self, texts: &[&str]) {
        let mut rest = self.html.as_str();
        for text in texts {
            let at = rest.find(text);
            let at = at.unwrap_or_else(|| panic!("`{text}` isn't (there) in\n{}", self.main()));
            rest = &rest[at + text.len()..];
        }
    }

    /// The path that it leads to, without what is said there.
    #[track_caller]
    fn leads_to(&self) -> String {
        let there = self.location.as_deref();
        let there = there.unwrap_or_else(|| panic!("{} {}", self.status, self.main()));
        there.split('?').next().unwrap_or_default().to_owned()
    }

    fn main(&self) -> &str {
        let main = self.html.split("<main").nth(1);
        main.and_then(|main| main.split("</main>").next())
            .unwrap_or(&self.html)
    }

    /// The addresses that begin so, in the order of the page.
    fn links(&self, beginning: &str) -> Vec<String> {
        let parts = self.html.split("href=\"").skip(1);
        let links = parts.filter_map(|part| part.split('"').next());
        let links = links.map(|link| link.replace("&amp;", "&"));
        links.filter(|link| link.starts_with(beginning)).collect()
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn every_page_can_be_read_without_scripts() {
    let browser = Browser::compared().await;
    let mut open = vec!["/".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(address) = open.pop() {
        let place = address.split('#').next().unwrap().to_owned();
        if !seen.insert(place.clone()) || place.starts_with("/api") {
            continue;
        }
        let shown = browser.get(&place).await;
        if let Some(to) = shown.location {
            open.push(to);
            continue;
        }
        assert_eq!(shown.status, StatusCode::OK, "{place}\n{}", shown.html);
        assert!(!shown.html.contains(" style="), "{place}");
        assert!(!shown.html.contains(" onclick="), "{place}");
        browser.knows_what_it_asks_for(&place, &shown).await;
        open.extend(shown.links("/").into_iter());
    }
    assert!(seen.len() > 40, "{seen:?}");
}

#[tokio::test]
async fn an_address_that_names_nothing_says_what_helps() {
    let browser = Browser::new().await;
    let shown = browser.get("/runs/zzz").await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
    shown.says(&["There is no run <code>zzz</code>"]);
    assert_eq!(browser.get("/nothing").await.status, StatusCode::NOT_FOUND);
    let unknown = browser.get("/prompts/requirement?version=99").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn style_and_scripts_are_kept_by_the_browser_until_they_change() {
    let browser = Browser::new().await;
    let page = browser.get("/runs").await;
    let style = page.links("/assets/").into_iter();
    let style: Vec<_> = style.filter(|link| link.ends_with(".css")).collect();
    let request = Request::get(&style[0]).body(Body::empty()).unwrap();
    let answer = browser.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let kept = answer.headers()[header::CACHE_CONTROL].to_str().unwrap();
    assert!(kept.contains("immutable"), "{kept}");
    let old = browser.get("/assets/0000000000000000/page.css").await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_asks_for_what_there_is_not_shows_nothing_else() {
    let browser = Browser::new().await;
    for (address, said) in [
        ("/cost?by=foo", "added up by no such thing"),
        ("/cost?since=yesterday", "a day is written as"),
        ("/cost?step=..", "no path of a step"),
        ("/calls?by=foo", "added up by no such thing"),
        ("/calls?skip=many", "no number of calls"),
        ("/runs?status=foo", "No run is ever"),
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{address}");
        page.says(&["data-problem", said]);
    }
}

#[tokio::test]
async fn a_word_that_a_page_does_not_know_is_told_with_those_that_it_does() {
    let browser = Browser::new().await;
    for (address, said) in [
        (
            "/runs?serach=x",
            ["<code>search</code>", "<code>workflow</code>"],
        ),
        (
            "/cost?sinc=2026-01-31",
            ["<code>since</code>", "<code>by</code>"],
        ),
        (
            "/calls?steps=requirement",
            ["<code>step</code>", "<code>run</code>"],
        ),
        (
            "/comparisons?befor=x",
            ["<code>before</code>", "<code>before</code>"],
        ),
        (
            "/prompts/requirement?verson=1",
            ["<code>version</code>", "<code>against</code>"],
        ),
        ("/plugins?x=1", ["Nothing", "stands there"]),
        (
            "/runs/new?inputs.feature=x",
            ["<code>definition</code>", "<code>input.</code>"],
        ),
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{address}");
        page.says(&["data-problem", "The page knows no <code>", said[0], said[1]]);
    }
    for address in [
        "/runs?search=x&status=&done=removed",
        "/runs/new?input.feature=x",
        "/runs?",
    ] {
        assert_eq!(
            browser.get(address).await.status,
            StatusCode::OK,
            "{address}"
        );
    }
}

#[tokio::test]
async fn what_goes_on_is_followed_on_every_page_that_shows_it() {
    let browser = Browser::compared().await;
    let call = browser.get("/calls").await.links("/calls/").remove(0);
    for address in [
        "/runs",
        "/prompts",
        "/prompts/requirement",
        "/prompts/requirement/history",
        "/comparisons",
        "/improvements",
        "/calls",
        &call,
        "/cost",
        "/cost?by=prompt",
    ] {
        let page = browser.get(address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(
            page.html.contains("data-follows=\"/api/stream\""),
            "{address}"
        );
        // What is drawn anew is found again by its name.
        for part in page
            .html
            .split('<')
            .filter(|part| part.contains(" data-live"))
        {
            assert!(part.contains(" id=\""), "{address}: {part}");
        }
    }
}

#[tokio::test]
async fn a_comparison_goes_by_a_button_and_a_yes() {
    let browser = Browser::compared().await;
    let list = browser.get("/comparisons").await;
    let links = list.links("/comparisons/").into_iter();
    let there: Vec<_> = links.filter(|link| !link.contains("new")).collect();
    let page = browser.get(&there[0]).await;
    page.says(&["Remove …"]);
    let ask = format!("{}/remove", there[0]);
    let asked = browser.get(&ask).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.html);
    asked.says(&[
        "Remove this comparison?",
        "Nothing brings it back",
        "frees",
        "Remove it",
        "Keep it",
    ]);
    // To look changes nothing.
    assert_eq!(browser.get(&there[0]).await.status, StatusCode::OK);
    let gone = browser.post(&ask, &[]).await;
    assert_eq!(gone.location.as_deref(), Some("/comparisons?done=removed"));
    let after = browser.get("/comparisons?done=removed").await;
    after.says(&["Removed. What it cost still counts."]);
    assert!(!after.links("/comparisons/").contains(&there[0]));
    assert_eq!(browser.get(&there[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post(&ask, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_run_that_is_over_goes_by_a_button_and_a_yes() {
    let browser = Browser::new().await;
    let run = browser
        .post(
            "/runs",
            &[("definition", "coding.toml"), ("input.feature", "tea")],
        )
        .await
        .leads_to();
    browser.get(&format!("/api{run}/outcome?wait=true")).await;
    browser.get(&run).await.says(&["Remove …"]);
    let ask = format!("{run}/remove");
    browser.get(&ask).await.says(&[
        "Remove this run?",
        "what its calls cost still counts",
        "Remove it",
    ]);
    let gone = browser.post(&ask, &[]).await;
    assert_eq!(gone.location.as_deref(), Some("/runs?done=removed"));
    assert_eq!(browser.get(&run).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_something_stands_on_is_told_and_stays() {
    let browser = Browser::new().await;
    let fields = [("definition", "coding.toml"), ("input.feature", "tea")];
    let run = browser.post("/runs", &fields).await.leads_to();
    browser.get(&format!("/api{run}/outcome?wait=true")).await;
    let of_run = stepwell_engine::CompareIn::Run {
        run: run.rsplit('/').next().unwrap().parse().unwrap(),
    };
    let request = stepwell_engine::StartComparison::new("requirement", of_run);
    let id = browser
        .world
        .engine
        .start_comparison(request)
        .await
        .unwrap();
    browser
        .world
        .engine
        .drive_comparison(id, None)
        .await
        .unwrap();
    let ask = format!("{run}/remove");
    let asked = browser.get(&ask).await;
    asked.says(&["Remove this run?", "“Remove …” on the comparison's page"]);
    assert!(!asked.html.contains("Remove it</button>"), "{}", asked.html);
    assert!(browser.post(&ask, &[]).await.status.is_client_error());
    assert_eq!(browser.get(&run).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_costs_are_gone_through_by_the_keyboard() {
    let browser = Browser::new().await;
    for by in ["run", "step", "item", "prompt", "day"] {
        let page = browser.get(&format!("/cost?by={by}")).await;
        page.says(&["<th scope=\"row\"><a ", "data-row"]);
    }
}

#[tokio::test]
async fn a_form_that_comes_back_names_an_address_at_which_it_can_be_asked_for() {
    let browser = Browser::new().await;
    let broken = [
        ("content", "{{ broken"),
        ("from", "4"),
        ("based_on", "4"),
        ("case", ""),
    ];
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("/prompts/requirement/versions", &broken),
        ("/prompts/requirement/try/send", &broken),
        (
            "/runs",
            &[("definition", "coding.toml"), ("input.feature", "")],
        ),
        (
            "/comparisons",
            &[
                ("definition", "coding.toml"),
                ("step", "requirement"),
                ("cases", "["),
            ],
        ),
    ];
    for (address, fields) in forms {
        let back = browser.post(address, fields).await;
        assert!(back.status.is_client_error(), "{address}: {}", back.status);
        back.says(&["data-newer=\"typed\"", "data-at=\""]);
        let at = back.html.split("data-at=\"").nth(1).unwrap();
        let at = at.split('"').next().unwrap().replace("&amp;", "&");
        let again = browser.get(&at).await;
        assert_eq!(again.status, StatusCode::OK, "{at}");
        again.says(&["data-draft=\""]);
    }
}
