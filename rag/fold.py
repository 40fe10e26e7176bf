"""One writing for search and comparison; what is stored and quoted stays exact to the letter."""

from __future__ import annotations

import re
import unicodedata

_JAPANESE = r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff、。，．・「」（）()]"
_SPACE_BESIDE_JAPANESE = re.compile(rf"(?<={_JAPANESE})\s+|\s+(?={_JAPANESE})")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-") | {"〜": "~", "ヵ": "ヶ"})
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def strip_invisible(text: str) -> str:
    """Drop what has no shape: controls, lone surrogates, zero-width, bidirectional and tag marks."""
    return _INVISIBLE.sub("", _SURROGATES.sub("", _CONTROLS.sub("", text)))


def fold(text: str) -> str:
    """NFKC, lower case, one kind of dash and of small ヶ, no blanks beside Japanese letters (平成 28 年 = 平成28年)."""
    text = unicodedata.normalize("NFKC", strip_invisible(text)).lower().translate(_DASHES)
    return _SPACE_BESIDE_JAPANESE.sub("", text).strip()


def squeeze(text: str) -> str:
    """``fold`` without any blank at all: for asking whether one text occurs in another."""
    return re.sub(r"\s+", "", fold(text))
