"""What an advisor's record is made of besides plain fields: levels, past supports, a period; and what it must not hold."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator, model_validator

Grade = Literal["専門", "経験", "基礎"]
Travel = Literal["県内", "対応地域", "全国", "オンラインのみ"]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
_MAIL = re.compile(r"[\w.+-]+[@＠][\w-]+(\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<!\d)(?:0|\+81[-\s]?)\d{1,4}[-‐－(（)）\s]\d{1,4}[-‐－)）\s]\d{3,4}(?!\d)|(?<!\d)0\d{9,10}(?!\d)"
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Part):
    """How well an advisor knows ``of``, one of its facilities or technologies (得意度).

    専門: the main work; 経験: has done it; 基礎: knows of it. What has no level counts as 経験.
    """

    of: _Text
    level: Grade


class Support(_Part):
    """A past support (支援実績): what was done, and the case that tells of it."""

    summary: _Text
    case: _Text | None = None
    year: _Text | None = None


class Period(_Part):
    """From month to month, both ends within (対応できる期間); an end that is open is ``None``."""

    start: str | None = None
    end: str | None = None

    @field_validator("start", "end")
    @classmethod
    def _is_a_month(cls, month: str | None) -> str | None:
        if month is not None and not _MONTH.fullmatch(month):
            raise ValueError("2026-04 のように年と月で書きます")
        return month

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.start is None and self.end is None:
            raise ValueError("始まりか終わりの月を書きます（例 {start: 2026-04, end: 2027-03}）")
        if self.start and self.end and self.start > self.end:
            raise ValueError("終わりの月が、始まりの月より前です")
        return self

    def meets(self, other: Period) -> bool:
        """Whether the two share a month."""
        return (self.start or "") <= (other.end or "9") and (other.start or "") <= (self.end or "9")


def contact_in(text: str) -> str | None:
    """The first mail address or telephone number in a text."""
    found = _MAIL.search(text) or _PHONE.search(text)
    return found[0] if found else None
