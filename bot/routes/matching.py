"""Matching over HTTP: advisors, cases, technologies, needs and seeds, contacts. The same as the commands, in the same JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from bot.busy import start_of_the_year
from bot.desk.dispatch import DispatchDesk
from bot.faults import errors
from bot.matching_asks import (
    AskAdvice,
    AskCases,
    AskContacts,
    AskNeeds,
    AskSeeds,
    ListCases,
    ListTechnologies,
    given,
)
from bot.matching_lists import CaseListModel, TechnologyListModel
from bot.matching_models import (
    AdviceModel,
    CasesModel,
    MatchesModel,
    OfficesModel,
)
from rag.matching.contacts import ANY_TOPIC
from rag.matching.ledger import Ledger
from rag.matching.listing import wanted
from rag.matching.live import LiveMatchmaker
from rag.matching.matchmaker import Matchmaker

ERRORS = errors(
    e400="相談の内容や項目を読み取れません。何を直せばよいかを示します",
    e503="棚の記録、重みの設定、データベースのどれかを使えません",
)

router = APIRouter(prefix="/api", tags=["引き合わせ"], responses=ERRORS)


@router.post(
    "/advise",
    summary="相談に合う専門家をすすめる",
    description="必ず守る条件（掲載の同意、受けられる数、期間、地域、利害）に合う人だけを、理由と根拠の事例を付けてすすめます。"
    "合う人がいなければ recommendations は空で、message に理由と相談先が入ります。専門家への連絡は事務局を通します。",
    response_model=AdviceModel,
)
def advise(request: Request, asked: AskAdvice) -> AdviceModel:
    matchmaker, desk = _matchmaker(request), _dispatch(request)
    reading = matchmaker.read(asked.need, given(asked))
    advice = matchmaker.advise(reading, desk.load(start_of_the_year()), asked.k)
    return AdviceModel.of(advice, reading)


@router.get(
    "/cases",
    summary="事例の一覧",
    description="施設・技術・都道府県・ことばで絞り込みます。自分の課題に似た順に見るには、POST /api/cases/like を使います。",
    response_model=CaseListModel,
)
def cases(request: Request, asked: Annotated[ListCases, Query()]) -> CaseListModel:
    matchmaker = _matchmaker(request)
    found = matchmaker.cases_with(wanted(given(asked), asked.q, matchmaker.catalogue))
    shown = found[asked.offset : asked.offset + asked.k]
    return CaseListModel.of(shown, len(found), matchmaker.cases.technologies_of(shown))


@router.post(
    "/cases/like",
    summary="似た事例を探す",
    description="施設・技術・段階・規模・地域・文の近さで似た事例を、同じところと違うところを付けて返します。",
    response_model=CasesModel,
)
def cases_like(request: Request, asked: AskCases) -> CasesModel:
    matchmaker = _matchmaker(request)
    reading = matchmaker.read(asked.need, given(asked))
    return CasesModel.of(matchmaker.similar_cases(reading.need, asked.k, but=asked.need.strip()), reading)


@router.get(
    "/technologies",
    summary="技術の一覧",
    description="施設とことばで絞り込みます。企業などの提案（シーズ）も入ります。",
    response_model=TechnologyListModel,
)
def technologies(request: Request, asked: Annotated[ListTechnologies, Query()]) -> TechnologyListModel:
    matchmaker = _matchmaker(request)
    found = matchmaker.technologies_with(wanted(given(asked), asked.q, matchmaker.catalogue))
    return TechnologyListModel.of(found[asked.offset : asked.offset + asked.k], len(found))


@router.get(
    "/contacts",
    summary="相談先を近い順に探す",
    description="自分の都道府県、ブロック、全国の順です。自治体がわからなければ、全国の相談先を返します。",
    response_model=OfficesModel,
)
def contacts(request: Request, asked: Annotated[AskContacts, Query()]) -> OfficesModel:
    matchmaker = _matchmaker(request)
    reading = matchmaker.read(asked.topic.strip() or ANY_TOPIC, given(asked))
    return OfficesModel.of(matchmaker.offices(reading.need, asked.k), reading)


@router.post(
    "/match/need",
    summary="ニーズに合う技術・シーズを探す",
    description="state は台帳に記録した状態（検討・成立・現場試行・実装）です。ニーズを id で指定したときに入ります。",
    response_model=MatchesModel,
)
def match_need(request: Request, asked: AskSeeds) -> MatchesModel:
    matchmaker = _matchmaker(request)
    reading = matchmaker.read(asked.need, given(asked))
    recorded = _ledger(request).of_need(asked.need.strip())
    return MatchesModel.of(matchmaker.seeds_for(reading.need, asked.k), recorded, reading.told)


@router.post("/match/seed", summary="シーズに合うニーズを探す", response_model=MatchesModel)
def match_seed(request: Request, asked: AskNeeds) -> MatchesModel:
    matchmaker = _matchmaker(request)
    found = matchmaker.needs_for(asked.seed, asked.k)
    seed = matchmaker.seed_called(asked.seed)
    return MatchesModel.of(found, _ledger(request).of_seed(seed.id) if seed else {})


def _matchmaker(request: Request) -> Matchmaker:
    live: LiveMatchmaker = request.app.state.matching
    return live.current()


def _dispatch(request: Request) -> DispatchDesk:
    desk: DispatchDesk = request.app.state.dispatch
    return desk


def _ledger(request: Request) -> Ledger:
    return Ledger(request.app.state.live.settings.home)
