"""Who may fit a request (合うアドバイザー), and why: what the request says, handed to the matchmaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.desk.request import Request
from rag.errors import NeedError
from rag.matching.advice import Advice
from rag.matching.matchmaker import Matchmaker
from rag.matching.reading import Given


def advice_for(request: Request, matchmaker: Matchmaker, load: Mapping[str, int], most: int) -> Advice:
    """The best ``most`` advisors. Raises NeedError."""
    given = Given(
        facility="、".join(request.facilities) or None,
        stage=request.stage,
        municipality=request.municipality,
        prefecture=request.prefecture,
        mode=request.form if request.form != "どちらでも" else None,
        period=request.period,
    )
    text = "\n".join(filter(None, (request.need, request.technology)))
    return matchmaker.advise(matchmaker.read(text, given), load, most)


def reasons_for(request: Request, matchmaker: Matchmaker, load: Mapping[str, int]) -> tuple[str, ...]:
    """Why its advisor suits it, in sentences; none where the matchmaker would not recommend them.

    It is settled that they can come: neither this very support nor the period speaks against them.
    """
    chosen = request.advisor or ""
    others = {**load, chosen: max(0, load.get(chosen, 0) - 1)}
    try:
        advice = advice_for(
            replace(request, period=None), matchmaker, others, len(matchmaker.shelves.advisors)
        )
    except NeedError:
        return ()
    for one in advice.recommendations:
        if one.advisor_id == chosen:
            proofs = (f"関わりのある事例に「{proof.title}」があります。" for proof in one.evidence)
            return (*(part.reason for part in one.parts), *proofs)
    return ()
