"""Is this Japanese? A wrong character map gives fluent-looking kanji that nobody wrote."""

from __future__ import annotations

import re

from rag.tokens import known_share

_LETTER = re.compile(r"\S")
_BROKEN = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]|[\x00-\x08\x0e-\x1f]")
_FOREIGN = re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u0590-\u08ff\u0900-\u0e7f]")
_KANJI = re.compile(r"[㐀-鿿]")
SAMPLE = 2000  # letters looked at: enough to tell, quick on a full page


def plausibility(text: str) -> float:
    """0 (garbled) to 1 (Japanese or plain Latin): known words, less broken and foreign letters.

    Text with too few letters to tell counts as good.
    """
    sample = text[:SAMPLE]
    letters = len(_LETTER.findall(sample))
    if letters == 0:
        return 0.0
    broken = sum(len(run) for run in _BROKEN.findall(sample)) + len(_FOREIGN.findall(sample))
    rare = sum(1 for kanji in _KANJI.findall(sample) if _is_rare(kanji))
    good = 1.0 - min(1.0, (broken + rare) / letters)
    return good * (known_share(sample) if letters >= 10 else 1.0)


def _is_rare(kanji: str) -> bool:
    """Outside JIS level 1: in running Japanese text hardly one kanji in twenty is."""
    try:
        code = kanji.encode("cp932")
    except UnicodeEncodeError:
        return True
    return code >= b"\x98\x9f"
