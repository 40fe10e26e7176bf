"""Telephone numbers, mail addresses and individual numbers (マイナンバー), by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.personal.found import Found

_MAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64} ?(?:@|[(\[](?:at|@|アット)[)\]]|アットマーク) ?\w[\w-]*"
    r"(?: ?(?:\.|[(\[](?:dot|\.|ドット)[)\]]) ?\w[\w-]*)+",
    re.ASCII | re.IGNORECASE,
)
_PHONE = re.compile(
    r"""(?<![\d.-])(?:
        \+81[-ー. ]?\(?0?\)?[-ー. ]?\d{1,4}[-ー. ]?\d{1,4}[-ー. ]?\d{3,4}
      | \(0\d{1,4}\)[-ー. ]?\d{1,4}[-ー. ]?\d{3,4}
      | 0\d{1,4}\(\d{1,4}\)\d{3,4}
      | 0\d{1,4}[-ー. ]\d{1,4}[-ー. ]\d{3,4}
      | 0\d{1,3}[-ー ]\d{6,8}
      | 0\d{9,10}
    )(?![\d-])""",
    re.VERBOSE,
)
_EXTENSION = re.compile(r"内線(?:番号)?[はが:]? ?(\d{2,5})(?!\d)")
_LOCAL = re.compile(
    r"(?:電話|携帯|TEL|ＴＥＬ|FAX)(?:番号)?[はが:.]? ?(\d{1,4}-\d{4})(?![\d-])", re.IGNORECASE
)
_TWELVE = re.compile(r"(?<![\d-])\d{4}([-ー ]?)\d{4}\1\d{4}(?![\d-])")
_INDIVIDUAL = re.compile(r"(?:マイナンバー|個人番号)[^\d。]{0,8}$")
_OTHER_NUMBER = re.compile(r"(?:管理|橋梁|施設|図面|登録|法人|契約|工事|整理|受付)番号[はが:]? ?$")


def mails(text: str) -> Iterator[Found]:
    """Addresses with @, or with what people write for it."""
    for match in _MAIL.finditer(text):
        yield Found(match.start(), match.end(), "メール")


def phones(text: str) -> Iterator[Found]:
    """Ten or eleven digits from 0, however they are cut up; an extension or a local number where it is called one."""
    for match in _PHONE.finditer(text):
        digits = sum(letter.isdigit() for letter in match.group())
        whole = match.group().startswith("+") or digits in (10, 11)
        if whole and not _OTHER_NUMBER.search(text[max(0, match.start() - 12) : match.start()]):
            yield Found(match.start(), match.end(), "電話番号")
    for pattern in (_EXTENSION, _LOCAL):
        for match in pattern.finditer(text):
            yield Found(match.start(1), match.end(1), "電話番号")


def individual_numbers(text: str) -> Iterator[Found]:
    """Twelve digits whose last one checks the others, or that the text calls an individual number."""
    for match in _TWELVE.finditer(text):
        digits = [int(letter) for letter in match.group() if letter.isdigit()]
        if digits[-1] == check_digit(digits[:-1]) or _INDIVIDUAL.search(
            text[max(0, match.start() - 16) : match.start()]
        ):
            yield Found(match.start(), match.end(), "個人番号")


def check_digit(eleven: list[int]) -> int:
    """The twelfth digit of an individual number, as its ordinance (総務省令) has it."""
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(digit * weight for digit, weight in zip(eleven, weights, strict=True)) % 11
    return 0 if rest <= 1 else 11 - rest
