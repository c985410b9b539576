//! `stepwell plugin check`: whether a plugin can be used, what it can reach, and everything that is wrong with it.

use stepwell_contract::{PluginFinding, Severity, amounts};
use stepwell_engine::{CheckPlugin, CheckedPlugin};

use super::named::require_file;
use crate::arguments::CheckArguments;
use crate::commands::driving::prepared;
use crate::commands::texts;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, plain, plain_line, plain_paragraph, remedied, size};
use crate::wiring::{Context, Need};

/// So many bytes of the prompt are shown that `construct-prompt` gave; JSON has all of it.
const SHOWN_OF_PROMPT: usize = 2000;

pub(super) async fn checked(
    arguments: CheckArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    require_file(&arguments.plugin, context)?;
    let request = CheckPlugin {
        uses: arguments.plugin,
        folder: context.start.to_str().map(str::to_owned),
        inputs: texts::inputs(arguments.inputs)?,
    };
    let wired = context.wire(Need::IfThere).await?;
    let looked_at = wired.engine.check_plugin(&request);
    let plugin = prepared(context, &wired, looked_at).await?;
    match arguments.json {
        true => screen.print_json(&plugin)?,
        false => screen.print(&text(&plugin, arguments.strict, screen.out_style()))?,
    }
    let is_fine = plugin.is_usable() && (!arguments.strict || plugin.findings.is_empty());
    Ok(match is_fine {
        true => Exit::Success,
        false => Exit::InvalidInput,
    })
}

fn text(plugin: &CheckedPlugin, strict: bool, style: Style) -> String {
    let mut text = String::new();
    if let Some(description) = &plugin.description {
        text += &format!(
            "{} {}\n{}\n\n",
            style.strong(&plain_line(&description.name)),
            plain_line(&description.version),
            plain_line(&description.summary)
        );
    }
    text += &made(plugin);
    text += &reach(plugin, style);
    if let Some(prompt) = &plugin.prompt {
        let title = style.strong("the prompt that `construct-prompt` gives");
        text += &format!("\n{title}\n{}", indented(&shortened(prompt)));
    }
    text += &findings(plugin, style);
    text + "\n" + &outcome(plugin, strict, style)
}

/// Everything that is to be said of it, with what it wrote itself.
pub(super) fn findings(plugin: &CheckedPlugin, style: Style) -> String {
    let mut text = String::new();
    if let Some(stderr) = &plugin.stderr {
        let title = style.strong("what it wrote to its standard error");
        text += &format!("\n{title}\n{}", indented(stderr));
    }
    if !plugin.findings.is_empty() {
        text.push('\n');
    }
    for finding in &plugin.findings {
        text += &told(finding, style);
    }
    text
}

/// What it is made of.
fn made(plugin: &CheckedPlugin) -> String {
    let mut table = Table::new();
    table.row(["uses", &plain_line(&plugin.uses)]);
    table.row(["digest", &plugin.digest.to_string()]);
    table.row(["size", &size(plugin.bytes)]);
    if let Some(key) = &plugin.signed_by {
        table.row(["signed by", &key.to_string()]);
    }
    if let Some(contract) = &plugin.contract {
        table.row([
            "contract",
            &format!("stepwell:plugin@{}", plain_line(contract)),
        ]);
    }
    let tools = plugin.producers.iter().map(|tool| {
        // Of a version the rest says how its tool was built.
        let version = tool.version.split(' ').next().unwrap_or_default();
        plain_line(format!("{} {version}", tool.name).trim())
    });
    let tools = tools.collect::<Vec<_>>().join(", ");
    match &plugin.language {
        Some(language) => table.row([
            "made with",
            &format!("{}: {tools}", plain_line(language.title())),
        ]),
        None if !tools.is_empty() => table.row(["made with", &tools]),
        None => {}
    }
    // What is no component has no functions either.
    if !plugin.imports.is_empty() || plugin.contract.is_some() {
        let names = match plugin.debug_names {
            true => "its functions have names, which a backtrace tells",
            false => "its functions have none: a backtrace will be of numbers",
        };
        table.row(["names", names]);
    }
    table.text()
}

/// What it can reach; without what it imports nothing can be told.
fn reach(plugin: &CheckedPlugin, style: Style) -> String {
    if plugin.contract.is_none() && plugin.imports.is_empty() {
        return String::new();
    }
    let title = style.strong("what it can reach");
    let mut table = Table::indented(2);
    for can in &plugin.reach {
        let by = can.by.iter().map(|name| plain_line(name));
        let by = by.collect::<Vec<_>>();
        let by = match by.len() {
            1..=4 => by.join(", "),
            more => format!("{}, and {} more", by[..3].join(", "), more - 3),
        };
        table.row([plain_line(can.ability.words()), by]);
    }
    match table.is_empty() {
        true => format!("\n{title}\n  nothing\n"),
        false => format!("\n{title}\n{}", table.text()),
    }
}

fn shortened(prompt: &str) -> String {
    let beginning = amounts::beginning(prompt, SHOWN_OF_PROMPT);
    match beginning.len() < prompt.len() {
        true => {
            let whole = size(prompt.len() as u64);
            format!("{}\n… ({whole} in all)", beginning.trim_end())
        }
        false => prompt.to_owned(),
    }
}

fn indented(text: &str) -> String {
    let text = plain(text);
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn told(finding: &PluginFinding, style: Style) -> String {
    let word = match finding.severity {
        Severity::Error => style.bad("error:"),
        Severity::Warning => style.warning("warning:"),
    };
    let mut text = format!("{word} {}\n", plain_paragraph(&finding.to_string()));
    if let Some(remedy) = &finding.remedy {
        let hint = plain_paragraph(&remedied(remedy));
        text += &format!("{} {hint}\n", style.hint("hint:"));
    }
    text
}

fn outcome(plugin: &CheckedPlugin, strict: bool, style: Style) -> String {
    let count = |severity| {
        let of_it = plugin.findings.iter().filter(|it| it.severity == severity);
        of_it.count() as u64
    };
    let warnings = match count(Severity::Warning) {
        0 => None,
        count => Some(amounts::counted(count, "warning")),
    };
    let more = warnings.as_ref().map(|it| format!(", {it}"));
    let more = more.unwrap_or_default();
    match (count(Severity::Error), &warnings) {
        (0, Some(warnings)) if strict => format!(
            "{}: {warnings}; without `--strict` it can be used\n",
            style.bad("it doesn't pass")
        ),
        (0, _) => format!("{}{more}\n", style.good("it can be used")),
        (errors, _) => format!(
            "{}: {}{more}\n",
            style.bad("it can't be used"),
            amounts::counted(errors, "error")
        ),
    }
}
