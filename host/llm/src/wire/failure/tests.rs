use super::*;

#[test]
fn the_code_goes_before_the_status() {
    use ChatErrorKind as Kind;
    let cases: &[(u16, &str, Kind, bool)] = &[
        (
            401,
            r#"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#,
            Kind::Authentication,
            false,
        ),
        (403, "<html>Forbidden</html>", Kind::Authentication, false),
        (
            404,
            r#"{"error":{"message":"no","code":"model_not_found"}}"#,
            Kind::UnknownModel,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#,
            Kind::ContextLength,
            false,
        ),
        (
            400,
            r#"{"message":"This model's maximum context length is 8192 tokens"}"#,
            Kind::ContextLength,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"bad","type":"invalid_request_error"}}"#,
            Kind::InvalidRequest,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"no","code":"content_filter"}}"#,
            Kind::ContentFiltered,
            false,
        ),
        (413, "<html>too large</html>", Kind::ContextLength, false),
        (
            400,
            r#"{"error":{"message":"Your credit balance is too low","type":"invalid_request_error"}}"#,
            Kind::OutOfCredit,
            false,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}"#,
            Kind::Authentication,
            false,
        ),
        (
            429,
            r#"{"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Kind::OutOfCredit,
            false,
        ),
        (402, "{}", Kind::OutOfCredit, false),
        (429, r#"{"error":"slow down"}"#, Kind::RateLimited, true),
        (500, "", Kind::Overloaded, true),
        (502, "<html>", Kind::Overloaded, true),
        (
            529,
            r#"{"error":{"type":"overloaded_error","message":"x"}}"#,
            Kind::Overloaded,
            true,
        ),
        (
            200,
            r#"{"message":"too many","status":429}"#,
            Kind::RateLimited,
            true,
        ),
        (
            400,
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_request_error"}"#,
            Kind::UnknownModel,
            false,
        ),
        (
            400,
            r#"{"error":{"message":"a/b is not a valid model ID","code":400}}"#,
            Kind::UnknownModel,
            false,
        ),
        (
            200,
            r#"{"error":{"code":429,"message":"upstream"}}"#,
            Kind::RateLimited,
            true,
        ),
    ];
    for (status, body, kind, may_pass) in cases {
        let problem = refusal(*status, body.as_bytes(), &[]);
        assert_eq!(
            (&problem.kind, problem.may_pass),
            (kind, *may_pass),
            "{status} {body}"
        );
    }
}

#[test]
fn an_error_that_is_no_json_is_shown_in_part() {
    let page = format!("<html>{}</html>", "é".repeat(1000));
    let problem = refusal(502, page.as_bytes(), &[]);
    assert!(problem.message.starts_with("HTTP status 502: <html>éé"));
    assert!(problem.message.chars().count() < 400);
}
