"""Letters about a request (手紙): 依頼文 to its advisor, 通知文 to its municipality, as Word files out of templates.

A template of the secretariat, HANDSON_HOME/letters/advisor.docx or municipality.docx, wins over ours (bot/desk/paper.py).
Consent was given to hand contact data to the secretariat, so they never reach the advisor: the letter to the
advisor has no such field, and what the asker wrote of persons is masked in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from bot.busy import start_of_the_year
from bot.desk import paper
from bot.desk.dispatch import DispatchDesk, japanese_now
from bot.desk.request import Request
from bot.desk.roster import bank, check_known
from bot.desk.states import State
from bot.desk.suggestions import reasons_for
from bot.desk.templates import Value, filled
from bot.masking import mask
from corpus.records import Advisor
from rag.errors import DeskError
from rag.matching.matchmaker import Matchmaker
from rag.settings import Settings

To = Literal["advisor", "municipality"]
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BLANK = "「　　」"  # for a hand to fill in
_WRITTEN = ("課題", "技術", "時期")  # in the asker's own words


@dataclass(frozen=True)
class Kind:
    """A kind of letter, to whom, in which states of a request, and what it says where no other template is put.

    ``own`` are fields that it has besides FIELDS.
    """

    name: str
    to: str
    states: tuple[State, ...]
    text: str
    own: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*FIELDS, *self.own)


FIELDS: Mapping[str, Callable[[Request, Advisor], str | None]] = {
    "日付": lambda *_: reiwa(japanese_now().date()),
    "受付番号": lambda request, _: str(request.id),
    "受付日": lambda request, _: reiwa(request.created_at.date()),
    "状態": lambda request, _: request.state,
    "自治体": lambda request, _: _place(request),
    "課題": lambda request, _: request.need,
    "施設": lambda request, _: "、".join(request.facilities),
    "技術": lambda request, _: request.technology,
    "段階": lambda request, _: request.stage,
    "支援の形": lambda request, _: (
        "現地・オンラインのどちらでも" if request.form == "どちらでも" else request.form
    ),
    "時期": lambda request, _: request.period,
    "期限": lambda request, _: reiwa(request.due) if request.due else None,
    "アドバイザー": lambda _, advisor: advisor.title,
    "所属": lambda _, advisor: advisor.organisation,
}
KINDS: Mapping[To, Kind] = {
    "advisor": Kind("依頼文", "アドバイザー", ("打診", "決定", "支援中"), paper.ADVISOR),
    "municipality": Kind("通知文", "自治体", ("決定", "支援中"), paper.MUNICIPALITY, ("担当者", "理由")),
}


@dataclass(frozen=True)
class Letter:
    """A Word file, and how it may be called."""

    name: str
    content: bytes


def possible(request: Request) -> tuple[To, ...]:
    """The letters that make sense now: an advisor is chosen, and for the municipality has agreed."""
    return tuple(to for to, kind in KINDS.items() if request.advisor and request.state in kind.states)


def write(
    number: int, to: To, desk: DispatchDesk, settings: Settings, matchmaker: Callable[[], Matchmaker]
) -> Letter:
    """Raises NotFound, DeskError for a state without this letter or a template that cannot be used."""
    request, kind = desk.request(number), KINDS[to]
    if to not in possible(request):
        raise DeskError(
            f"受付番号{number}は「{request.state}」なので、{kind.to}への{kind.name}は作れません。"
            f"作れるのは「{'」「'.join(kind.states)}」のときです。"
        )
    fields = _facts(request, settings)
    if to == "advisor":
        fields |= {name: mask(str(fields[name])) for name in _WRITTEN}
    else:
        reasons = reasons_for(request, matchmaker(), desk.load(start_of_the_year()))
        fields |= {"担当者": _person(request), "理由": reasons}
    template, name = template_of(to, settings)
    return Letter(f"{kind.name}_受付番号{number}.docx", filled(template, name, fields))


def template_of(to: To, settings: Settings) -> tuple[bytes, str]:
    """The template that is used now, and what a message calls it. Raises DeskError."""
    own = own_template(to, settings)
    try:
        return own.read_bytes(), str(own)
    except FileNotFoundError:
        return paper.drawn(KINDS[to].text), f"{own.name}（はじめから入っているもの）"
    except OSError as error:
        raise DeskError(
            f"ひな形 {own} を開けません（{error.strerror or error}）。ファイルの権限を確かめてください。"
        ) from error


def own_template(to: To, settings: Settings) -> Path:
    return settings.home / "letters" / f"{to}.docx"


def check_template(template: bytes, name: str, to: To) -> None:
    """Raise DeskError for a template that no letter of this kind could be written with."""
    samples = {field: ("サンプル",) if field == "理由" else "サンプル" for field in KINDS[to].fields}
    for state in KINDS[to].states:
        filled(template, name, samples | {"状態": state})


def reiwa(day: date) -> str:
    """令和8年11月22日; a day before that era as 2019年4月30日."""
    if day < date(2019, 5, 1):
        return f"{day.year}年{day.month}月{day.day}日"
    year = "元" if day.year == 2019 else day.year - 2018
    return f"令和{year}年{day.month}月{day.day}日"


def _facts(request: Request, settings: Settings) -> dict[str, Value]:
    """The fields of every letter; a blank for what is not known."""
    advisors, chosen = bank(settings), request.advisor or ""
    check_known([chosen], advisors)
    return {name: told(request, advisors[chosen]) or BLANK for name, told in FIELDS.items()}


def _place(request: Request) -> str:
    return request.prefecture + ("" if request.municipality == request.prefecture else request.municipality)


def _person(request: Request) -> str:
    """Whom the municipality named, where they agreed that the secretariat knows."""
    return (request.consented_at and request.contact_name) or "ご担当者"
