"""The store taken out as parts of the users, shows and events datasets, those anew alone that have new rows.

The bytes of the parts follow from the stored rows and from nothing else: not from when, how often or in which order
rows were stored or exports made. Events lie in one part for each month (UTC) of their login_time.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from sqlalchemy import Connection, Select, func, select

from refrain.datasets import EVENTS as EVENTS_DATASET
from refrain.datasets import SHOWS as SHOWS_DATASET
from refrain.datasets import USERS as USERS_DATASET
from refrain.sessions import SEPARATOR
from sources.canonical import scan_dataset
from tasks.collected.export_parts import Parts
from tasks.collected.export_state import TABLES, Part, State, last_seq, of_this_store, read_state, witness, write_state
from tasks.collected.reading import events_between, known_user, moment, registered_shows, registered_users, seconds
from tasks.collected.store import EventStore
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

_DAY = 86_400
_STATE = "state.json"
_UNFINISHED = ".unfinished-"
_USERS = f"{USERS_DATASET.name}/{USERS_DATASET.name}.csv"
_SHOWS = f"{SHOWS_DATASET.name}/{SHOWS_DATASET.name}.csv"
_EVENTS = f"{EVENTS_DATASET.name}/"


@dataclass(frozen=True)
class ExportReport:
    """What an export found and wrote."""

    rows: Mapping[str, int]
    """Dataset -> rows that its parts hold."""
    new: int
    """Sessions that the last export did not have."""
    late: int
    """Those of the new ones that began before the last session of the last export."""
    released: int
    """Those of the new ones that the last export had to leave out: their users have registered since."""
    held: int
    """Sessions left out, because their users are not registered."""
    written: tuple[str, ...]
    """Parts that are other than before, removed ones among them."""
    received_on: date
    """The UTC day of the newest reception; or of a later moment that a row speaks of, where a clock was ahead."""


def export(store: EventStore, folder: Path) -> ExportReport:
    """Bring the parts in `folder`/{users,shows,events}/ up to date with the store as it is at one moment.

    Parts are replaced whole and at the end, users first, so that no session is without its user. An export that is
    killed leaves old parts or new ones, and the next one mends what is left. Memory grows with the users, and with the
    sessions of a day. Raises EventStoreError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for unfinished in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(unfinished)
    with TemporaryDirectory(dir=folder, prefix=_UNFINISHED) as scratch, store.snapshot() as connection:
        before = read_state(folder / _STATE)
        if not of_this_store(connection, before):
            before = State()
        parts = Parts(folder, Path(scratch), before.parts)
        after = _export(connection, before, parts)
        report = _report(connection, before, after, parts.changed)
        parts.install()
        write_state(folder / _STATE, after)
    return report


def _export(connection: Connection, before: State, parts: Parts) -> State:
    seen = {table.name: last_seq(connection, table) for table in TABLES}
    grown = {name for name, seq in seen.items() if seq != before.seen.get(name, 0)}
    if not parts.keeps(_USERS) or grown & {USERS.name, CANCELLATIONS.name}:
        parts.write(_USERS, [registered_users(connection)])
    spoilt = {_month_of(name) for name in before.parts if name.startswith(_EVENTS) and not parts.keeps(name)}
    months = sorted(_touched_months(connection, before, grown) | spoilt)
    for month in months:
        parts.write(_part_of(month), _days(connection, month))
    if seen[SHOWS.name] == 0:
        if months or not parts.keeps(_SHOWS):
            parts.write(_SHOWS, [_shows_watched(parts)])
    elif SHOWS.name in grown or not parts.keeps(_SHOWS):
        parts.write(_SHOWS, [registered_shows(connection)])
    return State(
        seen=seen,
        witnesses={
            table.name: found for table in TABLES if (found := witness(connection, table, seen[table.name])) is not None
        },
        newest=max(before.newest, _newest(connection, before)),
        last_login=connection.execute(select(func.max(EVENTS.c.login_time)).where(known_user())).scalar(),
        held=_count(connection, select(func.count()).select_from(EVENTS)) - _sessions(parts.kept),
        parts=dict(parts.kept),
    )


