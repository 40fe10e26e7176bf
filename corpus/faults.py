"""What is wrong with a record, in Japanese: the wording for files and for rows of a list alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

Loc = tuple[str | int, ...]

_REASONS = {
    "missing": "項目がありません",
    "extra_forbidden": "この名前の項目はありません",
    "literal_error": "決められた値ではありません（{expected}）",
    "url_parsing": "アドレス（URL）の形ではありません",
    "url_scheme": "https:// か http:// で始まるアドレスを書きます",
    "string_type": "文字ではありません（引用符で囲んでください）",
    "string_too_short": "空です",
    "string_too_long": "長すぎます",
    "string_pattern_mismatch": "使えない文字があります（{pattern}）",
    "tuple_type": "一覧で書きます（例 [橋梁, 舗装]）",
    "too_short": "1つも書かれていません",
    "int_type": "整数で書きます",
    "int_parsing": "整数で書きます",
    "bool_parsing": "true か false で書きます",
    "greater_than_equal": "{ge}以上にします",
    "less_than_equal": "{le}以下にします",
    "value_error": "{error}",
}
_PATTERNS = {
    "id": "英小文字・数字・ハイフンで書きます（例 case-br-01）",
    "related": "英小文字・数字・ハイフンで書きます",
    "reading": "ひらがなで書きます",
}


@dataclass(frozen=True)
class Fault:
    """``loc``: the field, outermost first (empty for the record). ``value``: what stands there, if anything does.

    ``reason`` has no full stop. ``kind`` is pydantic's name for it, empty for a rule between records.
    """

    loc: Loc
    reason: str
    value: str | None = None
    kind: str = ""

    def told(self, place: str) -> str:
        """The whole message; ``place`` says where the record stands."""
        name = f" 項目「{'.'.join(map(str, self.loc))}」" if self.loc else ""
        value = f" 値「{self.value}」" if self.value is not None else ""
        return f"{place}{name}{value}: {self.reason}。"


def faults(error: ValidationError) -> tuple[Fault, ...]:
    """Every fault that pydantic found in a record."""
    return tuple(_fault(found) for found in error.errors())


def _fault(found: Any) -> Fault:
    loc, kind = tuple(found["loc"]), found["type"]
    told = found.get("ctx", {})
    if kind == "literal_error":
        told = {"expected": told["expected"].replace("' or '", "', '").replace("', '", "、").strip("'")}
    reason = _REASONS.get(kind, found["msg"]).format_map(told)
    if kind == "string_pattern_mismatch" and loc:
        reason = _PATTERNS.get(str(loc[0]), reason)
    value = str(found["input"])[:60] if loc and kind != "missing" else None
    return Fault(loc, reason, value, kind)
