"""One place in a text that holds personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["電話番号", "メール", "個人番号", "郵便番号", "住所", "氏名"]


@dataclass(frozen=True)
class Found:
    """``text[start:end]`` is of this kind."""

    start: int
    end: int
    kind: Kind
