"""audience.hourly once more, slowly and obviously: sets of users by hour, zoneinfo's own clocks, one row at a time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Row = dict[str, Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class SlowHours:
    """Counts by hour as known at the end of any local day."""

    def __init__(self, raw: dict[str, list[Row]], zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.readings = None
        if "hourly_users" in raw:
            self.readings = {row["hour"]: int(row["users"] * 1000 + 0.5) for row in raw["hourly_users"]}
            self.first, self.end = min(self.readings), max(self.readings) + HOUR
            self.last_day = self.local(self.end - HOUR).date()
            return
        self.sessions = []
        for row in raw["events"]:
            seconds = int((row["total_watch_time"] or 0) * 60 + 0.5)
            end = row["login_time"] + timedelta(seconds=seconds)
            self.sessions.append(
                (row["user_id"], row["login_time"], max(end, row["login_time"]), self.local(end).date())
            )
        self.first = floor(min(begin for _, begin, _, _ in self.sessions))
        self.end = max(end for _, _, end, _ in self.sessions)
        self.last_day = self.local(floor(self.end)).date()
        self.by_hour: dict[datetime, list[tuple[str, date]]] = {}
        for user, begin, end, known in self.sessions:
            hour = floor(begin)
            while hour == floor(begin) or hour < end:
                self.by_hour.setdefault(hour, []).append((user, known))
                hour += HOUR

    def local(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone(self.zone)

    def count(self, hour: datetime, known_by: date | None) -> int | None:
        """Thousandths of users, as known at the end of a local day; in the end where that is None."""
        if self.readings is not None:
            return self.readings.get(hour)
        if not self.first <= hour <= floor(self.end):
            return None
        return 1000 * len({user for user, known in self.by_hour.get(hour, []) if known_by is None or known <= known_by})

    def final(self, hour: datetime) -> int | None:
        if self.readings is None and hour + 25 * HOUR > self.end + timedelta(seconds=1):
            return None
        return self.count(hour, None)

    def known_on(self, hour: datetime) -> date:
        longest = timedelta() if self.readings is not None else DAY
        return self.local(hour + HOUR + longest - timedelta(seconds=1)).date()

    def hours_of(self, day: date) -> list[datetime]:
        """The UTC hours that begin in a local day."""
        noon = datetime(day.year, day.month, day.day) - 14 * HOUR
        return [hour for step in range(54) if self.local(hour := noon + step * HOUR).date() == day]

    def settled(self, day: date) -> list[tuple[int, int | None]]:
        """(clock, count as known a day later) of each hour of a local day."""
        return [(self.local(hour).hour, self.count(hour, day + DAY)) for hour in self.hours_of(day)]

    def known(self, day: date) -> list[tuple[int, int | None]]:
        return [(self.local(hour).hour, self.count(hour, day)) for hour in self.hours_of(day)]


def floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def mean(values: Iterable[int | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / (1000 * len(there)) if there else None


def whole_mean(values: Iterable[int | None]) -> int | None:
    there = [value for value in values if value is not None]
    return sum(there) // len(there) if there else None


class SlowRows:
    """Every row, from counts looked up one by one."""

    def __init__(self, raw: dict[str, list[Row]], settings: Any) -> None:
        self.hours = SlowHours(raw, settings.timezone)
        self.settings = settings
        self.begin = self.hours.local(self.hours.first).date()
        days = (self.hours.last_day - self.begin).days + 12
        self.days = [self.begin + step * DAY for step in range(days)]
        self.settled = {day: self.hours.settled(day) for day in self.days}
        self.known = {day: self.hours.known(day) for day in self.days}
        self.usual_of = {(day, clock): self.usual(day, clock) for day in self.days for clock in range(24)}

    def at(self, table: dict[date, list[tuple[int, int | None]]], day: date, clock: int) -> int | None:
        return whole_mean(count for struck, count in table.get(day, []) if struck == clock)

    def usual(self, day: date, clock: int) -> int | None:
        return whole_mean(self.at(self.settled, day - week * 7 * DAY, clock) for week in range(1, 5))

    def rows(self) -> dict[tuple[date, datetime], Row]:
        found = {}
        for as_of in self.days:
            if as_of < self.begin + self.settings.min_history_days * DAY or as_of > self.hours.last_day:
                continue
            ahead = self.hours.hours_of(as_of + DAY)
            ahead += self.hours.hours_of(as_of + 2 * DAY)[: max(0, 24 - len(ahead))]
            of_day = self.of_day(as_of)
            if of_day["seasonal_error"] is None:
                continue
            for step, hour in enumerate(ahead, 1):
                row = {"hours_ahead": step, **of_day, **self.of_hour(hour)}
                if self.hours.local(hour).date() != as_of + DAY:
                    row |= dict.fromkeys(("days_ago_1", "days_ago_2", "hour_of_day_mean", "usual_sunday"))
                found[as_of, hour] = row
        return found

    def of_hour(self, hour: datetime) -> Row:
        local = self.hours.local(hour)
        day, clock = local.date(), local.hour
        listed = holidays.country_holidays(self.settings.holidays) if self.settings.holidays else {}
        before = [self.begin + step * DAY for step in range((day - self.begin).days)]
        sunday = next(day - back * DAY for back in range(2, 9) if (day - back * DAY).isoweekday() == 7)
        label = self.hours.final(hour)
        row = {
            "hour_of_day": clock,
            "day_of_week": day.isoweekday(),
            "hour_of_week": day.weekday() * 24 + clock,
            "weekend": int(day.isoweekday() > 5),
            "day_of_year": day.timetuple().tm_yday,
            "holiday": int(day in listed),
            "holiday_before": int(day - DAY in listed),
            "holiday_after": int(day + DAY in listed),
            "hour_of_week_mean": mean(
                self.at(self.settled, past, clock) for past in before if past.weekday() == day.weekday()
            ),
            "hour_of_day_mean": mean(self.at(self.settled, day - back * DAY, clock) for back in range(2, 30)),
            "label": None if label is None else label / 1000,
            "label_known_at": self.hours.known_on(hour),
        }
        counts = {f"weeks_ago_{week}": self.at(self.settled, day - 7 * week * DAY, clock) for week in range(1, 5)}
        counts |= {f"days_ago_{back}": self.at(self.settled, day - back * DAY, clock) for back in range(2, 7)}
        counts |= {
            "days_ago_1": self.at(self.known, day - DAY, clock),
            "usual": self.usual_of.get((day, clock)),
            "usual_day_ago": self.usual_of.get((day - DAY, clock)),
            "usual_week_ago": self.usual_of.get((day - 7 * DAY, clock)),
            "usual_sunday": self.usual_of.get((sunday + 7 * DAY, clock)),
        }
        return row | {name: None if count is None else count / 1000 for name, count in counts.items()}

    def of_day(self, as_of: date) -> Row:
        def window(days: int, skip: int = 0) -> list[int | None]:
            past = [as_of - back * DAY for back in range(skip, days)]
            return [count for day in past for _, count in (self.known if day == as_of else self.settled).get(day, [])]

        def level(days: int, from_clock: int = 0) -> float | None:
            above = below = 0
            for back in range(days):
                day = as_of - back * DAY
                table = self.settled if back else self.known
                for clock in range(from_clock, 24):
                    count, usual = self.at(table, day, clock), self.usual_of.get((day, clock))
                    if count is not None and usual is not None:
                        above, below = above + count, below + usual
            return above / below if below else None

        week, week_before = mean(window(7)), mean(window(14, 7))
        last = {f"last_hour_{back}": self.at(self.known, as_of, 24 - back) for back in (1, 2, 3)}
        return {
            **{name: None if count is None else count / 1000 for name, count in last.items()},
            **{f"level_{hours}h": level(1, 24 - hours) for hours in (1, 3, 6)},
            **{f"level_{days}d": level(days) for days in (1, 2, 3, 7, 14, 28)},
            **{f"mean_{days}d": mean(window(days)) for days in (1, 7, 28)},
            "mean_all": mean(window((as_of - self.begin).days + 1)),
            "week_over_week": week / week_before if week is not None and week_before else None,
            "seasonal_error": self.seasonal_error(as_of),
        }

    def seasonal_error(self, as_of: date) -> float | None:
        errors: list[int | None] = []
        for day in self.days:
            if day < as_of:
                for hour in self.hours.hours_of(day):
                    now = self.hours.count(hour, day + DAY)
                    earlier = self.hours.local(hour - DAY).date()
                    before = self.hours.count(hour - DAY, earlier + DAY)
                    errors.append(None if now is None or before is None else abs(now - before))
        return mean(errors)