def _touched_months(connection: Connection, before: State, grown: set[str]) -> set[date]:
    """The months with sessions that the last export did not have: new ones, and held ones whose users came since."""
    new = EVENTS.c.seq > before.after(EVENTS)
    found = _months(connection, select((EVENTS.c.login_time // _DAY).distinct()).where(new, known_user()))
    if before.held and USERS.name in grown:
        registered_since = select(USERS.c.user_id).where(USERS.c.seq > before.after(USERS))
        held = select((EVENTS.c.login_time // _DAY).distinct()).where(~new, EVENTS.c.user_id.in_(registered_since))
        found |= _months(connection, held)
    return found


def _months(connection: Connection, days: Select[tuple[int]]) -> set[date]:
    return {moment(int(day) * _DAY).date().replace(day=1) for day in connection.execute(days).scalars()}


def _days(connection: Connection, month: date) -> Iterator[pl.DataFrame]:
    """The sessions of a month, day after day."""
    start = seconds(datetime(month.year, month.month, 1))
    end = seconds((datetime(month.year, month.month, 1) + timedelta(days=31)).replace(day=1))
    for day in range(start, end, _DAY):
        yield events_between(connection, day, day + _DAY)


def _part_of(month: date) -> str:
    return f"{_EVENTS}{month:%Y-%m}.csv"


def _month_of(name: str) -> date:
    return date.fromisoformat(f"{Path(name).stem}-01")


def _shows_watched(parts: Parts) -> pl.DataFrame:
    """Where nobody registered a show: those that sessions name, their ids for titles."""
    paths = [parts.path(name) for name in sorted(parts.kept) if name.startswith(_EVENTS)]
    shows = pl.concat(_show_ids(paths)) if paths else pl.DataFrame({"show_id": []}, schema={"show_id": pl.String})
    nothing = [pl.lit(None).alias(column.name) for column in SHOWS_DATASET.columns if not column.required]
    named = shows.unique().sort("show_id").with_columns(nothing, title=pl.col("show_id"))
    return named.select(column.name for column in SHOWS_DATASET.columns)


def _show_ids(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    for path in paths:
        lists = scan_dataset(EVENTS_DATASET, path).select(show_id=pl.col("content_watched").str.split(SEPARATOR))
        yield lists.explode("show_id").drop_nulls().unique().collect(engine="streaming")


def _newest(connection: Connection, before: State) -> int:
    """The newest reception among the rows that the last export had not seen, or what they say themselves is newer."""
    moments = {
        USERS: (USERS.c.registered_at,),
        CANCELLATIONS: (CANCELLATIONS.c.cancelled_at,),
        SHOWS: (),
        EVENTS: (EVENTS.c.login_time + EVENTS.c.total_watch_time * 60,),
    }
    found: list[float] = []
    for table, said in moments.items():
        newest = select(func.max(table.c.received_at), *map(func.max, said)).where(table.c.seq > before.after(table))
        found += [value for value in connection.execute(newest).one() if value is not None]
    return int(max(found, default=0))


def _report(connection: Connection, before: State, after: State, changed: tuple[str, ...]) -> ExportReport:
    new = _sessions(after.parts) - _sessions(before.parts)
    fresh = select(func.count()).select_from(EVENTS).where(EVENTS.c.seq > before.after(EVENTS), known_user())
    late = None if before.last_login is None else fresh.where(EVENTS.c.login_time < before.last_login)
    return ExportReport(
        rows={
            dataset.name: sum(part.rows for name, part in after.parts.items() if name.startswith(f"{dataset.name}/"))
            for dataset in (USERS_DATASET, SHOWS_DATASET, EVENTS_DATASET)
        },
        new=new,
        late=0 if late is None else _count(connection, late),
        released=new - _count(connection, fresh),
        held=after.held,
        written=changed,
        received_on=moment(after.newest).date(),
    )


def _count(connection: Connection, statement: Select[tuple[int]]) -> int:
    return int(connection.execute(statement).scalar_one())


def _sessions(parts: Mapping[str, Part]) -> int:
    return sum(part.rows for name, part in parts.items() if name.startswith(_EVENTS))
