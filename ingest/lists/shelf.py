"""The shelf that a list goes to: what stands on it already, and whether new records fit beside all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus import links, shelves
from corpus.faults import Fault
from corpus.parts import Record
from ingest.lists import files
from ingest.lists.columns import SHELVES, names
from ingest.lists.rows import KEYS, RowPlace
from rag.errors import RecordError
from rag.fold import squeeze
from rag.settings import Settings

State = Literal["added", "updated", "known"]
Rows = Sequence[tuple[RowPlace, Record]]
Faults = Sequence[tuple[RowPlace, Fault]]


@dataclass(frozen=True)
class _Standing:
    """A record that stands on a shelf already, as a place."""

    name: str


@dataclass(frozen=True)
class Shelf:
    """``records`` are those of all shelves, ``own`` the ids that may be written anew."""

    name: str
    records: tuple[Record, ...]
    own: frozenset[str]

    @classmethod
    def of(cls, settings: Settings, name: str) -> Shelf:
        """Raises RecordError where the shelves are wrong as they are."""
        try:
            records = tuple(shelves.load(shelves.ROOT, settings.shelves).records())
        except shelves.ShelfError as error:
            raise RecordError(
                f"{error}\n棚の記録に誤りがあるので、追加しませんでした。上の箇所を直してください。"
            ) from error
        return cls(name, records, frozenset(files.ids(settings.shelves, name)))

    def state(self, record: Record) -> State:
        """``known``: it stands there just so."""
        before = next((other for other in self.records if other.id == record.id), None)
        return "added" if before is None else "known" if before == record else "updated"

    def check(self, rows: Rows) -> tuple[Rows, Faults]:
        """The rows that fit, and what is wrong with the others; leaving one out may loosen links to it."""
        good = list(rows)
        told: list[tuple[RowPlace, Fault]] = []
        while True:
            wrong = {id(place): (place, fault) for place, fault in self._between(good)}
            if not wrong:
                return good, told
            told += wrong.values()
            good = [(place, record) for place, record in good if id(place) not in wrong]

    def _between(self, rows: Rows) -> Iterator[tuple[RowPlace, Fault]]:
        replaced = {record.id for _, record in rows} & self.own
        read: list[tuple[_Standing | RowPlace, Record]] = [
            (_Standing(f"棚にある「{record.title}」"), record)
            for record in self.records
            if record.id not in replaced
        ]
        yield from self._same(rows, [record for _, record in read])
        read += rows
        for place, fault in (*links.twins(read), *links.dangling(read), *links.shared_words(read)):
            if isinstance(place, RowPlace):
                yield place, fault

    def _same(self, rows: Rows, others: Sequence[Record]) -> Iterator[tuple[RowPlace, Fault]]:
        """Rows that tell of what another record tells of already under another id."""
        known = {self._key(record): record for record in others if isinstance(record, SHELVES[self.name])}
        for place, record in rows:
            twin = known.get(self._key(record))
            if twin and twin.id != record.id:
                yield place, same_as(f"棚にある「{twin.title}」（{twin.id}）", self.name)

    def _key(self, record: Record) -> tuple[str, ...]:
        return tuple(squeeze(str(getattr(record, name))) for name in KEYS[self.name][1])


def same_as(twin: str, shelf: str) -> Fault:
    """Two records of one thing."""
    key = "と".join(names(shelf)[name][0] for name in KEYS[shelf][1])
    return Fault((), f"{twin}と同じ記録です（{key}が同じです）")
