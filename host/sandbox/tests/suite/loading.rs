//! What can't be a step, and in which words it is said.

use std::path::Path;
use std::sync::Arc;

use crate::common::{hostile, hostile_with, sandbox};
use stepwell_contract::{AttemptEnd, Language, LoadError, Remedy, StepRunner as _};
use stepwell_sandbox::{Sandbox, SandboxSettings};

async fn load(bytes: impl Into<Arc<[u8]>>) -> LoadError {
    sandbox().load(bytes.into()).await.unwrap_err()
}

/// What the error itself says is to be done.
fn said(error: &LoadError) -> String {
    match error.remedy() {
        Remedy::Said { text } => text,
        other => panic!("{other:?}"),
    }
}

async fn load_text(text: &str) -> LoadError {
    load(wat::parse_str(text).unwrap()).await
}

#[tokio::test]
async fn a_step_describes_itself() {
    let loaded = sandbox().load(hostile()).await.unwrap();
    assert_eq!(loaded.digest, stepwell_contract::Digest::of(hostile()));
    let names: Vec<_> = loaded
        .description
        .inputs
        .iter()
        .map(|one| &*one.name)
        .collect();
    assert_eq!(names, ["do", "path", "size"]);
}

#[tokio::test]
async fn a_later_release_of_the_same_contract_fits() {
    let loaded = sandbox().load(hostile_with("@0.1.0", "@0.1.9")).await;
    assert_eq!(loaded.unwrap().description.name, "hostile");
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    for bytes in [
        &b""[..],
        b"hello",
        b"\0asm",
        b"(component)",
        b"\0asm\x0d\0\x01\0\xff\xff",
    ] {
        let error = load(bytes).await;
        assert!(
            matches!(error, LoadError::NotWasm { .. }),
            "{bytes:?}: {error:?}"
        );
        let Remedy::BuildComponent {
            is_unknown: true, ..
        } = error.remedy()
        else {
            panic!("{error:?}")
        };
    }
    let mut cut = hostile().to_vec();
    cut.truncate(cut.len() / 2);
    assert!(matches!(load(cut).await, LoadError::NotWasm { .. }));
    for (made, language) in [
        ("", None),
        (r#"(@producers (language "Go" "1.26"))"#, Some(Language::Go)),
        (r#"(@producers (language "C11" ""))"#, Some(Language::C)),
    ] {
        let error = load_text(&format!("(module {made})")).await;
        assert_eq!(error, LoadError::CoreModule { language });
    }
}

#[tokio::test]
async fn an_import_that_the_host_lacks_is_named() {
    let error = load_text(
        r#"(component (import "wasi:http/incoming-handler@0.2.0" (instance (export "handle" (func)))))"#,
    )
    .await;
    let LoadError::UnknownImport { import, hint } = error else {
        panic!("{error:?}")
    };
    assert_eq!(import, "wasi:http/incoming-handler@0.2.0");
    assert!(hint.contains("serves none"), "{hint}");
}

#[tokio::test]
async fn a_function_that_the_host_lacks_is_named() {
    let error = load(common_component(
        r#"(import "stepwell:plugin/progress@0.1.0" (instance (export "shout" (func))))"#,
    ))
    .await;
    let LoadError::UnknownImport { import, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(import, "stepwell:plugin/progress@0.1.0#shout");
}

#[tokio::test]
async fn a_function_of_another_type_does_not_fit() {
    let error = load(common_component(
        r#"(import "stepwell:plugin/context@0.1.0" (instance (export "attempt" (func (result string)))))"#,
    ))
    .await;
    let LoadError::OtherContract { reason } = error else {
        panic!("{error:?}")
    };
    assert!(
        reason.starts_with("`stepwell:plugin/context@0.1.0`"),
        "{reason}"
    );
}

/// A component with the names of a step's exports, and `imports`. Its functions have other types than a step's.
fn common_component(imports: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            {imports}
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $guest
                (export "describe" (func $f))
                (export "construct-prompt" (func $f))
                (export "process-response" (func $f))
                (export "execute" (func $f)))
            (export "stepwell:plugin/guest@0.1.0" (instance $guest)))"#
    ))
    .unwrap()
}

