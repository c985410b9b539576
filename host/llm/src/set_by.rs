//! Who set what a server refuses, and so where it is set otherwise: the step's lines in the definition, the step's own code, or the model
//! in `stepwell.toml`.

use stepwell_contract::Inference;

use crate::Call;
use crate::asking::said_by_code;
use crate::provider::Provider;
use crate::wire::{About, Manner, Setting};

/// What was sent, for errors that are about it.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'c> {
    pub(crate) call: &'c Call<'c>,
    pub(crate) manner: Manner,
}

impl Sent<'_> {
    /// What to do about a refusal of something in the request; none where nothing that is set wrote it.
    pub(crate) fn mend(self, about: About, provider: &Provider) -> Option<String> {
        match about {
            About::Setting(settings) => {
                let mends = settings
                    .iter()
                    .filter_map(|it| self.setting(*it, settings, provider));
                mends.min_by_key(|(whose, _)| *whose).map(|(_, mend)| mend)
            }
            // Both names were tried.
            About::TokenLimit if self.manner.other_token_limit => Some(self.without_limit()),
            _ => None,
        }
    }

    /// What to do where this setting wrote the field, and how near to the request it is set.
    fn setting(
        self,
        setting: Setting,
        of: &[Setting],
        provider: &Provider,
    ) -> Option<(Whose, String)> {
        if setting == Setting::MaxOutputTokens {
            return Some((Whose::Model, self.limit(provider)?));
        }
        let call = self.call;
        let layers = [
            (Whose::Step, call.inference),
            (Whose::Code, said_by_code(call.request)),
            (Whose::Model, call.model.inference),
        ];
        let key = setting.key();
        let set = layers.into_iter().find(|(_, said)| says(said, setting));
        let mend = match set.map(|(whose, _)| whose) {
            Some(whose @ Whose::Step) => {
                let step = &call.origin.step;
                (
                    whose,
                    format!(
                        "`{key}` of the step `{step}` in the definition sets that: leave it out, or change it"
                    ),
                )
            }
            Some(whose @ Whose::Code) => (
                whose,
                format!("the step's own code sets `{key}`: name another model for it"),
            ),
            Some(whose @ Whose::Model) => {
                let model = &call.model.name;
                (
                    whose,
                    format!(
                        "`{key}` of the model `{model}` in stepwell.toml sets that: leave it out, or change it"
                    ),
                )
            }
            // The host marks what repeats where nobody says anything of it.
            None if of == [Setting::Caching] => {
                let model = &call.model.name;
                (
                    Whose::Model,
                    format!(
                        "`caching = \"off\"` of the model `{model}` in stepwell.toml marks nothing"
                    ),
                )
            }
            None => return None,
        };
        Some(mend)
    }

    /// What to do about a limit of the answer that is refused; none where nothing that is known of set one.
    fn limit(self, provider: &Provider) -> Option<String> {
        let call = self.call;
        let setting = format!(
            "`max_output_tokens` of the model `{}` in stepwell.toml",
            call.model.name
        );
        let own = provider.format.own_bound();
        Some(
            match (
                call.request.max_output_tokens,
                call.model.max_output_tokens,
                own,
            ) {
                (Some(tokens), ..) => format!(
                    "the step itself asks for up to {tokens} tokens: name a model for it that answers at such length"
                ),
                (None, Some(tokens), _) => {
                    format!("set {setting}, now {tokens}, to what it takes, or leave it out")
                }
                (None, None, Some(tokens)) => format!(
                    "set {setting} to what it takes: where nobody says how long an answer may be, Stepwell asks for up to {tokens} tokens"
                ),
                (None, None, None) => return None,
            },
        )
    }

    /// What to do where no name of the field that bounds an answer is taken.
    fn without_limit(self) -> String {
        let refused = "it takes neither `max_tokens` nor `max_completion_tokens`";
        match self.call.request.max_output_tokens {
            Some(_) => format!(
                "{refused}, and the step itself bounds its answer: name another model for it"
            ),
            None => format!(
                "{refused}: leave `max_output_tokens` of the model `{}` out of stepwell.toml",
                self.call.model.name
            ),
        }
    }
}

/// Who sets something, what goes before the others first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Step,
    Code,
    Model,
}

fn says(said: &Inference, setting: Setting) -> bool {
    match setting {
        Setting::Effort => said.effort.is_some(),
        Setting::Temperature => said.temperature.is_some(),
        Setting::Thinking => said.thinking.is_some(),
        Setting::Caching => said.caching.is_some(),
        Setting::MaxOutputTokens => false,
    }
}
