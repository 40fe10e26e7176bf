"""What to ask for: fields that are not known and would change who comes first, the weightiest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from corpus.places import municipalities
from rag.matching.advisors import Advisors, Judged, best
from rag.matching.bank import Array
from rag.matching.heard import Heard
from rag.matching.need import FACILITIES, MODES, SIZES, STAGES, Need, Question

_POOL = 200  # advisors among whom the first is looked for
_TEXTS = {
    "facility": f"どの施設のご相談ですか（{'、'.join(FACILITIES)}）。",
    "municipality": "どちらの自治体のご相談ですか（都道府県だけでもかまいません）。",
    "stage": f"いまはどの段階ですか（{'、'.join(STAGES)}）。",
    "mode": "現地に来てほしいですか、オンラインでもよいですか。",
    "size": f"人口はどのくらいですか（{'、'.join(SIZES)}）。",
}


def missing(
    advisors: Advisors, heard: Heard, judged: Judged, had: Array, today: datetime.date
) -> tuple[Question, ...]:
    """Each unknown field for which another answer brings another first advisor."""
    rows = best(judged.subject, _POOL)
    pool, had = advisors.at(rows), had[rows]
    small = replace(heard, nearness=heard.nearness[rows])
    return tuple(
        Question(field, text)
        for field, text in _TEXTS.items()
        if len({_first(pool, replace(small, need=need), had, today) for need in _answers(heard.need, field)})
        > 1
    )


def _first(pool: Advisors, heard: Heard, load: Array, today: datetime.date) -> int:
    """The best of the pool, -1 where nobody is good enough."""
    judged = pool.judge(heard, load, today)
    return int(np.argmax(np.where(judged.good, judged.score, -1))) if judged.good.any() else -1


def _answers(need: Need, field: str) -> Iterator[Need]:
    """The need with each answer there may be to the question for a field; none where it is known."""
    if field == "facility" and not need.facilities:
        yield from (replace(need, facilities=(facility,)) for facility in FACILITIES)
    if field == "municipality" and not need.prefecture:
        for place in municipalities():
            if place.is_prefecture and need.block in (None, place.block):
                yield replace(need, prefecture=place.prefecture, block=place.block)
    if field == "stage" and not need.stage:
        yield from (replace(need, stage=stage) for stage in STAGES)
    if field == "mode" and not need.mode:
        yield from (replace(need, mode=mode) for mode in MODES)
    whole = need.municipality and need.municipality.is_prefecture
    if field == "size" and not need.size and not whole:
        yield from (replace(need, size=size) for size in SIZES)
