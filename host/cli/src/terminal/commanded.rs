//! What helps with a problem that a command alone meets, in words.

use stepwell_contract::{Undertaking, listed};
use stepwell_scaffold::Language;

use super::remedies::remedied;
use super::shell::quoted;
use crate::project::{CONFIGURATION, DATABASE, STORE};
use crate::remedy::{CommandRemedy, GivenFile, Helps, KeyedProvider};

/// What helps, as a sentence that begins small.
pub(crate) fn helped(helps: &Helps) -> String {
    match helps {
        Helps::Shared(remedy) => remedied(remedy),
        Helps::Own(remedy) => commanded(remedy),
    }
}

fn commanded(remedy: &CommandRemedy) -> String {
    match remedy {
        CommandRemedy::NameFile { file } => named(file),
        CommandRemedy::ReadUsage { usage } => usage.clone(),
        CommandRemedy::GoToProject => {
            "go to the folder of your project, or name its store with `--store DIR`; `stepwell run` makes one".to_owned()
        }
        CommandRemedy::PutStoreFileBack { path } => format!(
            "put `{DATABASE}` back from a copy of the store, or move {} away to begin a new one",
            path.display()
        ),
        CommandRemedy::RemoveOrNameLink { path } => format!(
            "a cloned repository may bring such a link to somebody's other store: remove {}, or, where you made it, say so by \
             `store = \"{STORE}\"` in {CONFIGURATION} or by `--store {}`",
            path.display(),
            path.display()
        ),
        CommandRemedy::MoveStoreAway => {
            "move the file away, or name another folder with `--store DIR`".to_owned()
        }
        CommandRemedy::GoOnWith { what } => {
            let resume = match what {
                Undertaking::Run(run) => format!("resume {run}"),
                Undertaking::Comparison(id) => format!("comparison resume {id}"),
            };
            format!(
                "nothing that was received is lost: `stepwell {resume}` goes on, and so does the next `stepwell serve`"
            )
        }

        // Prompts.
        CommandRemedy::AddKept { name, file } => {
            format!("mend it, then `stepwell prompt add {name} {}`", file.display())
        }
        CommandRemedy::SetEditor { name } => format!(
            "set VISUAL or EDITOR, such as `export EDITOR=nano`; or `stepwell prompt add {name} FILE`"
        ),
        CommandRemedy::ChooseEditor => {
            "set VISUAL or EDITOR to a command that edits a file and returns when it is closed".to_owned()
        }
        CommandRemedy::NameTwoVersions { name } => format!(
            "name two versions: `stepwell prompt diff {name} A B`; `stepwell prompt list {name}` shows them"
        ),
        CommandRemedy::NameUsingStep => {
            "name the step that uses it: `--step STEP`, with `--run RUN` or `--definition FILE`, or `--step PLUGIN`".to_owned()
        }
        CommandRemedy::ChooseProposal { proposals } => format!("it has {proposals}"),

        // Comparisons.
        CommandRemedy::NameOneOf { names } => format!("name one of {}", names.join(", ")),
        CommandRemedy::ChooseCase { cases } => format!("its cases are {}", cases.join(", ")),
        CommandRemedy::ChooseCompared { compared } => {
            format!("it compares {}", compared.join(", "))
        }
        CommandRemedy::SayWhichCase { cases } => {
            format!("name it with `--case ID`: {}", listed(cases))
        }
        CommandRemedy::LeaveOutAnswers => {
            "leave `--answers` out: HTML has all texts of a comparison".to_owned()
        }
        CommandRemedy::LeaveOutCase => "leave `--case` out: CSV and HTML hold all cases".to_owned(),

        // Steps.
        CommandRemedy::LeaveOutPrompt => "leave `--prompt` out".to_owned(),
        CommandRemedy::SayWhichPrompt { name } => format!("say which one: `--prompt {name}=N`"),
        CommandRemedy::LookAtGiven => "look at what the step is given".to_owned(),
        CommandRemedy::NameStepOfRun => {
            "with `--run`, name a step such as `requirement/refine`, or one item of it: `implementation/code[1]`; without it, a \
             plugin is run alone"
                .to_owned()
        }
        CommandRemedy::NameStepOfDefinition => {
            "with `--in`, name a step of the definition, such as `requirement/refine`; an item of it is given with `--input`"
                .to_owned()
        }
        CommandRemedy::NameDefinition { file } => {
            let file = file.as_deref().unwrap_or("FLOW.toml");
            format!("say which one: `--in {}`", quoted(file))
        }
        CommandRemedy::NameStepOrItem { step } => {
            format!("name the step, or an item of it: `{step}`")
        }
        CommandRemedy::NameRun => {
            "name it with `--run RUN`; a plugin that is run alone uses the prompts that are current, and \
             `stepwell prompt use NAME N` makes another version current"
                .to_owned()
        }
        CommandRemedy::SayWhereStepIs { verb, step } => format!(
            "a step of a run is named with `stepwell step {verb} {step} --run last`, one of a definition with `--in FILE`; a \
             plugin by its file, or `builtin:NAME`"
        ),
        CommandRemedy::RunWorkflowFirst { plugin } => format!(
            "run the workflow first, name its definition, or name a plugin: `builtin:{plugin}`"
        ),

        // Models.
        CommandRemedy::SetUpModel { keyed } => set_up(keyed.as_ref()),
        CommandRemedy::ListProviders => {
            "`stepwell models providers` shows the address and the variable of each provider".to_owned()
        }
        CommandRemedy::GiveBaseUrl {
            title,
            provider,
            example,
        } => format!(
            "{title} has an address for each account: add `[providers.{provider}]` with `base_url = \"{example}\"` to \
             stepwell.toml, where you fill in what stands in capitals"
        ),
        CommandRemedy::NameProvider { title, name } => format!("{title} is known as `{name}`"),
        CommandRemedy::ChooseProvider {
            question: Some(question),
            ..
        } => question.clone(),
        CommandRemedy::ChooseProvider { names, .. } => {
            format!("the providers are {}", listed(names))
        }
        CommandRemedy::NameCassetteAgain => "name it again with `--replay CASSETTE`".to_owned(),
        CommandRemedy::SayYesBefore => "`stepwell doctor --ask --yes` says it beforehand".to_owned(),

        // Plugins in registries.
        CommandRemedy::LogIn { host } => format!("log in: `stepwell plugin login {host}`"),
        CommandRemedy::GivePassword { host } => format!(
            "`stepwell plugin login {host} --username NAME --password-stdin < FILE` reads the password from a file; at a terminal \
             it is asked for"
        ),
        CommandRemedy::GiveKeyPassword => {
            "set `COSIGN_PASSWORD`, or be at a terminal, where you are asked for it".to_owned()
        }
        CommandRemedy::MakeKey => "make one with `stepwell plugin key new`".to_owned(),
        CommandRemedy::SignFile => {
            "sign the file before it goes there, and put `FILE.sig` beside it".to_owned()
        }
        CommandRemedy::CheckReference => {
            "look at the name, and at its tag or digest; some registries say so, too, of what is there only for those who are logged \
             in: `stepwell plugin login HOST`"
                .to_owned()
        }
        CommandRemedy::PullAgain => {
            "nothing of it was kept: fetch it again, and where it comes so once more, tell whoever runs the registry".to_owned()
        }
        CommandRemedy::ReachRegistry => {
            "look at the name, the port, and the network; what was fetched before is used without it".to_owned()
        }
        CommandRemedy::RemovePluginName { name } => {
            format!("choose another one, or take it away first: `stepwell plugin remove {name}`")
        }
        CommandRemedy::SayWherePluginIs { given } => format!(
            "a file is `./{given}`, a built-in step `builtin:{given}`, and one of a registry `oci://HOST/NAME:TAG`"
        ),
        CommandRemedy::CheckPlugin { file } => {
            format!("`stepwell plugin check {}` says all that is wrong", quoted(file))
        }

        // Folders and files.
        CommandRemedy::BuildLeftOut { command } => {
            format!("`{command}`, in a clone of Stepwell, makes it; or leave `--workflow` out")
        }
        CommandRemedy::LeaveOutSdk => {
            "leave `--sdk` and `--published` out: the project has all that it needs".to_owned()
        }
        CommandRemedy::NameSdk { language } => format!(
            "name `sdk/{language}` of a clone of Stepwell, or leave `--sdk` out: then the project has a copy of its own"
        ),
        CommandRemedy::NameOtherFolder => "name another folder".to_owned(),
        CommandRemedy::NameNewFolder {
            demonstration: Some(folder),
        } => format!(
            "it has a demonstration: `cd {}`, then `stepwell run` and the name of a workflow runs it again; or name a new folder",
            quoted(&folder.display().to_string())
        ),
        CommandRemedy::NameNewFolder {
            demonstration: None,
        } => "name a new folder, or none: then one is made among the temporary files".to_owned(),
        CommandRemedy::NameFolder => "name a folder, or one that can be made".to_owned(),
        CommandRemedy::EditConfiguration => {
            "edit it; `stepwell schema configuration` describes what can stand in it".to_owned()
        }
        CommandRemedy::EditWorkflow { flow } => format!(
            "edit them; `stepwell run {} --check` checks the workflow",
            quoted(flow)
        ),
        CommandRemedy::MoveAway => "move it away".to_owned(),

        // What is given with a run.
        CommandRemedy::PrintAgain => {
            "an earlier version wrote it: print it anew with `stepwell status --json RUN`, where the run is".to_owned()
        }
        CommandRemedy::PutPlugin { path, digest } => {
            let used = digest.as_ref().map(|digest| format!(" (the run used {digest})"));
            format!("put it at {}{}", path.display(), used.unwrap_or_default())
        }
        CommandRemedy::GiveOnce => "give each input once".to_owned(),
        CommandRemedy::ShowRaw => "`--raw` shows what came, as far as anything did".to_owned(),

        // Plugins.
        CommandRemedy::SayHowToBuild { file, language } => {
            let (build, component) = built(*language);
            format!(
                "write into {} such as `build = \"{build}\"` and `component = \"{component}\"`, or say it with \
                 `--build COMMAND --component FILE`, the file as seen from where you are",
                file.display()
            )
        }
        CommandRemedy::NameProject => {
            "name the folder of a plugin's project, which `stepwell plugin new` makes".to_owned()
        }
        CommandRemedy::NameMade { file } => format!(
            "`component` in {} names the file that `build` makes, from the project's folder; `--component FILE` names it, too, from where you are",
            file.display()
        ),
        CommandRemedy::CheckRefused { component } => format!(
            "mend what it says above; `stepwell plugin check {}` says it again",
            quoted(component)
        ),
        CommandRemedy::MendBuild => "mend what it says above".to_owned(),

        // Serving.
        CommandRemedy::ChooseToken => {
            "choose a token of letters, digits and signs, without spaces".to_owned()
        }
        CommandRemedy::RemoveTokenFile { file } => {
            format!("remove {}: the next start makes another token", file.display())
        }
        CommandRemedy::SetToken => "choose a token, and set STEPWELL_TOKEN".to_owned(),
        CommandRemedy::ReachTokenFile { file } => format!(
            "see that you may read and write {}, or set STEPWELL_TOKEN",
            file.display()
        ),
        CommandRemedy::StartAgain => "start it again in a moment".to_owned(),
        CommandRemedy::ListenElsewhere => {
            "another program listens there: stop it, or choose another address with `--listen 127.0.0.1:0`".to_owned()
        }
        CommandRemedy::SetClock => {
            "set the clock of this machine, and start the server again".to_owned()
        }
    }
}

