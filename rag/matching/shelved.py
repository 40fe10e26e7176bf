"""A case or a need on the shelves, asked as if someone had typed it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from difflib import get_close_matches

from corpus.records import Case, Need
from rag.errors import NeedError
from rag.matching.profiles import stages_of, told_need
from rag.matching.reading import LONGEST, Given
from rag.places import lookup

_ID = re.compile(r"(?:case|need|tech)-[a-z0-9-]+")


def refuse_unknown(text: str, known: Iterable[str]) -> None:
    """Raise NeedError for an id that is on no shelf; any other text is a text."""
    if not _ID.fullmatch(text.strip()):
        return
    near = get_close_matches(text.strip(), list(known), n=3)
    hint = f"近い id は {'、'.join(near)} です。" if near else ""
    raise NeedError(
        f"「{text.strip()}」という記録は棚にありません。{hint}id を確かめるか、文で書いてください。"
    )


def asked(record: Case | Need, given: Given) -> tuple[str, Given]:
    """Its text and its fields; what is given besides wins."""
    if isinstance(record, Need):
        text, stage = told_need(record), record.stage
    else:
        text = "".join(part for part in (record.need, record.technology) if part)
        stage = next(iter(stages_of(record.stage)), None)
    own = Given(facility="、".join(record.facilities), stage=stage, municipality=_place(record))
    told = {field.name: getattr(given, field.name) for field in fields(Given)}
    return text[:LONGEST], replace(own, **{name: value for name, value in told.items() if value})


def _place(record: Case | Need) -> str | None:
    """The municipality, or the prefecture where it is none of ours (several towns, サンプル町)."""
    for name in (f"{record.prefecture}{record.municipality}", record.prefecture):
        if len(lookup(name)) == 1:
            return name
    return None
