//! How a model is asked: what people set for a model or for a step, in words for which each wire format has its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// How a model is asked, as far as somebody says so. What is left open is the provider's to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inference {
    /// How much it is to think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// The sampling temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
    /// Whether it is to think at all before it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// How long the provider is asked to keep what repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caching: Option<Caching>,
}

impl Inference {
    /// The same, with what `below` says where this says nothing. What is said here of thinking also goes before what is said of it there by the
    /// other key: `effort = "none"` switches off what is switched on below, and `thinking = true` switches it on.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let thinking = below
            .thinking
            .filter(|thinks| !(*thinks && self.effort == Some(Effort::None)));
        let effort = below
            .effort
            .filter(|effort| !(*effort == Effort::None && self.thinking == Some(true)));
        Self {
            effort: self.effort.or(effort),
            temperature: self.temperature.or(below.temperature),
            thinking: self.thinking.or(thinking),
            caching: self.caching.or(below.caching),
        }
    }

    /// The same, where the effort is the one word for both: not to think is no effort.
    #[must_use]
    pub fn by_effort_alone(self) -> Self {
        match (self.thinking, self.effort) {
            (Some(false), None) => Self {
                thinking: None,
                effort: Some(Effort::None),
                ..self
            },
            _ => self,
        }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// How much a model is to think before it answers.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// As much as is usual.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Effort {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A sampling temperature, from 0 to [`Temperature::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Temperature(f64);

/// It is never what isn't equal to itself.
impl Eq for Temperature {}

impl Temperature {
    /// The highest one.
    pub const MOST: u8 = 2;

    /// A temperature; none where it isn't from 0 to [`Temperature::MOST`].
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        let is_fit = (0.0..=f64::from(Self::MOST)).contains(&value);
        is_fit.then_some(Self(value))
    }

    /// As a number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

/// How long a provider is asked to keep what repeats from call to call.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
pub enum Caching {
    /// It isn't asked to keep anything.
    #[serde(rename = "off")]
    #[strum(serialize = "off")]
    Off,
    /// Five minutes after it was read last.
    #[serde(rename = "5m")]
    #[strum(serialize = "5m")]
    FiveMinutes,
    /// An hour.
    #[serde(rename = "1h")]
    #[strum(serialize = "1h")]
    Hour,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_goes_before_what_is_below() {
        let low = Inference {
            effort: Some(Effort::Low),
            thinking: Some(true),
            ..Inference::default()
        };
        let warm = Inference {
            effort: Some(Effort::High),
            temperature: Temperature::new(0.7),
            ..Inference::default()
        };
        let both = low.over(warm);
        assert_eq!(both.effort, Some(Effort::Low));
        assert_eq!(both.temperature, Temperature::new(0.7));
        assert_eq!(both.thinking, Some(true));
        assert!(Inference::default().is_open() && !both.is_open());
    }

    #[test]
    fn thinking_and_no_effort_go_before_each_other() {
        let thinking = Inference {
            thinking: Some(true),
            ..Inference::default()
        };
        let none = Inference {
            effort: Some(Effort::None),
            ..Inference::default()
        };
        assert_eq!(none.over(thinking), none);
        assert_eq!(thinking.over(none), thinking);
        let off = Inference {
            thinking: Some(false),
            ..Inference::default()
        };
        assert_eq!(off.by_effort_alone(), none);
        assert_eq!(thinking.by_effort_alone(), thinking);
    }

    #[test]
    fn a_temperature_comes_back_as_it_was_written() {
        for value in [0.0, 0.1, 0.7, 1.0, 1.999, 2.0] {
            let written = Temperature::new(value).unwrap();
            assert_eq!(written.value().to_string(), value.to_string());
            let json = serde_json::to_string(&written).unwrap();
            assert_eq!(serde_json::from_str::<Temperature>(&json).unwrap(), written);
        }
        for value in [-0.1, 2.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Temperature::new(value), None, "{value}");
        }
    }
}
