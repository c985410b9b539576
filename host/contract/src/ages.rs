//! How long ago something was, as coarse as a person wants it. The words are each face's own.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// How long ago something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Less than a minute, or not yet.
    Now,
    /// So many whole minutes, less than an hour.
    Minutes(i64),
    /// So many whole hours, less than a day.
    Hours(i64),
    /// A day or more, on the day before, or in this night.
    Yesterday,
    /// So many days, less than a week.
    Days(i32),
    /// On this day.
    On(Date),
}

impl Age {
    /// The age of something of then, now, for who lives in this zone.
    #[must_use]
    pub fn of(then: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let seconds = now.duration_since(then).as_secs();
        match seconds {
            ..60 => Self::Now,
            60..3600 => Self::Minutes(seconds / 60),
            3600..86_400 => Self::Hours(seconds / 3600),
            _ => {
                let day = |time: Timestamp| time.to_zoned(zone.clone()).date();
                let days = day(then)
                    .until((Unit::Day, day(now)))
                    .map_or(i32::MAX, |span| span.get_days());
                match days {
                    ..2 => Self::Yesterday,
                    2..7 => Self::Days(days),
                    _ => Self::On(day(then)),
                }
            }
        }
    }
}
