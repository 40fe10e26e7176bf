"""What a question is about (何についての質問か), for the figures: from where, of what, and what is wanted.

It only names what the desk recognises anyway; a question that leans on the one before it is read with it.
"""

from __future__ import annotations

from bot.store.asked import About
from bot.talk.kept import Asked
from rag.conversation import readings
from rag.documents import Facets
from rag.facets import recognise
from rag.forms import form_of
from rag.gazetteer import prefectures
from rag.recommend import asks_for_advisor
from rag.types import Query
from rag.understand import understand

EXPERT, CASES, TECHNOLOGIES, PROGRAMMES, CONTACTS = "専門家", "事例", "技術", "制度", "相談先"
STEPS, FIGURES, MEANING, LIST, OTHER = "手順", "費用・数字", "意味", "一覧", "その他"
INTENTS = (CASES, TECHNOLOGIES, PROGRAMMES, STEPS, FIGURES, MEANING, CONTACTS, EXPERT, LIST, OTHER)
_OF_SHELF = {"cases": CASES, "technologies": TECHNOLOGIES, "programmes": PROGRAMMES, "contacts": CONTACTS}


def about(asked: Asked, limit: int) -> About:
    """Raises QuestionError for a question of more than ``limit`` characters."""
    meant = readings(asked.question, asked.before)[0]
    query = understand(meant if len(meant) <= limit else asked.question, limit)
    block, prefecture = _where(recognise(asked.home), query.facets)
    return About(block, prefecture, query.facets.facilities, query.facets.stages, intent_of(query))


def intent_of(query: Query) -> str:
    """What is wanted, in one word: the most particular one that fits."""
    if asks_for_advisor(query.asked):
        return EXPERT
    form = form_of(query)
    if form is not None:
        return _OF_SHELF[form.shelf]
    told = (
        (STEPS, query.wants_steps),
        (FIGURES, query.wants_figure or bool(query.wanted)),
        (MEANING, query.wants_meaning),
        (LIST, query.wants_list),
    )
    return next((intent for intent, fits in told if fits), OTHER)


def _where(home: Facets, named: Facets) -> tuple[str, str]:
    """The block and the prefecture of the asker, else those that the question names first."""
    for facets in (home, named):
        if facets.prefectures:
            first = facets.prefectures[0]
            return next(place.block for place in prefectures() if place.name == first), first
        if facets.blocks:
            return facets.blocks[0], ""
    return "", ""