#[tokio::test]
async fn exports_of_another_type_do_not_fit() {
    let error = load(common_component("")).await;
    assert!(
        matches!(error, LoadError::OtherContract { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn missing_exports_are_named() {
    let LoadError::MissingExport { export, .. } = load_text("(component)").await else {
        panic!("an empty component is a step")
    };
    assert_eq!(export, "stepwell:plugin/guest@0.1.0");
    let text =
        r#"(component (instance $guest) (export "stepwell:plugin/guest@0.1.0" (instance $guest)))"#;
    let LoadError::MissingExport { export, .. } = load_text(text).await else {
        panic!("an empty guest is a step")
    };
    assert_eq!(export, "stepwell:plugin/guest@0.1.0#describe");
}

#[tokio::test]
async fn another_contract_is_told_which_one_the_host_has() {
    let error = load(hostile_with("@0.1.0", "@9.0.0")).await;
    assert!(error.to_string().contains("@9.0.0"), "{error}");
    assert!(
        said(&error).contains("this host has `stepwell:plugin@0.1.0`"),
        "{}",
        said(&error)
    );
    let text =
        r#"(component (instance $guest) (export "stepwell:plugin/guest@9.0.0" (instance $guest)))"#;
    let error = load_text(text).await;
    assert!(said(&error).contains("guest@9.0.0"), "{}", said(&error));
}

#[tokio::test]
async fn describe_may_call_nothing_and_must_return() {
    let error = load(hostile_with(
        "describe-mode:well.....",
        "describe-mode:calls....",
    ))
    .await;
    let LoadError::Describe(failed) = error else {
        panic!("{error:?}")
    };
    let AttemptEnd::ForbiddenImport { function, during } = failed.end else {
        panic!("{failed:?}")
    };
    assert_eq!((&*function, &*during), ("context.run-id", "describe"));

    let error = load(hostile_with(
        "describe-mode:well.....",
        "describe-mode:panics...",
    ))
    .await;
    // It in a line, and all that it wrote.
    let text = error.to_string();
    let (line, output) = text.split_once('\n').unwrap();
    assert!(line.ends_with("no words for it"), "{line}");
    assert!(
        output.contains("it wrote to its standard error:"),
        "{output}"
    );
    assert!(output.contains("panicked at"), "{output}");
    let Remedy::MendDescription { language, .. } = error.remedy() else {
        panic!("{error:?}")
    };
    assert_eq!(language, Some(Language::Rust));
}

#[tokio::test]
async fn a_component_is_examined_also_where_it_cannot_be_used() {
    let sandbox = sandbox();
    let examined = sandbox.examine(hostile(), &|_| {}).await;
    let loaded = examined.loaded.unwrap();
    assert_eq!(loaded.description.name, "hostile");
    let anatomy = examined.anatomy;
    assert_eq!(anatomy.language, Some(Language::Rust));
    assert_eq!(anatomy.contract.as_deref(), Some("0.1.0"));
    assert!(anatomy.debug_names);
    assert!(anatomy.producers.iter().any(|tool| tool.name == "rustc"));
    let chat = anatomy
        .imports
        .iter()
        .find(|import| import.of_contract() == Some("chat"));
    assert!(chat.unwrap().functions.contains(&"complete".to_owned()));

    // Once more, from what is at hand.
    let again = sandbox.examine(hostile(), &|_| {}).await;
    assert_eq!(again.anatomy, anatomy);

    let panics = hostile_with("describe-mode:well.....", "describe-mode:panics...");
    let examined = sandbox.examine(panics, &|_| {}).await;
    assert!(matches!(
        examined.loaded.unwrap_err()[..],
        [LoadError::Describe(_)]
    ));
    assert_eq!(examined.anatomy.imports, anatomy.imports);
}

#[tokio::test]
async fn every_import_that_the_host_lacks_is_named_at_once() {
    let text = r#"(component
        (import "acme:db/query@1.0.0" (instance (export "ask" (func))))
        (import "wasi:keyvalue/store@0.2.0" (instance (export "get" (func)))))"#;
    let bytes: Arc<[u8]> = wat::parse_str(text).unwrap().into();
    let examined = sandbox().examine(bytes, &|_| {}).await;
    let errors = examined.loaded.unwrap_err();
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 3, "{told:?}");
    assert!(told[0].contains("acme:db/query@1.0.0"), "{told:?}");
    assert!(told[1].contains("wasi:keyvalue/store@0.2.0"), "{told:?}");
    assert!(matches!(errors[2], LoadError::MissingExport { .. }));
}

#[tokio::test]
async fn what_is_asynchronous_is_to_be_built_without() {
    let lifted = r#"(component
        (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0) (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
        (core instance $i (instantiate $m))
        (func (export "describe") (canon lift (core func $i "f") async (callback (core func $i "c")))))"#;
    let typed = r#"(component (import "stepwell:plugin/context@0.1.0" (instance (export "attempt" (func async (result u32))))))"#;
    for text in [lifted, typed] {
        let error = load_text(text).await;
        assert!(
            matches!(error, LoadError::AsyncFunctions { .. }),
            "{error:?}"
        );
        assert_eq!(error.remedy(), Remedy::BuildSynchronous { language: None });
    }
}

#[tokio::test]
async fn a_description_has_to_be_usable() {
    for (mode, words) in [
        (
            "describe-mode:misnames.",
            "input: `not-a-name` is not a name",
        ),
        ("describe-mode:repeats..", "input `do` is declared twice"),
    ] {
        let error = load(hostile_with("describe-mode:well.....", mode)).await;
        assert!(matches!(error, LoadError::BadDescription(_)), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_plugin_that_is_held_stays_loaded_and_another_may_go() {
    let sandbox = Sandbox::new(SandboxSettings {
        cache_folder: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("code")),
        max_plugins: 1,
        max_instances: 8,
        ..SandboxSettings::default()
    });
    let sandbox = sandbox.unwrap();
    let held = sandbox.load(hostile()).await.unwrap().digest;
    let hold = sandbox.hold(&held).unwrap();
    let other = sandbox
        .load(hostile_with("@0.1.0", "@0.1.1"))
        .await
        .unwrap()
        .digest;
    let third = sandbox
        .load(hostile_with("@0.1.0", "@0.1.2"))
        .await
        .unwrap()
        .digest;
    assert!(sandbox.hold(&held).is_some() && sandbox.hold(&third).is_some());
    assert!(sandbox.hold(&other).is_none());
    drop(hold);
    // It is loaded again when it is needed.
    sandbox
        .load(hostile_with("@0.1.0", "@0.1.1"))
        .await
        .unwrap();
    assert!(sandbox.hold(&held).is_none() && sandbox.hold(&other).is_some());
}

#[tokio::test]
async fn a_component_with_too_much_in_it_is_one_all_the_same() {
    let memories = "(memory 1)".repeat(101);
    let core = |of: &str| format!("(component (core module {of}) (core instance (instantiate 0)))");
    for (text, words) in [
        (core(&memories), "memories count exceeds limit of 100"),
        (core("(table 200000 funcref)"), "table"),
    ] {
        let error = load_text(&text).await;
        let LoadError::TooMuch { reason } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains(words), "{reason}");
        assert_eq!(error.remedy(), Remedy::BuildSmaller);
    }
}

#[tokio::test]
async fn what_a_plugin_says_of_itself_has_an_end() {
    for (mode, words) in [
        (
            "long-name.",
            "has 1000 bytes; one that a step makes up has at most 128",
        ),
        ("talks-much", "a plugin may say 1 MiB of itself"),
    ] {
        let mark = format!("describe-mode:{mode}");
        let error = load(hostile_with("describe-mode:well......", &mark)).await;
        assert!(
            matches!(
                error,
                LoadError::BadDescription(_) | LoadError::TooMuchSaid { .. }
            ),
            "{error:?}"
        );
        let said = error.to_string();
        assert!(said.contains(words) && said.len() < 2000, "{said}");
    }
}
