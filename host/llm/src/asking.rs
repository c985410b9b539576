//! How a model is asked in the end: what the definition says of the step, over what the step's own code says, over what the operator
//! says of the model.
//!
//! A step says it by options of the request whose names begin with `$`: these are the host's, and no provider ever sees them.

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::Value;
use stepwell_contract::{
    Caching, ChatError, ChatRequest, Effort, Inference, Message, Role, Temperature, Text,
};

use crate::wire::request::{invalid, json_of};
use crate::{Call, ResolvedModel};

/// What the names of the host's own options begin with.
const OWN: char = '$';

/// A call as a wire format writes it: the request without the host's own options, and the model with how it is asked.
pub(crate) struct Asked<'r> {
    pub(crate) request: Cow<'r, ChatRequest>,
    pub(crate) model: ResolvedModel,
    /// So many bytes of the first text of the first user's message begin other calls as well.
    pub(crate) repeats: Option<usize>,
}

impl<'r> Asked<'r> {
    /// Sets apart what is the host's to act on. A request that holds nothing of it, and is asked as it says, isn't copied.
    ///
    /// `has_effort_alone` is that the format's one word for thinking is the effort.
    ///
    /// # Errors
    /// An option of the host's that there isn't, or that can't be what it is.
    pub(crate) fn of(
        call: &Call<'_>,
        mut request: Cow<'r, ChatRequest>,
        has_effort_alone: bool,
    ) -> Result<Self, ChatError> {
        let own = own(&request);
        let said = said(&own, request.temperature)?;
        let layers = [call.inference, said, call.model.inference];
        let inference = merged(layers, has_effort_alone);
        let temperature = inference.temperature.map(Temperature::value);
        if !own.is_empty() {
            let options = &mut request.to_mut().options;
            options.retain(|option| !option.name.starts_with(OWN));
        }
        if request.temperature != temperature {
            request.to_mut().temperature = temperature;
        }
        Ok(Self {
            request,
            model: ResolvedModel {
                inference,
                ..call.model.clone()
            },
            repeats: call.repeats,
        })
    }
}

impl Asked<'_> {
    /// A request that holds nothing but how a model is to be asked.
    pub(crate) fn nothing_else(
        model: &ResolvedModel,
        step: Inference,
        has_effort_alone: bool,
    ) -> Self {
        let inference = merged([step, model.inference], has_effort_alone);
        let request = ChatRequest {
            messages: vec![Message::text(Role::User, "?")],
            temperature: inference.temperature.map(Temperature::value),
            ..ChatRequest::default()
        };
        Self {
            request: Cow::Owned(request),
            model: ResolvedModel {
                inference,
                ..model.clone()
            },
            repeats: None,
        }
    }
}

/// What is said in several places, the one that goes before the others first.
fn merged<const N: usize>(layers: [Inference; N], has_effort_alone: bool) -> Inference {
    let layers = layers.map(|said| match has_effort_alone {
        true => said.by_effort_alone(),
        false => said,
    });
    let nothing = Inference::default();
    layers.into_iter().fold(nothing, Inference::over)
}

/// The options of a request that are the host's.
fn own(request: &ChatRequest) -> Vec<Text> {
    let is_own = |option: &&Text| option.name.starts_with(OWN);
    request.options.iter().filter(is_own).cloned().collect()
}

/// What the step's own code says, as far as it can be read.
pub(crate) fn said_by_code(request: &ChatRequest) -> Inference {
    said(&own(request), request.temperature).unwrap_or_default()
}

/// What the step's own code says.
fn said(own: &[Text], temperature: Option<f64>) -> Result<Inference, ChatError> {
    let mut said = Inference::default();
    if let Some(wanted) = temperature {
        let fits = Temperature::new(wanted);
        let most = Temperature::MOST;
        let refused = || invalid(format!("the temperature is {wanted}, not from 0 to {most}"));
        said.temperature = Some(fits.ok_or_else(refused)?);
    }
    for Text { name, value, .. } in own {
        match name.trim_start_matches(OWN) {
            "effort" => said.effort = Some(word::<Effort>(name, value)?),
            "caching" => said.caching = Some(word::<Caching>(name, value)?),
            "thinking" => {
                let thinking = json_of(&format!("option `{name}`"), value)?;
                let refused = || {
                    invalid(format!(
                        "the option `{name}` is `{value}`, not `true` or `false`"
                    ))
                };
                said.thinking = Some(thinking.as_bool().ok_or_else(refused)?);
            }
            _ => {
                return Err(invalid(format!(
                    "there is no option `{name}`: of those that begin with `{OWN}` there are `$effort`, `$thinking` and `$caching`"
                )));
            }
        }
    }
    Ok(said)
}

