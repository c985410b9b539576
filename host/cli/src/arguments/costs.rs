//! Arguments of `stepwell cost`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use stepwell_contract::StepPath;
use stepwell_engine::CostBy;
use strum::VariantArray as _;

/// `stepwell cost`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell cost\n  stepwell cost --by day --since 30d\n  \
    stepwell cost --run last --by step\n  \
    stepwell cost --by run --csv > cost.csv"
)]
pub(crate) struct CostArguments {
    /// What to add up by
    #[arg(long, value_name = "WHAT", value_parser = cost_by(), default_value = CostBy::Model.word())]
    pub(crate) by: CostBy,
    /// Only calls that began on this day in UTC or later, such as `2026-11-01`, or so long ago, such as `7d`
    #[arg(long, value_name = "DAY", value_parser = since)]
    pub(crate) since: Option<Since>,
    /// Only those of this run: `last`, its id, or the last characters of it
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// Only those of runs of the workflow that gives itself this name
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub(crate) workflow: Option<String>,
    /// Only those of this step
    #[arg(long)]
    pub(crate) step: Option<StepPath>,
    /// Print as CSV, a line for each
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// From this day on, in UTC.
    Day(Date),
    /// From so many days before today on.
    DaysAgo(u16),
}

fn cost_by() -> impl TypedValueParser<Value = CostBy> {
    let words = CostBy::VARIANTS.iter().map(<&str>::from);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<CostBy>())
}

fn since(given: &str) -> Result<Since, String> {
    if given == "today" {
        return Ok(Since::DaysAgo(0));
    }
    if let Ok(day) = given.parse() {
        return Ok(Since::Day(day));
    }
    let days = given.strip_suffix('d').and_then(|days| days.parse().ok());
    days.map(Since::DaysAgo).ok_or_else(|| {
        format!(
            "`{given}` is no day; write one such as 2026-11-01, so many days such as 7d, or today"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_or_counted_back() {
        assert_eq!(since("today"), Ok(Since::DaysAgo(0)));
        assert_eq!(since("7d"), Ok(Since::DaysAgo(7)));
        let day = Since::Day("2026-11-01".parse().unwrap());
        assert_eq!(since("2026-11-01"), Ok(day));
        for bad in ["yesterday", "7", "-1d", "d", "2026-13-01", "99999d", ""] {
            assert!(since(bad).unwrap_err().contains("such as 7d"), "{bad}");
        }
    }
}
