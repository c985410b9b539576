//! How much of what a step asks is asked again for the next item, or in the next round: a provider that wants to be asked may be asked to
//! keep that.

use stepwell_contract::{ChatRequest, Hosted, Part, Role, Text};

use super::services::Services;
use crate::state::{from_json, store_halt};

/// What is shorter is kept by no provider.
const LEAST: usize = 2_000;

impl Services {
    /// So many bytes of the first text of the first user's message begin the calls for other items, or in other rounds, as well. None
    /// where nothing does that is worth it.
    pub(super) async fn repeats(&self, request: &ChatRequest) -> Hosted<Option<usize>> {
        let Some(varying) = self.run.plan.varying_inputs(self.step) else {
            return Ok(None);
        };
        let user = request.messages.iter().find(|it| it.role == Role::User);
        let Some(Part::Text(text)) = user.and_then(|message| message.parts.first()) else {
            return Ok(None);
        };
        let Some(digest) = self.record.lock().await.inputs else {
            return Ok(None);
        };
        let blob = self.blob(&digest).await?;
        let inputs: Vec<Text> =
            from_json(&blob, || format!("the inputs of {}", self.name())).map_err(store_halt)?;
        let varies = |input: &Text| varying.iter().any(|name| name.as_str() == input.name);
        Ok(same_beginning(text, &inputs, varies))
    }
}

/// Where the last input ends that stays the same, of those that stand before the first that doesn't.
fn same_beginning(text: &str, inputs: &[Text], varies: impl Fn(&Text) -> bool) -> Option<usize> {
    let place = |input: &Text| {
        let value = input.value.trim();
        let start = text.find(value).filter(|_| !value.is_empty())?;
        Some((start, start + value.len()))
    };
    let varying = inputs.iter().filter(|input| varies(input));
    let first = varying.filter_map(place).map(|(start, _)| start).min();
    let first = first.unwrap_or(text.len());
    let same = inputs.iter().filter(|input| !varies(input));
    let ends = same.filter_map(place).map(|(_, end)| end);
    ends.filter(|end| (LEAST..=first).contains(end)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_behind_the_last_input_before_the_first_that_varies() {
        let map = "m".repeat(3_000);
        let design = "d".repeat(1_000);
        let inputs = [
            Text::new("item", "the item"),
            Text::new("map", format!("{map}\n")),
            Text::new("design", design.as_str()),
            Text::new("report", ""),
        ];
        let of_item = |input: &Text| input.name == "item";
        let text = format!("Code.\n{map}\n{design}\nthe item");
        let expected = text.len() - "\nthe item".len();
        assert_eq!(same_beginning(&text, &inputs, of_item), Some(expected));
        let text = format!("Code.\n{map}\nthe item\n{design}");
        assert_eq!(same_beginning(&text, &inputs, of_item), Some(6 + 3_000));
        // Too little, or nothing, stays the same before the item.
        let text = format!("Code.\n{design}\nthe item\n{map}");
        assert_eq!(same_beginning(&text, &inputs, of_item), None);
        let text = format!("the item\n{map}");
        assert_eq!(same_beginning(&text, &inputs, of_item), None);
    }
}
