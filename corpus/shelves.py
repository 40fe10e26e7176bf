"""Loads and validates every shelf; an error names file, line, field and value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from corpus.records import Case, GuidePage, Record

ROOT = Path(__file__).parent

R = TypeVar("R", bound=Record)


class ShelfError(Exception):
    """A record is wrong; the message says where, in Japanese."""


@dataclass(frozen=True)
class Shelves:
    """Every record, in the order of the file names."""

    guide: tuple[GuidePage, ...]
    cases: tuple[Case, ...]


def load(root: Path = ROOT) -> Shelves:
    """Read all shelves under ``root``. Raises ShelfError at the first wrong record."""
    guide = [(path, _guide_page(path)) for path in _files(root / "guide", "*.md")]
    cases = [(path, _record(path, _text(path), Case)) for path in _files(root / "cases", "*.yaml")]
    _refuse_twins([*guide, *cases])
    return Shelves(tuple(page for _, page in guide), tuple(case for _, case in cases))


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob(pattern) if path.name != "README.md")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ShelfError(f"{path.name}: UTF-8で書かれていません。UTF-8で保存し直してください。") from error


def _guide_page(path: Path) -> GuidePage:
    text = _text(path)
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ShelfError(
            f"{path.name} 1行目: 先頭に --- で囲んだ見出し情報がありません。"
            "corpus/README.md の例にならって書いてください。"
        )
    return _record(path, parts[1], GuidePage, first_line=2, body=parts[2])


def _record(path: Path, text: str, kind: type[R], first_line: int = 1, **extra: str) -> R:
    try:
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + mark.line if mark else first_line
        raise ShelfError(
            f"{path.name} {line}行目: YAMLとして読めません（{getattr(error, 'problem', error)}）。"
            "コロンや引用符の書き方を確かめてください。"
        ) from error
    if not isinstance(fields, dict):
        raise ShelfError(f"{path.name} {first_line}行目: 「項目: 値」の形になっていません。")
    try:
        return kind.model_validate(fields | extra)
    except ValidationError as error:
        raise ShelfError(_explain(path, text, first_line, error)) from error


def _explain(path: Path, text: str, first_line: int, error: ValidationError) -> str:
    """File, line, field, value of the first fault, and what was expected."""
    fault: Any = error.errors()[0]
    place = [str(part) for part in fault["loc"]]
    field = place[0] if place else "?"
    rows = [row for row, line in enumerate(text.split("\n")) if line.startswith(f"{field}:")]
    line = first_line + (rows[0] if rows else 0)
    reasons = {
        "missing": "項目がありません",
        "extra_forbidden": "この名前の項目はありません",
        "literal_error": f"決められた値ではありません（{fault.get('ctx', {}).get('expected', '')}）",
        "url_parsing": "アドレス（URL）の形ではありません",
        "string_type": "文字ではありません（引用符で囲んでください）",
        "string_too_short": "空です",
        "string_too_long": "長すぎます",
        "string_pattern_mismatch": "英小文字・数字・ハイフンで書きます（例 case-br-01）",
        "tuple_type": "一覧で書きます（例 [橋梁, 舗装]）",
        "url_scheme": "https:// か http:// で始まるアドレスを書きます",
        "too_short": "1つも書かれていません",
    }
    reason = reasons.get(fault["type"], fault["msg"])
    value = "" if fault["type"] == "missing" else f" 値「{str(fault['input'])[:60]}」"
    return f"{path.name} {line}行目 項目「{'.'.join(place)}」{value}: {reason}。"


def _refuse_twins(records: list[tuple[Path, R]]) -> None:
    seen: dict[str, Path] = {}
    for path, record in records:
        twin = seen.setdefault(record.id, path)
        if twin != path:
            raise ShelfError(
                f"{path.name} 項目「id」値「{record.id}」: {twin.name} と同じです。片方を変えてください。"
            )