/// What builds a plugin in a language, and the component that it makes.
fn built(language: Option<Language>) -> (&'static str, &'static str) {
    match language {
        Some(Language::Rust) => (
            "cargo build --release --target wasm32-wasip2",
            "target/wasm32-wasip2/release/NAME.wasm",
        ),
        Some(Language::Python) => (
            "venv/bin/componentize-py --wit-path wit --world step componentize app --python-path src --output NAME.wasm",
            "NAME.wasm",
        ),
        Some(Language::JavaScript) => ("npm run build", "NAME.wasm"),
        Some(Language::Go | Language::C) | None => ("make", "NAME.wasm"),
    }
}

fn named(file: &GivenFile) -> String {
    match file {
        GivenFile::Cases => "name a case file with `--cases FILE`; it is TOML or JSON".to_owned(),
        GivenFile::PluginTests => {
            "name the file with the plugin's cases, such as `cases.toml`".to_owned()
        }
        GivenFile::Definition => "name the definition of a workflow, a TOML file".to_owned(),
        GivenFile::RunJson => {
            "name a file with what `stepwell status --json` prints of a run".to_owned()
        }
        GivenFile::Document => "name the file with the document's new text".to_owned(),
        GivenFile::GivenDocument => {
            "`--document STEP/NAME=FILE` reads the document from a file".to_owned()
        }
        GivenFile::Plugin => {
            "name the component's file, as its build leaves it, or a built-in step: `builtin:NAME`"
                .to_owned()
        }
        GivenFile::Template => "name the template's file, or give it with `--text`".to_owned(),
        GivenFile::Trial => "name the file that has the text with `--text FILE`".to_owned(),
        GivenFile::Input { name } => {
            format!("`--input {name}=@FILE` reads the input `{name}` from a file")
        }
        GivenFile::Answer { key } => {
            format!("`--answer {key}=@FILE` reads the answer from a file, `@@` is an `@`")
        }
        GivenFile::Cassette => {
            "name a cassette's file with `--replay FILE`; `--record FILE` makes one".to_owned()
        }
    }
}

/// What to do where no model is set up. Whoever has a key of a known provider is told the line for it.
fn set_up(keyed: Option<&KeyedProvider>) -> String {
    let replay = "or replay recorded answers with `--replay CASSETTE`";
    match keyed {
        Some(KeyedProvider { provider, variable }) => format!(
            "`{variable}` is set: write `models.writer = \"{provider}/MODEL\"` into stepwell.toml (`stepwell models list \
             {provider}` says which there are), {replay}"
        ),
        None => format!(
            "set OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL for another server), or name a model of another provider in \
             stepwell.toml, such as `models.writer = \"anthropic/MODEL\"` (`stepwell models providers` lists them), {replay}"
        ),
    }
}
