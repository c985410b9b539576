//! Small charts, drawn as SVG by the server: a share with its interval, a value beside others, a difference with its
//! interval. Each says in words what it draws; the numbers stand beside it as text.

use maud::{Markup, html};
use stepwell_comparison::Interval;

/// The room that a chart draws in; its size on the page is the style's.
const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 18.0;
const MIDDLE: f64 = HEIGHT / 2.0;
const DOT: f64 = 4.0;

/// A share from 0 to 1 with its interval.
pub(crate) fn share(value: f64, interval: Interval, words: &str) -> Markup {
    chart(
        words,
        &html! {
            rect.ground x="0" y="5" width=(WIDTH) height="8" rx="2" {}
            rect.bar x="0" y="5" width=(at(value)) height="8" rx="2" {}
            (whisker(at(interval.low), at(interval.high)))
        },
    )
}

/// A value as a part of the largest one.
pub(crate) fn value(value: f64, largest: f64, words: &str) -> Markup {
    let part = if largest > 0.0 { value / largest } else { 0.0 };
    chart(
        words,
        &html! { rect.bar x="0" y="5" width=(at(part)) height="8" rx="2" {} },
    )
}

/// A difference, left or right of nothing, with its interval. `reach` is the largest one of the column.
pub(crate) fn difference(mean: f64, interval: Interval, reach: f64, words: &str) -> Markup {
    // A dot at the end of the scale stays within it.
    let half = 0.5 - DOT / WIDTH;
    let place = |value: f64| at(0.5 + half * (value / reach.max(f64::MIN_POSITIVE)));
    chart(
        words,
        &html! {
            line.zero x1=(at(0.5)) x2=(at(0.5)) y1="0" y2=(HEIGHT) {}
            (whisker(place(interval.low), place(interval.high)))
            circle.dot cx=(place(mean)) cy=(MIDDLE) r=(DOT) {}
        },
    )
}

fn chart(words: &str, drawn: &Markup) -> Markup {
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(words) preserveAspectRatio="xMinYMid" { (drawn) }
    }
}

fn whisker(low: f64, high: f64) -> Markup {
    html! {
        line.whisker x1=(low) x2=(high) y1=(MIDDLE) y2=(MIDDLE) {}
        line.whisker x1=(low) x2=(low) y1="4" y2="14" {}
        line.whisker x1=(high) x2=(high) y1="4" y2="14" {}
    }
}

/// The place of a share, with as many digits as a screen has use for.
fn at(share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * WIDTH;
    (place * 10.0).round() / 10.0
}

/// How far a column of differences reaches to either side.
pub(crate) fn reach(values: impl Iterator<Item = (f64, Interval)>) -> f64 {
    values
        .flat_map(|(mean, interval)| [mean, interval.low, interval.high])
        .fold(0.0, |reach, value| reach.max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_stays_within_its_room() {
        let wide = Interval {
            low: -90.0,
            high: 4000.0,
        };
        let drawn = difference(5.0, wide, 10.0, "five more").into_string();
        assert!(drawn.contains("x1=\"0\" x2=\"200\""), "{drawn}");
        assert!(drawn.contains("aria-label=\"five more\""), "{drawn}");
        let narrow = Interval {
            low: 10.0,
            high: 10.0,
        };
        let at_the_end = difference(10.0, narrow, 10.0, "ten more").into_string();
        assert!(at_the_end.contains("cx=\"196\""), "{at_the_end}");
        assert!(!value(1.0, 0.0, "nothing").into_string().contains("NaN"));
    }
}
