"""A list -> what it would put on a shelf: nothing is written before a person has seen it.

::

    file ─read_tables→ Table* ─match→ Mapping ─record_of→ Record* ─checked with all others→ Plan ─write→ YAML
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from corpus.faults import Fault, faults
from corpus.parts import Record, Source
from ingest.library import limits_of
from ingest.lists import files
from ingest.lists.columns import SHELVES, Mapping, Wish, label, match
from ingest.lists.rows import KEYS, Given, RowPlace, address, cells_by_field, record_of
from ingest.lists.shelf import Faults, Rows, Shelf, State, same_as
from ingest.readers import parent
from ingest.readers.rows import Table
from rag.errors import LibraryError
from rag.fold import squeeze
from rag.settings import Settings

DERIVED = {"id", "confidence", "prefecture", "sample", "sources"}  # may come from elsewhere than a column


@dataclass(frozen=True)
class Request:
    """What a person asks: which file, for which shelf, and what is said besides the file."""

    path: Path
    shelf: str
    wishes: tuple[Wish, ...] = ()
    given: Given = field(default_factory=Given)


@dataclass(frozen=True)
class Matched:
    """A table that is a list, and how its columns were understood."""

    table: Table
    mapping: Mapping


@dataclass(frozen=True)
class Planned:
    """A row that is a record. ``state``: new on the shelf, another content for a known one, or the same."""

    place: RowPlace
    record: Record
    state: State


@dataclass(frozen=True)
class Plan:
    """``others`` are tables that are no list for this shelf, ``notes`` rows that are no record,

    ``removed`` counts what Excel hides by reason.
    """

    request: Request
    lists: tuple[Matched, ...]
    others: tuple[str, ...]
    rows: tuple[Planned, ...]
    notes: tuple[str, ...]
    removed: dict[str, int]
    faults: tuple[tuple[RowPlace, Fault], ...]

    @property
    def failed(self) -> int:
        """How many rows do not go in."""
        return len({id(place) for place, _ in self.faults})


def plan(request: Request, settings: Settings) -> Plan:
    """Read a list and check every row of it, with all records there are.

    Raises UnreadableFile, LibraryError (no list for this shelf, a column or field that is not there) and
    RecordError (the shelves are wrong as they are).
    """
    read = parent.read_tables(request.path, limits_of(settings))
    lists = [Matched(table, match(table.header, request.shelf, request.wishes)) for table in read.tables]
    fitting = tuple(matched for matched in lists if _is_list(request.shelf, matched.mapping))
    _refuse_unfit(request, read.tables, fitting)
    made, told = _records(request, fitting)
    shelf = Shelf.of(settings, request.shelf)
    good, between = shelf.check(made)
    return Plan(
        request,
        fitting,
        others=tuple("、".join(m.table.header) for m in lists if m.table.header and m not in fitting),
        rows=tuple(Planned(place, record, shelf.state(record)) for place, record in good),
        notes=tuple(_notes(fitting)),
        removed=dict(Counter(part.why for part in read.removed)),
        faults=tuple(sorted((*told, *between), key=lambda found: found[0].number)),
    )


def write(planned: Plan, settings: Settings) -> None:
    """Put the good rows of a plan on the shelf."""
    records = [row.record for row in planned.rows if row.state != "known"]
    files.write(settings.shelves, planned.request.shelf, records)


def source_of(title: str | None, url: str | None, year: str | None) -> dict[str, str | None] | None:
    """A source that holds for all rows. Raises LibraryError where it cannot be one."""
    if not (title or url or year):
        return None
    source = {"title": title, "url": url, "year": year}
    try:
        Source.model_validate(source)
    except ValidationError as error:
        fault = faults(error)[0]
        value = f"「{fault.value}」" if fault.kind != "string_type" else " "
        reason = "書かれていません" if fault.kind == "string_type" else fault.reason
        raise LibraryError(f"--source-{fault.loc[0]}{value}は使えません: {reason}。") from error
    return source


def _is_list(shelf: str, mapping: Mapping) -> bool:
    """A table is a list where it tells what a record is known by, and something of it."""
    return any(key in mapping.columns for key in KEYS[shelf][1]) and len(mapping.columns) > 1


def _refuse_unfit(request: Request, tables: Sequence[Table], fitting: Sequence[Matched]) -> None:
    shelf, name = request.shelf, request.path.name
    headers = {squeeze(column) for table in tables for column in table.header}
    for wish in request.wishes:
        if squeeze(wish.column) not in headers:
            raise LibraryError(f"--map の列「{wish.column}」は {name} にありません。{_columns(tables)}")
    if not fitting:
        known = "、".join(label(shelf, field) for field in KEYS[shelf][1])
        raise LibraryError(
            f"{name} に、この棚の一覧が見つかりません（{known} などの列名で探しました）。"
            f"--map 列名=項目 で、どの列がどの項目かを書いてください。{_columns(tables)}"
        )
    for matched in fitting:
        lacking = [field for field in _required(shelf) if field not in matched.mapping.columns]
        lacking = [field for field in lacking if field not in request.given.values]
        if lacking:
            told = "、".join(label(shelf, field) for field in lacking)
            raise LibraryError(
                f"{name}{_told(matched.table)} には、必ず要る項目の列がありません: {told}。"
                f"--map 列名={lacking[0]} で列を決めるか、すべての行に同じ値なら --set {lacking[0]}=値 を付けてください。"
                f"{_columns([matched.table])}"
            )


def left_blank(shelf: str, mapping: Mapping) -> list[str]:
    """Fields of a record that no column is read for, but for those that are made."""
    made = {"id", "related", "sources", "sample"}
    return [name for name in SHELVES[shelf].model_fields if name not in mapping.columns and name not in made]


def _required(shelf: str) -> list[str]:
    return [
        name
        for name, info in SHELVES[shelf].model_fields.items()
        if info.is_required() and name not in DERIVED and type(None) not in get_args(info.annotation)
    ]


def _columns(tables: Sequence[Table]) -> str:
    headers = dict.fromkeys(name for table in tables for name in table.header if name)
    return f"見つかった列: {'、'.join(headers)}。" if headers else "列名の行が見つかりませんでした。"


def _records(request: Request, lists: Sequence[Matched]) -> tuple[Rows, Faults]:
    made: list[tuple[RowPlace, Record]] = []
    told: list[tuple[RowPlace, Fault]] = []
    seen: dict[str, RowPlace] = {}
    for place in _places(request, lists):
        record = record_of(request.shelf, place, request.given)
        if isinstance(record, tuple):
            told += [(place, fault) for fault in record]
        elif (twin := seen.setdefault(record.id, place)) is not place:
            told.append((place, same_as(twin.name, request.shelf)))
        else:
            made.append((place, record))
    return made, told


def _places(request: Request, lists: Sequence[Matched]) -> Iterator[RowPlace]:
    """The rows that are entries, in the order of the file."""
    rows = ((matched, row) for matched in lists for row in matched.table.body)
    for number, (matched, row) in enumerate(rows):
        table = matched.table
        cells = cells_by_field(matched.mapping, table.columns(row))
        if any(cell.text for found in cells.values() for cell in found) and not table.is_note(row):
            yield RowPlace(request.path.name, table.sheet, max(cell.row for cell in row), cells, number)


def _notes(lists: Sequence[Matched]) -> Iterator[str]:
    for matched in lists:
        for row in matched.table.body:
            if matched.table.is_note(row):
                cell = next(cell for cell in row if cell.text)
                yield f"{address(cell)}「{cell.text[:40]}」"


def _told(table: Table) -> str:
    return f"「{table.sheet}」" if table.sheet else ""
