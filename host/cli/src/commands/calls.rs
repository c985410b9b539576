//! `stepwell calls`: what was sent to models, and what they answered.

use jiff::tz::TimeZone;
use stepwell_contract::{Expense, FinishReason, Money};
use stepwell_engine::{CallDetail, CallView, PromptVersion, cut_off};
use stepwell_store::{CallAttempt, CallState};

use super::summary::{require_step, selected, tell_gaps};
use crate::application::Application;
use crate::arguments::{CallsArguments, CallsCommand};
use crate::errors::{CommandError, RunGivenError};
use crate::exit::Exit;
use crate::terminal::{Screen, Style, Table, clock, duration, plain, tail, tokens, with_rounds};
use crate::wiring::Context;

pub(super) async fn calls(
    arguments: CallsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let screen = &context.screen;
    match arguments.command {
        Some(CallsCommand::Show {
            id,
            prompt,
            answer,
            raw,
            json,
        }) => {
            let call = engine.call(&id).await?;
            if json {
                screen.print_json(&call)?;
            } else if prompt {
                screen.print_text(&call.prompt)?;
            } else if answer {
                screen.print_text(&answered(&call)?)?;
            } else if raw {
                for raw in &call.raw {
                    screen.print_text(raw)?;
                }
            } else {
                screen.print(&whole(&call, screen.out_style()))?;
            }
            Ok(Exit::Success)
        }
        Some(CallsCommand::WriteOff { id, json }) => {
            let by = context.environment.user();
            let call = engine.write_off_call(&id, &by).await?;
            if json {
                screen.print_json(&call)?;
            } else {
                screen.print(&whole(&call, screen.out_style()))?;
            }
            Ok(Exit::Success)
        }
        None => list(arguments, &engine, screen).await,
    }
}

