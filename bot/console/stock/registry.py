"""The records of the home as the console changes them (記録): through the same checks as a list that is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.console.faults import FormFault
from bot.console.stock.editing import editing, fingerprint
from bot.console.stock.rows import field_of, place_of, read_row, row_of
from corpus import shelves
from corpus.parts import Record
from ingest.lists import files
from ingest.lists.columns import SHELVES
from ingest.lists.shelf import Shelf
from rag.documents import SHELF_NAMES
from rag.errors import EditConflict, NotFound, RecordError
from rag.settings import Settings

NAMES: dict[str, str] = {name: str(told) for name, told in SHELF_NAMES.items() if name in SHELVES}
NAMES.pop("glossary")  # has a page of its own


@dataclass(frozen=True)
class Kept:
    """A record on a shelf. ``own``: of the home, so that it may be changed here."""

    record: Record
    own: bool


class Registry:
    """One shelf. Raises NotFound for a shelf that there is not."""

    def __init__(self, settings: Settings, shelf: str) -> None:
        if shelf not in NAMES:
            raise NotFound("この棚はありません。記録の画面から選んでください。")
        self.shelf = shelf
        self._settings = settings

    def all(self) -> tuple[Kept, ...]:
        """Those of the home first. Raises RecordError where the shelves are wrong as they are."""
        own = set(files.ids(self._settings.shelves, self.shelf))
        kept = [Kept(record, record.id in own) for record in getattr(_loaded(self._settings), self.shelf)]
        return tuple(sorted(kept, key=lambda one: not one.own))

    def get(self, record_id: str) -> Kept:
        """Raises NotFound."""
        for kept in self.all():
            if kept.record.id == record_id:
                return kept
        raise NotFound("この記録はありません。一覧から選んでください。")

    def save(self, row: Mapping[str, str], *, version: str = "") -> tuple[Record | None, Record]:
        """Write one record; as it was (``None``: new), and as it is. Raises EditConflict, FormFault."""
        with editing(self._settings):
            was = self._seen(row.get("id", ""), version) if version else None
            record = read_row(self.shelf, {name: text for name, text in row.items() if text})
            if isinstance(record, tuple):
                raise FormFault(
                    {field_of(fault): told(fault.reason, fault.kind) for fault in reversed(record)}
                )
            standing = Shelf.of(self._settings, self.shelf)
            if was is None and any(one.id == record.id for one in standing.records):
                raise FormFault({"title": "同じ記録がもうあります。一覧から探して、それを直してください。"})
            place = place_of(row)
            _, wrong = standing.check([(place, record)])
            if wrong:
                raise FormFault(
                    {field_of(fault): f"{fault.value or ''} {fault.reason}。".strip() for _, fault in wrong}
                )
            files.write(self._settings.shelves, self.shelf, [record])
            return was, record

    def _seen(self, record_id: str, version: str) -> Record:
        record = self.get(record_id).record
        if version_of(self.shelf, record) != version:
            raise EditConflict(
                f"「{record.title}」は、あなたが開いたあとに、ほかの人が変えています。何も書き換えていません。"
                "あなたが書いた内容は下に残してあります。いまの内容を確かめて、もう一度保存してください。"
            )
        return record


def counts(settings: Settings) -> dict[str, tuple[int, int]]:
    """Shelf -> how many records stand on it, and how many of them are of the home."""
    loaded = _loaded(settings)
    return {name: (len(getattr(loaded, name)), len(files.ids(settings.shelves, name))) for name in NAMES}


def _loaded(settings: Settings) -> shelves.Shelves:
    try:
        return shelves.load(shelves.ROOT, settings.shelves)
    except shelves.ShelfError as error:
        raise RecordError(f"棚の記録に誤りがあります。直してから開き直してください。\n{error}") from error


def version_of(shelf: str, record: Record) -> str:
    """Another one after every change."""
    return fingerprint(row_of(shelf, record))


def told(reason: str, kind: str) -> str:
    """A fault at its field; what only a file could do otherwise is said for a form."""
    words = {
        "missing": "空です。この項目は必ず書きます",
        "too_short": "空です。この項目は必ず書きます",
        "bool_parsing": "○ か × で書きます",
    }
    return f"{words.get(kind, reason)}。"
