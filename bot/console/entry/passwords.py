"""Passwords: kept as argon2id, checked in the same time whether the name is known or not."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bot.console.faults import FormFault

SHORTEST, LONGEST = 12, 200

_hasher = PasswordHasher()


def check_new(name: str, password: str) -> None:
    """Raise FormFault for one that is guessed too easily."""
    if len(password) < SHORTEST:
        raise FormFault({"password": f"パスワードは{SHORTEST}文字以上にしてください。"})
    if len(password) > LONGEST:
        raise FormFault({"password": f"パスワードは{LONGEST}文字以内にしてください。"})
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise FormFault(
            {"password": "名前を含むものや、同じ文字の繰り返しは使えません。別のパスワードにしてください。"}
        )


def hashed(password: str) -> str:
    return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the one; without a kept one the same work is done for nothing."""
    try:
        return _hasher.verify(kept or _nobody(), password) and kept is not None
    except (Argon2Error, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was hashed with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return hashed("no password of anybody")
