"""The clock of a site. Instants are ISO 8601 in UTC with milliseconds: they sort as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ...errors import Invalid

ZONE = ZoneInfo("Asia/Seoul")


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def now() -> str:
    return written(datetime.now(UTC))


def later(seconds: float) -> str:
    return written(datetime.now(UTC) + timedelta(seconds=seconds))


def earlier(seconds: float) -> str:
    return later(-seconds)


def end_of_day(day: str) -> str:
    """The end of a day in Korea, given as YYYY-MM-DD. Raises Invalid."""
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise Invalid.field("until", expected="a day such as 2027-03-31", got=day) from None
    return written(datetime.combine(last + timedelta(days=1), time(), ZONE))


def day(instant: str) -> str:
    """The day here in which an instant lies: what a paper is dated with."""
    return f"{datetime.fromisoformat(instant).astimezone(ZONE):%Y-%m-%d}"


def last_day(end: str) -> str:
    """The last day here before an end: a period ends with the first instant of the next day."""
    return f"{datetime.fromisoformat(end).astimezone(ZONE) - timedelta(microseconds=1):%Y-%m-%d}"


def local(instant: str, *, rounded_up: bool = False) -> str:
    """An instant as people here read it, to the minute: the one it lies in, or the next full one."""
    moment = datetime.fromisoformat(instant) + timedelta(seconds=59.999 if rounded_up else 0)
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M KST")
