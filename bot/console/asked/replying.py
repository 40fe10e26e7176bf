"""From a question of the ledger to an approved answer (回答案): what is found, a draft of it, the record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import get_args

from bot.console.faults import FormFault
from bot.console.stock.registry import Registry
from bot.console.stock.rows import fields_of
from bot.store.database import Store
from bot.store.replies import Replies, Reply
from bot.store.schema import JST
from bot.store.unanswered import Entry, Unanswered, WorkState
from corpus.parts import Facility, Record
from rag.answer import Desk
from rag.documents import Document
from rag.errors import QuestionError
from rag.facets import recognise
from rag.settings import Settings
from rag.types import Hit
from rag.understand import understand

SHELF = "faq"
FOUND = 8  # sections to draft from
OWN = ("id", "related", "approver", "approved_on")  # fields of the record that nobody writes here
FIELDS = {name: told for name, told in fields_of(SHELF).items() if name not in OWN}
FACILITIES = get_args(Facility)
SOURCES = ("source.title", "source.url", "source.year")
CLOSED: WorkState = "対応済み"
NO_ADDRESS = "－"

Row = dict[str, str]


def found(desk: Desk, question: str) -> tuple[Hit, ...]:
    """The sections to draft from. Raises QuestionError for a question nobody can read."""
    hits = desk.search(question, 2 * FOUND)
    return tuple(hit for hit in hits if hit.document.shelf not in ("advisors", "needs"))[:FOUND]


def begun(entry: Entry, alike: Sequence[Entry]) -> Row:
    """An empty draft: the question, how others asked it, and its facilities."""
    others = dict.fromkeys(one.question for one in alike if one.question != entry.question)
    facilities = [name for name in recognise(entry.question).facilities if name in FACILITIES]
    return {"title": entry.question, "alike": "\n".join(others), "facilities": "\n".join(facilities)}


def quoting(row: Row, hits: Iterable[Hit]) -> Row:
    """The draft with the words of the sections behind what it says, and their sources behind its own."""
    hits = tuple(hits)
    answer = "\n".join([row.get("answer", ""), *(hit.chunk.text for hit in hits)]).strip()
    written = zip(*(row.get(name, "").split("\n") for name in SOURCES), strict=False)
    told = [line for line in written if line[0].strip()]
    told += [line for hit in hits for line in _sources(hit.document)]
    lines = list(zip(*dict.fromkeys(told), strict=True)) or [(), (), ()]
    return (
        row
        | {"answer": answer}
        | {name: "\n".join(cells) for name, cells in zip(SOURCES, lines, strict=True)}
    )


def approve(
    settings: Settings, store: Store, reply: Reply, row: Row, closing: Iterable[Entry], by: str
) -> Record:
    """Keep the draft, put the record on its shelf, close its questions. Raises EditConflict, FormFault.

    A draft that makes no record is kept all the same.
    """
    replies, ledger = Replies(store), Unanswered(store)
    _, kept = replies.keep(reply.number, row, by=by, version=reply.version)
    _check_readable(row, settings.max_question_chars)
    today = datetime.now(JST).date().isoformat()
    _, record = Registry(settings, SHELF).save({**row, "approver": by, "approved_on": today})
    replies.keep(reply.number, row, by=by, version=kept.version, record=record.id)
    for entry in closing:
        note = "\n".join(part for part in (entry.note, f"質問と回答 {record.id}") if part)
        ledger.work(entry.id, CLOSED, note, version=entry.version)
    return record


def _check_readable(row: Row, limit: int) -> None:
    """Raise FormFault for a wording that the desk could not read if somebody asked so."""
    for name in ("title", "alike"):
        for line in filter(None, row.get(name, "").split("\n")):
            try:
                understand(line, limit)
            except QuestionError as error:
                raise FormFault({name: f"「{line}」は質問として読めません。{error.message}"}) from error


def _sources(document: Document) -> list[tuple[str, str, str]]:
    """What a record itself rests on, else the document: title, address, year."""
    if document.sources:
        return [(one.title, one.url or NO_ADDRESS, one.year or "") for one in document.sources]
    named = f"{document.issuer or ''}「{document.label}」"
    return [(named if document.issuer else document.label, document.url or NO_ADDRESS, document.date or "")]
