//! A step asks its model, with tools where there may be any.

use stepwell_sdk::chat::{ChatError, ChatErrorKind, Part, ToolChoice};
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::tools::{self, Access, Offer};
use stepwell_sdk::{Description, Documents, Failure, FailureKind, Inputs, Step};

/// A step that asks two questions, of which the second has to be answered with `good`.
struct Asks;

fn question(about: &str) -> impl FnMut(Offer) -> Result<String, Failure> {
    move |offer| match offer.named().as_str() {
        "" => Ok(format!("{about}?")),
        named => Ok(format!("{about}, by {named}?")),
    }
}

impl Step for Asks {
    fn describe(&self) -> Description {
        Description::new("asks", "0.1.0", "Asks.").setting(tools::turns_setting())
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        match response.contains("good") {
            true => Ok(Documents::one("answer", response)),
            false => Err(Failure::invalid_response("it isn't good")),
        }
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        tools::ask(Access::Look, question("Why"))?;
        let answer = tools::ask(Access::Look, question("How"))?;
        self.process_response(inputs, &answer)
    }
}

fn refused(kind: ChatErrorKind) -> ChatError {
    ChatError {
        kind,
        message: "tools are not supported".into(),
    }
}

fn first_texts(host: &FakeHost) -> Vec<String> {
    let requests = host.requests();
    let texts = requests.iter().map(|it| it.messages[0].joined_text());
    texts.collect()
}

#[test]
fn tools_are_offered_and_named_to_the_model() {
    let host = FakeHost::new()
        .file("a.py", "A = 1\n")
        .tool_calls(&[("list", "{}")])
        .answer("So.")
        .answer("good");
    host.execute(&Asks, &Inputs::new()).unwrap();
    let why = "Why, by `list`, `search` and `read`?";
    assert_eq!(
        first_texts(&host),
        [why, why, "How, by `list`, `search` and `read`?"]
    );
    assert!(host.log_lines().is_empty(), "{:?}", host.log_lines());
    let named = Offer::Tools(Access::Change).named();
    assert!(named.ends_with("`write` and `remove`"), "{named}");
}

#[test]
fn without_the_workspace_or_without_turns_it_is_plain_text() {
    for host in [
        FakeHost::new().without_workspace(),
        FakeHost::new().setting("turns", "0"),
    ] {
        let host = host.answer("So.").answer("good");
        host.execute(&Asks, &Inputs::new()).unwrap();
        assert_eq!(first_texts(&host), ["Why?", "How?"]);
        assert!(host.requests().iter().all(|it| it.tools.is_empty()));
    }
}

#[test]
fn a_model_without_tools_is_found_out_once() {
    for kind in [
        ChatErrorKind::InvalidRequest,
        ChatErrorKind::UnknownModel,
        ChatErrorKind::Other("no-tools".into()),
    ] {
        // What is refused each time can be spared; what the configuration says is sent to nobody.
        let is_sent = !matches!(kind, ChatErrorKind::Other(_));
        let host = FakeHost::new()
            .fail_call(refused(kind))
            .answer("So.")
            .answer("bad")
            .answer("So.")
            .answer("good");
        let failure = host.execute(&Asks, &Inputs::new()).unwrap_err();
        assert!(failure.message.ends_with("(answer 2)"), "{failure:?}");
        let why = "Why, by `list`, `search` and `read`?";
        assert_eq!(first_texts(&host), [why, "Why?", "How?"]);
        let told = &host.log_lines()[0];
        assert!(told.contains("takes no tools"), "{told}");
        assert_eq!(told.contains("spares the request"), is_sent, "{told}");
        // A later attempt knows it, and asks the same but for the last question.
        host.retry(&Asks, &Inputs::new(), &failure).unwrap();
        let texts = first_texts(&host);
        assert_eq!(texts[3], "Why?");
        assert!(texts[4].starts_with("How?\n\nYour previous answer"));
    }
}

#[test]
fn what_is_refused_for_another_reason_is_told() {
    for kind in [ChatErrorKind::OverBudget, ChatErrorKind::Network] {
        let host = FakeHost::new().fail_call(refused(kind));
        host.execute(&Asks, &Inputs::new()).unwrap_err();
        assert_eq!(host.requests().len(), 1);
    }
    // And what is refused of plain text, too.
    let again = || refused(ChatErrorKind::InvalidRequest);
    let host = FakeHost::new().fail_call(again()).fail_call(again());
    let failure = host.execute(&Asks, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind.code(), "invalid-request");
    // A model that used tools has them.
    let host = FakeHost::new()
        .tool_calls(&[("list", "{}")])
        .fail_call(again());
    let failure = host.execute(&Asks, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind.code(), "invalid-request");
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn what_ends_the_work_is_said_where_it_is_not_the_model() {
    let host = FakeHost::new()
        .setting("turns", "1")
        .tool_calls(&[("list", "{}")])
        .answer("So.")
        .answer("good");
    host.execute(&Asks, &Inputs::new()).unwrap();
    assert_eq!(host.requests()[1].tool_choice, ToolChoice::None);
    let log = host.log_lines();
    assert!(
        log[0].contains("its 1 turns with tools") && log[0].contains("`turns`"),
        "{log:?}"
    );

    let host = FakeHost::new()
        .tool_calls(&[("list", "{}")])
        .fail_call(refused(ChatErrorKind::OverBudget));
    let failure = host.execute(&Asks, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(
        failure.message.contains("the budget ended")
            && failure.message.contains("`settings.turns`"),
        "{failure:?}"
    );
}

#[test]
fn only_the_last_question_of_the_work_is_asked_anew() {
    let look = [("list", "{}")];
    let host = FakeHost::new()
        .answer("So.")
        .tool_calls(&look)
        .answer("bad")
        .answer("So.")
        .tool_calls(&look)
        .answer("good");
    let failure = host.execute(&Asks, &Inputs::new()).unwrap_err();
    assert!(failure.message.ends_with("(answer 3)"), "{failure:?}");
    host.retry(&Asks, &Inputs::new(), &failure).unwrap();
    let requests = host.requests();
    assert_eq!(requests[..2], requests[3..5], "answered from memory");
    let (before, anew) = (&requests[2].messages, &requests[5].messages);
    assert_eq!(anew[..before.len()], before[..]);
    let remark = anew[before.len()..].to_vec();
    assert_eq!(remark.len(), 1);
    assert!(remark[0].joined_text().contains("it isn't good"));
    assert!(matches!(remark[0].parts[..], [Part::Text(_)]));
}
