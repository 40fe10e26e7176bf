"""Masks personal data before a text is stored (個人情報を伏せる).

Telephone numbers, mail addresses, individual numbers, postal codes, the street part of addresses and names of persons
become 〔電話番号〕 and so on. Municipalities, offices, amounts, dates and numbers of laws stay. What stands here is a net,
not a wall: ``python -m eval.masking`` says how much it catches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from bot.personal.addresses import postal_codes, streets
from bot.personal.found import Found
from bot.personal.names import names
from bot.personal.numbers import individual_numbers, mails, phones

# one letter for one letter, so that places stay the same
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME_WIDTH = _FULL_WIDTH | str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | {"　": " ", "\t": " "})
_GONE = "〕"  # stands for what is masked, letter for letter
_SEARCHES = (mails, individual_numbers, postal_codes, phones, streets, names)  # what comes first, wins


def mask(text: str) -> str:
    """The text with every find replaced by its kind. What was masked before stays as it is."""
    place, made = 0, []
    for found in find(text):
        made += [text[place : found.start], f"〔{found.kind}〕"]
        place = found.end
    return "".join([*made, text[place:]])


def find(text: str) -> tuple[Found, ...]:
    """Where personal data stand, in order; no two overlap."""
    taken: list[Found] = []
    left = text.translate(_SAME_WIDTH)
    while fresh := _apart(_all(left), taken):  # what stood beside a find may be one by itself
        taken += fresh
        for found in fresh:
            left = left[: found.start] + _GONE * (found.end - found.start) + left[found.end :]
    return tuple(sorted(taken, key=lambda found: found.start))


def _apart(found: Iterable[Found], taken: Sequence[Found]) -> list[Found]:
    """Those that overlap neither each other nor what is taken; what comes first, wins."""
    fresh: list[Found] = []
    for one in found:
        if all(one.end <= other.start or other.end <= one.start for other in (*taken, *fresh)):
            fresh.append(one)
    return fresh


def _all(text: str) -> Iterator[Found]:
    return chain.from_iterable(search(text) for search in _SEARCHES)