fn word<T: FromStr>(name: &str, value: &str) -> Result<T, ChatError> {
    let given = json_of(&format!("option `{name}`"), value)?;
    let word = given.as_str().and_then(|word| word.parse().ok());
    word.ok_or_else(|| invalid(format!("the option `{name}` can't be `{value}`")))
}

/// What a format says of something that is set and that it has no word for.
pub(crate) fn refused(key: &str, value: &str, format: &str, helps: &str) -> ChatError {
    invalid(format!(
        "{format} has no word for `{key} = {value}`, which the step or its model in stepwell.toml sets: {helps}"
    ))
}

/// Two settings that can't both be meant.
pub(crate) fn contradicts(one: &str, other: &str) -> ChatError {
    invalid(format!(
        "`{one}` and `{other}` contradict each other, which the step or its model in stepwell.toml sets: leave one of the two out"
    ))
}

/// The effort in OpenAI's words, which know no other switch for thinking.
///
/// # Errors
/// Where both are set and differ, or thinking is switched on without saying how much.
pub(crate) fn openai_effort(
    inference: &Inference,
    format: &str,
) -> Result<Option<&'static str>, ChatError> {
    match (inference.thinking, inference.effort) {
        (Some(true), Some(Effort::None)) => {
            Err(contradicts("thinking = true", "effort = \"none\""))
        }
        (Some(true), None) => Err(refused(
            "thinking",
            "true",
            format,
            "say how much by `effort`, such as `effort = \"medium\"`",
        )),
        (Some(false), None) => Ok(Some(Effort::None.word())),
        (Some(false), Some(effort)) if effort != Effort::None => Err(contradicts(
            "thinking = false",
            &format!("effort = \"{}\"", effort.word()),
        )),
        (_, effort) => Ok(effort.map(Effort::word)),
    }
}

/// Refuses to ask a provider to keep what repeats, where it keeps it by itself and takes no wish.
pub(crate) fn refuse_caching(inference: &Inference, format: &str) -> Result<(), ChatError> {
    match inference.caching {
        None | Some(Caching::Off) => Ok(()),
        Some(caching) => {
            let word: &str = caching.into();
            Err(refused(
                "caching",
                &Value::from(word).to_string(),
                format,
                "its providers keep what repeats by themselves; leave it out",
            ))
        }
    }
}

#[cfg(test)]
impl<'r> Asked<'r> {
    /// A request to a model of which nothing else is said.
    pub(crate) fn plain(model: ResolvedModel, request: &'r ChatRequest) -> Self {
        Self {
            request: Cow::Borrowed(request),
            model,
            repeats: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(all: &[(&str, &str)]) -> Vec<Text> {
        all.iter()
            .map(|(name, value)| Text::new(*name, *value))
            .collect()
    }

    #[test]
    fn what_a_step_says_is_read_and_what_it_cannot_be_is_refused() {
        let own = options(&[
            ("$effort", "\"high\""),
            ("$thinking", "false"),
            ("$caching", "\"1h\""),
        ]);
        let read = said(&own, Some(0.5)).unwrap();
        assert_eq!(read.effort, Some(Effort::High));
        assert_eq!(read.thinking, Some(false));
        assert_eq!(read.caching, Some(Caching::Hour));
        assert_eq!(read.temperature, Temperature::new(0.5));
        for (name, value) in [
            ("$effort", "\"huge\""),
            ("$effort", "high"),
            ("$thinking", "1"),
            ("$caching", "5"),
            ("$speed", "1"),
        ] {
            let refused = said(&options(&[(name, value)]), None).unwrap_err();
            assert!(refused.message.contains(name), "{refused:?}");
        }
        assert!(said(&[], Some(2.5)).is_err());
    }

    #[test]
    fn openai_has_one_word_for_both() {
        let of = |thinking, effort| {
            let inference = Inference {
                thinking,
                effort,
                ..Inference::default()
            };
            openai_effort(&inference, "it").map_err(|error| error.message)
        };
        assert_eq!(of(None, None), Ok(None));
        assert_eq!(of(None, Some(Effort::Xhigh)), Ok(Some("xhigh")));
        assert_eq!(of(Some(false), None), Ok(Some("none")));
        assert_eq!(of(Some(true), Some(Effort::Low)), Ok(Some("low")));
        assert!(of(Some(true), None).is_err());
        assert!(of(Some(false), Some(Effort::Low)).is_err());
        assert!(of(Some(true), Some(Effort::None)).is_err());
    }
}