async fn list(
    arguments: CallsArguments,
    engine: &Application,
    screen: &Screen,
) -> Result<Exit, CommandError> {
    let selection = selected(arguments.selection, engine).await?;
    let calls = engine.calls(&selection).await?;
    let is_whole = !tell_gaps(calls.gaps("call"), arguments.json, screen);
    if calls.is_empty() && is_whole {
        require_step(engine, &selection).await?;
    }
    if arguments.json {
        screen.print_json(&calls)?;
        return Ok(Exit::Success);
    }
    let zone = TimeZone::system();
    let mut table = Table::new();
    let places = with_rounds(calls.iter().map(|call| call.execution.as_str()));
    for (call, place) in calls.iter().zip(places) {
        table.row(cells(call, place, &zone, screen.out_style()));
    }
    if table.is_empty() && is_whole {
        screen.note("there are no such calls\n");
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}

fn answered(call: &CallDetail) -> Result<String, CommandError> {
    call.answer
        .clone()
        .ok_or_else(|| RunGivenError::NoAnswer.into())
}

fn cells(call: &CallView, place: String, zone: &TimeZone, style: Style) -> [String; 7] {
    let state = match call.state {
        CallState::Intended => style.warning("no answer yet, or lost"),
        CallState::Answered => style.good("answered"),
        CallState::Failed => {
            let code = call.error.as_ref().map_or("", |error| error.code.as_str());
            style.bad(&format!("failed: {}", plain(code)))
        }
    };
    let prompts: Vec<_> = call.prompts.iter().map(PromptVersion::named).collect();
    [
        tail(call.id),
        clock(call.created_at, zone),
        place,
        call.model.clone(),
        state,
        measured(call),
        prompts.join(", "),
    ]
}

/// Tokens, time and money of the last attempt; what isn't known is left out.
fn measured(call: &CallView) -> String {
    let mut parts = Vec::new();
    let shown = |count: Option<u32>| count.map_or("?".to_owned(), |count| tokens(count.into()));
    if call.usage.input_tokens.is_some() || call.usage.output_tokens.is_some() {
        let of_them = |count: Option<u32>, what: &str| {
            let count = count.filter(|count| *count > 0);
            count.map_or(String::new(), |count| {
                format!(" ({} {what})", tokens(count.into()))
            })
        };
        parts.push(format!(
            "{} in{}, {} out{}",
            shown(call.usage.input_tokens),
            of_them(call.usage.cache_read_tokens, "cached"),
            shown(call.usage.output_tokens),
            of_them(call.usage.reasoning_tokens, "reasoning")
        ));
    }
    let finish = call.finish.as_deref().map(FinishReason::of);
    parts.extend(finish.as_ref().and_then(cut_off));
    if let Some(last) = call.attempts.last() {
        if last.number > 1 {
            parts.push(format!("{} attempts", last.number));
        }
        match (last.duration_ms, last.batch) {
            (Some(_), Some(batch)) => parts.push(match batch.saved {
                Some(saved) => format!("in a batch, which saved {saved}"),
                None => "in a batch".to_owned(),
            }),
            (None, Some(_)) => parts.push("waits in a batch".to_owned()),
            (Some(milliseconds), None) => parts.push(duration(milliseconds)),
            (None, None) => {}
        }
    }
    parts.extend(held(call).map(|held| format!("{held} held for what was lost")));
    parts.push(
        call.money
            .map_or("cost unknown".to_owned(), |money| money.to_string()),
    );
    parts.join(", ")
}

/// What is held in the budgets for attempts without an end, of which nobody has said that they were not paid.
fn held(call: &CallView) -> Option<String> {
    let mut open = call.attempts.iter().filter(|attempt| attempt.is_open());
    let known = |sum: Option<Expense>, attempt: &CallAttempt| Some(sum?.plus(attempt.budgeted?));
    let first = open.next()?.budgeted;
    let Some(Expense { tokens, money }) = open.fold(first, known) else {
        return Some("an unknown sum".into());
    };
    let mut text = format!("{tokens} tokens");
    if money != Money::default() {
        text += &format!(" and {money}");
    }
    Some(text)
}

fn whole(call: &CallDetail, style: Style) -> String {
    let view = &call.call;
    let mut head = Table::new();
    head.row(["call", &view.id.to_string()]);
    head.row(["run", &view.run.to_string()]);
    head.row(["step", &view.execution]);
    head.row([
        "model",
        &format!("{} ({}/{})", view.model, view.provider, view.provider_model),
    ]);
    if let Some(meant) = &view.instead_of {
        head.row(["instead of", &format!("{meant}, which could not answer")]);
    }
    if let Some(answer) = &view.answer_of {
        let call = answer.call;
        head.row([
            "answer",
            &format!("that of call {call}, to an equal question; nothing was sent"),
        ]);
    }
    head.row(["measured", &measured(view)]);
    let price = view.attempts.iter().rev().find_map(|it| it.price);
    if let Some(price) = price {
        head.row(["price", &price.to_string()]);
    }
    if let Some(held) = held(view) {
        let mend = format!("`stepwell calls write-off {}` if it was not paid", view.id);
        head.row(["in doubt", &format!("{held}, held in every budget; {mend}")]);
    }
    for off in view
        .attempts
        .iter()
        .filter_map(|it| it.written_off.as_ref())
    {
        head.row(["written off", &format!("by {}, {:.0}", off.by, off.at)]);
    }
    let mut text = head.text();
    if let Some(error) = &view.error {
        text += &format!(
            "{} {}: {}\n",
            style.bad("error:"),
            plain(&error.code.to_string()),
            plain(&error.message)
        );
    }
    text += &format!(
        "\n{}\n{}\n",
        style.strong("prompt"),
        plain(call.prompt.trim_end())
    );
    let told = [("reasoning", &call.reasoning), ("answer", &call.answer)];
    for (title, told) in told {
        if let Some(told) = told {
            text += &format!("\n{}\n{}\n", style.strong(title), plain(told.trim_end()));
        }
    }
    text
}
