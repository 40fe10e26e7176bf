"""A set from its file: what is written there, checked strictly, every mistake by its line or cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from corpus.faults import Fault, faults
from eval.beir import SetError
from eval.cases import ANYWHERE, Case, Expect, Half, Row, Section
from eval.lists import rows

SHOWN = 20  # faults told at once


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    document: str
    section: str | None = ANYWHERE
    page: int | None = None


class Written(BaseModel):
    """A case as it is written in a file. Raises ValidationError for what cannot be meant."""

    model_config = ConfigDict(extra="forbid")

    id: str
    question: str | None = None
    turns: tuple[str, ...] = ()
    slice: str = "all"
    answerable: bool | None = None
    expect: Expect | None = None
    gold: tuple[_Place | str, ...] = ()
    must_include: tuple[tuple[str, ...], ...] = ()
    must_not_include: tuple[str, ...] = ()
    paraphrase_of: str | None = None
    half: Half | None = None
    source: Literal["corpus", "seeds"] = "corpus"

    @model_validator(mode="after")
    def _meant(self) -> Written:
        """What the fields say of each other."""
        if bool(self.question) == bool(self.turns):
            raise ValueError("question（質問）か turns（会話）のどちらか1つを書きます")
        if self.answerable is None and self.expect is None:
            raise ValueError("expect（answered、refused、clarify）か answerable を書きます")
        if self.expect and self.answerable is not None and self.answerable != (self.expect != "refused"):
            raise ValueError(f"answerable と expect「{self.expect}」が合いません")
        told = self.expect or ("answered" if self.answerable else "refused")
        if told == "answered" and not (self.gold or self.must_include):
            raise ValueError(
                "答えのある質問には gold（正解の箇所）か must_include（含むべきことば）を書きます"
            )
        if told != "answered" and (self.gold or self.must_include):
            raise ValueError("答えのない質問と聞き返す質問には、gold も must_include も書きません")
        return self

    @property
    def case(self) -> Case:
        expect = self.expect or ("answered" if self.answerable else "refused")
        return Case(
            id=self.id,
            turns=self.turns or (self.question or "",),
            slice=self.slice,
            answerable=expect != "refused",
            expect=expect,
            gold=tuple(
                Section(place, ANYWHERE)
                if isinstance(place, str)
                else Section(place.document, place.section, place.page)
                for place in self.gold
            ),
            must_include=self.must_include,
            must_not_include=self.must_not_include,
            paraphrase_of=self.paraphrase_of,
            half=self.half,
            source=self.source,
        )


def read(path: Path) -> tuple[Case, ...]:
    """A set from a JSONL, CSV or Excel file, or by name one of ours (golden). Raises SetError with every mistake."""
    if not path.exists() and path.name == str(path) and not path.suffix:
        path = own(path.name)
    if not path.is_file():
        raise SetError(
            f"{path} というテストセットが見つかりません。場所を確かめてください。"
            "空のセットは handson eval template 質問.xlsx で作れます。"
        )
    if path.suffix.lower() == ".jsonl":
        return checked(_lines(path), path)
    return checked(rows(path), path)


def own(name: str) -> Path:
    """The file of a set that comes with the project."""
    return Path(str(files("eval").joinpath(f"sets/{name}.jsonl")))


def checked(written: Iterable[Row], path: Path) -> tuple[Case, ...]:
    """The cases. Raises SetError that names each mistake by its cell or line."""
    found: list[Case] = []
    wrong: list[str] = []
    places: dict[str, Mapping[str, str]] = {}
    for row in written:
        try:
            case = Written.model_validate(row.raw).case
        except ValidationError as error:
            wrong += [_told(fault, row.place) for fault in faults(error)]
            continue
        if case.id in places:
            reason = f"{_at(places[case.id], 'id')}と同じ id です"
            wrong.append(Fault(("id",), reason, case.id).told(_at(row.place, "id")))
        places[case.id] = row.place
        found.append(case)
    wrong += [
        Fault(("paraphrase_of",), "この id の質問がありません", case.paraphrase_of).told(
            _at(places[case.id], "paraphrase_of")
        )
        for case in found
        if case.paraphrase_of and case.paraphrase_of not in places
    ]
    if wrong:
        more = f"\nほかに{len(wrong) - SHOWN}件あります。" if len(wrong) > SHOWN else ""
        raise SetError(f"{path.name} に誤りが{len(wrong)}件あります。\n" + "\n".join(wrong[:SHOWN]) + more)
    if not found:
        raise SetError(f"{path.name} に質問が1つもありません。1行に1問を書いてください。")
    return tuple(found)


def _told(fault: Fault, place: Mapping[str, str]) -> str:
    """A rule between fields stands for the whole row; its value would be the row itself."""
    field = str(fault.loc[0]) if fault.loc else ""
    reason = fault.reason.removeprefix("Value error, ")
    return Fault(fault.loc[:1], reason, fault.value if fault.loc else None).told(_at(place, field))


def _at(place: Mapping[str, str], field: str) -> str:
    return place.get(field) or place[""]


def _lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        place = {"": f"{path.name} {number}行目"}
        try:
            raw = json.loads(line)
        except json.JSONDecodeError as error:
            raise SetError(f"{place['']}: JSONとして読めません（{error.colno}文字目）。") from error
        if not isinstance(raw, dict):
            raise SetError(f"{place['']}: 1行に1つのオブジェクト {{…}} を書きます。")
        yield Row(raw, place)
