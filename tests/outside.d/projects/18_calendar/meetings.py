from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local(text, zone):
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        raise ValueError(f"no zone {zone}") from None


def in_utc(moment):
    return moment.astimezone(timezone.utc)


def weekly(first, count):
    return [first + timedelta(weeks=number) for number in range(count)]


def age(birthday, today):
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))
