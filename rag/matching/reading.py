"""Free text and given fields -> a Need: what is said is read, what is given wins, what contradicts is told.

An unknown name is refused with the nearest ones; a name that several municipalities have is asked back.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.expertise import Period
from corpus.parts import Facility, Size, Stage
from corpus.places import Municipality
from rag.errors import NeedError
from rag.fold import strip_invisible
from rag.matching.catalogue import Catalogue
from rag.matching.need import FACILITIES, MODES, SIZES, STAGES, Mode, Need, Reading
from rag.matching.periods import period_in
from rag.matching.where import asked_from, at, differ, given_place, whole_name
from rag.matching.words import (
    facilities_in,
    facility_called,
    mode_called,
    mode_in,
    size_in,
    stage_called,
    stage_in,
)
from rag.places import WITH_WARDS

LONGEST = 1000  # letters of a need
_LONGEST_FIELD = 100
_NAMES = {
    "facility": "施設",
    "technology": "技術",
    "stage": "段階",
    "municipality": "自治体",
    "prefecture": "都道府県",
    "size": "規模",
    "mode": "希望の形",
    "period": "時期",
}
_PAST = re.compile(r"(?:去年|昨年|前年|以前|過去)度?[^。]{0,6}$")


@dataclass(frozen=True)
class Given:
    """The fields that were given besides the text, as they were typed. A ``prefecture`` alone is enough of a place."""

    facility: str | None = None
    technology: str | None = None
    stage: str | None = None
    municipality: str | None = None
    prefecture: str | None = None
    size: str | None = None
    mode: str | None = None
    period: str | None = None


def read_need(text: str, given: Given, catalogue: Catalogue, today: datetime.date) -> Reading:
    """Raises NeedError for a text or a field that cannot be read, and for fields that contradict each other."""
    text, given = checked(text), cleaned(given)
    facilities, notes = _facilities(text, given)
    technologies = catalogue.called(given.technology) if given.technology else ()
    if given.technology:
        _refuse_apart(facilities if given.facility else (), technologies, catalogue)
        facilities = facilities or _of_technologies(technologies, catalogue)
    stage, said = _stage(given), stage_in(text)
    if stage and said and stage != said:
        notes.append(f"文からは{said}の段階と読めますが、指定された{stage}で探します。")
    mode, wished = _mode(given), mode_in(text)
    if mode and wished and mode != wished:
        notes.append(f"文からは{wished}の希望と読めますが、指定された{mode}で探します。")
    place, where = given_place(given.municipality, given.prefecture), asked_from(text)
    if place and where.municipality and differ(place, where.municipality):
        there = whole_name(where.municipality)
        notes.append(f"文からは{there}の相談と読めますが、指定された{whole_name(place)}で探します。")
    where = at(place) if place else where
    need = Need(
        text=text,
        facilities=facilities,
        technologies=technologies or catalogue.named(text, facilities),
        stage=stage or said,
        municipality=where.municipality,
        prefecture=where.prefecture,
        block=where.block,
        size=_size(given) or size_in(text) or size_by_law(where.municipality),
        mode=mode or wished,
        period=_period(text, given, today),
    )
    return Reading(need, where.open, tuple(notes))


def checked(text: str) -> str:
    asked = strip_invisible(text).strip()
    if not asked:
        raise NeedError("相談の内容が空です。困っていることや、使いたい技術を書いてください。")
    if len(asked) > LONGEST:
        raise NeedError(
            f"相談の内容が長すぎます（{len(asked):,}文字）。{LONGEST:,}文字以内にまとめてください。"
        )
    return asked


def cleaned(given: Given) -> Given:
    """Without what has no shape and without empty fields. Raises NeedError for a field that is a whole text."""
    return Given(**{field: cleaned_field(getattr(given, field), name) for field, name in _NAMES.items()})


def cleaned_field(value: str | None, name: str) -> str | None:
    """``name`` is the Japanese one, for the message."""
    value = strip_invisible(value or "").strip()
    if len(value) > _LONGEST_FIELD:
        raise NeedError(
            f"{name}が長すぎます（{len(value):,}文字）。{_LONGEST_FIELD}文字以内で書いてください。"
        )
    return value or None


def _facilities(text: str, given: Given) -> tuple[tuple[Facility, ...], list[str]]:
    """The facilities, and what the given ones overrule."""
    read = facilities_in(text)
    if not given.facility:
        return read, []
    found = facilities_given(given.facility)
    if read and not set(read) & set(found) and "複数分野" not in found:
        note = f"文からは{'・'.join(read)}の相談と読めますが、指定された{'・'.join(found)}で探します。"
        return found, [note]
    return found, []


def facilities_given(field: str) -> tuple[Facility, ...]:
    """One or several, as typed: 橋、トンネル. Raises NeedError."""
    words = [word.strip() for word in re.split(r"[、，,/／]", field) if word.strip()]
    return tuple(dict.fromkeys(map(_facility, words or [field])))


def _facility(word: str) -> Facility:
    found = facility_called(word)
    if found is None:
        raise NeedError(f"「{word}」という施設はありません。{_choices(FACILITIES)}")
    return found


def _refuse_apart(facilities: Sequence[Facility], technologies: Sequence[str], catalogue: Catalogue) -> None:
    """Raise NeedError where no technology is for any of the facilities."""
    of = _of_technologies(technologies, catalogue)
    if facilities and "複数分野" not in (*facilities, *of) and not set(facilities) & set(of):
        raise NeedError(
            f"施設「{'・'.join(facilities)}」と技術{catalogue.titles(technologies)}が合いません"
            f"（この技術の施設は{'・'.join(of)}です）。どちらかを直すか、片方を外してください。"
        )


def _of_technologies(technologies: Sequence[str], catalogue: Catalogue) -> tuple[Facility, ...]:
    found = (t.facilities for t in catalogue.technologies if t.id in technologies)
    return tuple(dict.fromkeys(facility for facilities in found for facility in facilities))


def _stage(given: Given) -> Stage | None:
    if not given.stage:
        return None
    found = stage_called(given.stage)
    if found is None:
        raise NeedError(f"「{given.stage}」という段階はありません。{_choices(STAGES)}")
    return found


def _mode(given: Given) -> Mode | None:
    if not given.mode:
        return None
    found = mode_called(given.mode)
    if found is None:
        raise NeedError(f"「{given.mode}」という希望の形はありません。{_choices(MODES)}")
    return found


def _size(given: Given) -> Size | None:
    if not given.size:
        return None
    found = size_in(given.size) or size_in(f"人口{given.size.removesuffix('人')}人")
    if found is None:
        raise NeedError(f"「{given.size}」という規模は読めません。人口（例 12000）か、{_choices(SIZES)}")
    return found


def size_by_law(place: Municipality | None) -> Size | None:
    """A 政令指定都市 has at least half a million people by law (地方自治法 第252条の19)."""
    return "50万人以上" if place and place.name in WITH_WARDS else None


def _period(text: str, given: Given, today: datetime.date) -> Period | None:
    """A wished period lies ahead; a month in the past tells of something else."""
    if given.period:
        found = period_in(given.period, today)
        if found is None:
            raise NeedError(
                f"「{given.period}」という時期は読めません。2027年1月～3月、来年度 のように書いてください。"
            )
        if found.end and found.end < f"{today:%Y-%m}":
            raise NeedError(f"「{given.period}」は過ぎています。これからの時期を書いてください。")
        return found
    sentences = (part for part in re.split(r"[。\n]", text) if not _PAST.search(part))
    read = (period_in(part, today) for part in sentences)
    ahead = (found for found in read if found and (found.end or "9") >= f"{today:%Y-%m}")
    return next(ahead, None)


def _choices(choices: Sequence[str]) -> str:
    return f"{'、'.join(choices)} から選んでください。"
