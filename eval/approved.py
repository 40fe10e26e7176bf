"""What was approved stays answered: every question of the home's 質問と回答, and each of its other wordings, is asked.

They are part of the golden set of whoever runs the desk, and with ``--approved`` of any other: derived from the
records, so that neither can be there without the other.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from corpus import shelves
from corpus.records import Faq
from eval.cases import ANYWHERE, Case, Section
from rag.errors import RecordError
from rag.sentences import split_sentences
from rag.settings import Settings

GOLDEN = Path("golden")
SLICE = "approved"


def approved(settings: Settings) -> tuple[Case, ...]:
    """The questions whose approved answers hold today. Raises RecordError where a record of the home is wrong."""
    try:
        records = shelves.load(shelves.ROOT, settings.shelves).faq
    except shelves.ShelfError as error:
        raise RecordError(str(error)) from error
    today = date.today().isoformat()
    holding = (record for record in records if record.valid_until is None or record.valid_until >= today)
    return tuple(case for record in holding for case in cases_of(record))


def cases_of(record: Faq) -> tuple[Case, ...]:
    """One for each wording; a right answer says the first sentence of the approved one."""
    first = split_sentences(record.answer)[0].text
    return tuple(
        Case(
            id=f"{record.id}-{number}",
            turns=(asked,),
            slice=SLICE,
            answerable=True,
            expect="answered",
            gold=(Section(record.id, ANYWHERE),),
            must_include=((first,),),
            must_not_include=(),
            paraphrase_of=f"{record.id}-1" if number > 1 else None,
            half=None,
            source="corpus",
        )
        for number, asked in enumerate((record.title, *record.alike), start=1)
    )
