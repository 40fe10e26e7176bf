"""What the first page says of a document: its edition (版) and its date (発行日)."""

from __future__ import annotations

import re

from ingest.types import Reading
from rag.fold import fold

LINES = 40  # of the first page; below it a date belongs to the text
_DATE = re.compile(
    r"(?:令和|平成|昭和)\s?(?:[0-9]{1,2}|元)\s?年(?:\s?[0-9]{1,2}\s?月(?:\s?[0-9]{1,2}\s?日)?|度)?"
    r"|(?:19|20)[0-9]{2}\s?年(?:\s?[0-9]{1,2}\s?月(?:\s?[0-9]{1,2}\s?日)?|度)?"
)
_EDITION = re.compile(
    r"(?:第\s?[0-9]{1,2}\s?版|ver\.?\s?[0-9]+(?:\.[0-9]+)*|改訂(?:第\s?[0-9]+\s?)?版|初版|\((?:案|素案)\))",
    re.I,
)


def from_cover(reading: Reading) -> dict[str, str]:
    """``edition`` and ``date`` as the cover words them, where it has them on lines of their own."""
    if not reading.pages:
        return {}
    found: dict[str, str] = {}
    for line in reading.pages[0].text.split("\n")[:LINES]:
        text = fold(line).strip(" ()#")
        date = _DATE.search(text)
        if date and "date" not in found and len(text) <= len(date.group()) + 12 and "。" not in text:
            found["date"] = re.sub(r"\s", "", date.group())
        edition = _EDITION.search(line)
        if edition and "edition" not in found and len(text) <= 60:
            found["edition"] = re.sub(r"\s+", " ", edition.group().strip("()"))
    return found
