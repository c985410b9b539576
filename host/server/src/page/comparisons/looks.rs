//! How a comparison is looked at: in which order, which of its cases, which of their texts.

use std::ops::Range;

use serde::Deserialize;
use stepwell_engine::ComparisonView;
use stepwell_rendering::{Layout, order};

use crate::page::address::Address;
use crate::page::parts::{self, Done};

/// Cases on one page of the matrix: each has its answers in it.
const CASES: usize = 20;

/// The order of the cases.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// As they were given.
    Given,
    /// Those first in which a version does worst beside the baseline.
    Worst,
}

/// What is looked at: all of it is in the address, so that a view can be sent to somebody.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Looks {
    #[serde(default)]
    sort: Option<Sort>,
    /// `differing`: only cases in which the versions came to different ends.
    #[serde(default)]
    only: Option<String>,
    /// `whole`: whole texts instead of what differs from the baseline.
    #[serde(default)]
    texts: Option<String>,
    /// The case that is looked into.
    #[serde(default)]
    pub(super) case: Option<usize>,
    /// Which of its repeats, from 1.
    #[serde(default)]
    repeat: Option<u32>,
    /// How what differs is laid out.
    #[serde(default)]
    diff: Option<String>,
    /// Of the cases in their order, how many stand before those that are shown; none is as it is right for the case.
    #[serde(default)]
    skip: Option<usize>,
    /// What a form has just done.
    #[serde(default)]
    done: Option<String>,
}

impl Looks {
    /// The cases in the order that is asked for.
    pub(super) fn order(&self, view: &ComparisonView) -> Vec<usize> {
        order(view, self.worst_first(), self.only_differing())
    }

    /// Those of the cases in their order that are shown at once.
    pub(super) fn part(&self, order: &[usize]) -> Range<usize> {
        let opened = || order.iter().position(|case| Some(*case) == self.case);
        let at = self.skip.or_else(opened).unwrap_or(0).min(order.len());
        let begin = at - at % CASES;
        begin..order.len().min(begin + CASES)
    }

    /// How what differs is laid out.
    pub(super) fn layout(&self) -> Layout {
        Layout::of(self.diff.as_deref())
    }

    /// What a form has just done.
    pub(super) fn done(&self) -> Option<Done> {
        Done::of(self.done.as_deref())
    }

    pub(super) fn worst_first(&self) -> bool {
        self.sort == Some(Sort::Worst)
    }

    pub(super) fn only_differing(&self) -> bool {
        self.only.as_deref() == Some("differing")
    }

    pub(super) fn whole_texts(&self) -> bool {
        self.texts.as_deref() == Some("whole")
    }

    pub(super) fn repeat(&self) -> u32 {
        self.repeat.unwrap_or(1)
    }

    /// The address of this view with another case opened.
    pub(super) fn with_case(&self, view: &ComparisonView, case: Option<usize>) -> Address {
        self.address(view, case, 1)
    }

    /// The address of this view with another repeat of its case.
    pub(super) fn with_repeat(&self, view: &ComparisonView, repeat: u32) -> Address {
        self.address(view, self.case, repeat)
    }

    /// The address of a case beside the one that is open, with its part of the matrix.
    pub(super) fn with_neighbour(&self, view: &ComparisonView, case: usize) -> Address {
        self.but_for_the_part(view, Some(case), 1)
    }

    /// The address of another part of the matrix.
    pub(super) fn with_part(&self, view: &ComparisonView, skip: usize) -> Address {
        let there = self.but_for_the_part(view, self.case, self.repeat());
        there.with("skip", Some(skip))
    }

    fn address(&self, view: &ComparisonView, case: Option<usize>, repeat: u32) -> Address {
        self.but_for_the_part(view, case, repeat)
            .with("skip", self.skip)
    }

    fn but_for_the_part(&self, view: &ComparisonView, case: Option<usize>, repeat: u32) -> Address {
        let there = Address::at(format!("/comparisons/{}", view.summary.id))
            .with("sort", self.worst_first().then_some("worst"))
            .with("only", self.only_differing().then_some("differing"))
            .with("texts", self.whole_texts().then_some("whole"))
            .with("case", case)
            .with("repeat", Some(repeat).filter(|repeat| *repeat > 1));
        parts::laid_out(there, self.layout())
    }
}
