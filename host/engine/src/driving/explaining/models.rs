//! The models that a step may ask: its own, those that it is granted, and those that answer where one of them can't.

use stepwell_definition::Ceiling;

use super::permissions::Permitted;
use super::plugins::source_of;
use super::{by_operator, in_definition};
use crate::words::{Given, GivenBy, Hindrance, SaidAt};

impl Permitted<'_> {
    /// The step's own.
    pub(super) fn own_model(&self) -> Vec<Given> {
        let of_step = self.step.model.as_ref();
        let of_definition = self.definition.defaults.model.as_ref();
        let line = self.house.configuration.lines.default_model;
        let (named, by, said) = match (of_step, of_definition) {
            (Some(named), _) => (
                Some(named.value.as_str()),
                GivenBy::Step,
                in_definition(named.span),
            ),
            (None, Some(named)) => (
                Some(named.value.as_str()),
                GivenBy::Defaults,
                in_definition(named.span),
            ),
            (None, None) => (None, GivenBy::Operator, by_operator(line)),
        };
        self.with_others(named, by, said)
    }

    /// Those that a line grants.
    pub(super) fn granted_models(&self) -> Vec<Given> {
        let granted = self.step.grants.models.iter();
        let each = granted.flat_map(|model| {
            let said = in_definition(model.span);
            self.with_others(Some(&model.value), GivenBy::Line, said)
        });
        each.collect()
    }

    /// A model, with those that are asked where it can't answer.
    fn with_others(&self, named: Option<&str>, by: GivenBy, said: SaidAt) -> Vec<Given> {
        let model = match self.house.models.resolve(named) {
            Ok(model) => model,
            Err(error) => {
                return vec![Given {
                    what: named.unwrap_or_default().to_owned(),
                    by,
                    said: Some(said),
                    hindered_by: vec![Hindrance::NoModel(error.message)],
                }];
            }
        };
        let mut all = vec![self.model(&model.name, by, Some(said))];
        for other in &model.fallback {
            let by = GivenBy::InsteadOf(model.name.clone());
            all.push(self.model(other, by, None));
        }
        all
    }

    fn model(&self, name: &str, by: GivenBy, said: Option<SaidAt>) -> Given {
        Given {
            what: name.to_owned(),
            by,
            said,
            hindered_by: self.forbidden_model(self.ceiling, name),
        }
    }

    fn forbidden_model(&self, ceiling: &Ceiling, name: &str) -> Vec<Hindrance> {
        let forbidding = ceiling.forbidding_model(name);
        forbidding
            .map(|models| Hindrance::Source(source_of(self.house, &models.source)))
            .collect()
    }
}
