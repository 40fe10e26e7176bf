"""All matching behind one door, opened once: the shelves, their vectors, the weights.

Need -> advisors, similar cases, technologies and seeds, contacts; seed -> needs. Safe to share between threads.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus.records import Advisor, Case, Technology
from corpus.records import Need as RecordedNeed
from corpus.shelves import ROOT, ShelfError, Shelves, load
from rag.embed import Embedder
from rag.errors import NeedError, RecordError
from rag.matching import asking, profiles, shelved
from rag.matching.advice import Advice, Similar
from rag.matching.advisors import Advisors
from rag.matching.bank import Bank
from rag.matching.cases import Cases
from rag.matching.catalogue import Catalogue
from rag.matching.contacts import Contacts, Office
from rag.matching.exchange import Match, Side, agreement, matches
from rag.matching.heard import Heard
from rag.matching.listing import Wanted
from rag.matching.need import Need, Reading
from rag.matching.profiles import Profile, told_technology
from rag.matching.reading import Given, read_need
from rag.matching.roster import Roster
from rag.matching.texts import Space, Texts, counted
from rag.matching.turns import read_turns
from rag.matching.weights import Weights, load_weights
from rag.matching.where import given_place
from rag.models import open_embedder
from rag.settings import Settings

NO_MATCH = "条件に合う専門家は見つかりませんでした。"
_EXAMPLE = "{title}を使いたい。相談したい"  # a need of any kind, for the middle of all


class Matchmaker:
    """``folder`` keeps vectors between processes; ``today`` says which day it is."""

    def __init__(
        self,
        shelves: Shelves,
        embedder: Embedder,
        weights: Weights,
        folder: Path | None = None,
        today: Callable[[], datetime.date] = datetime.date.today,
    ) -> None:
        self.shelves = shelves
        self.embedder = embedder
        self.weights = weights
        self.today = today
        examples = [
            (_EXAMPLE.format(title=technology.title), told_technology(technology))
            for technology in shelves.technologies
        ]
        self.space = Space(embedder, examples, folder)
        self.catalogue = Catalogue.of(shelves.technologies, shelves.glossary, self.space)

    def prepare(self) -> None:
        """All that the first need would have to wait for."""
        self.advise(self.read("準備"))
        self.similar_cases(self.read("準備").need)
        self.needs_for("準備")

    def read(self, text: str, given: Given | None = None) -> Reading:
        """A need as typed, or a case or a need of the shelves by its id. Raises NeedError."""
        given = given or Given()
        record = self._askable.get(text.strip())
        if record:
            text, given = shelved.asked(record, given)
        else:
            shelved.refuse_unknown(text, self._askable)
        reading = read_need(text, given, self.catalogue, self.today())
        if record:  # its fields are right: what its text seems to say is no news
            reading = replace(reading, notes=())
        return self._about(reading)

    def heard_in(self, turns: Sequence[str], home: str = "") -> Reading:
        """What the asker needs, out of their turns of a conversation, oldest first; the later word wins.

        ``home``: their municipality, where it is known. ``open`` holds one question at most. Raises NeedError.
        """
        place = given_place(home, None) if home else None
        return self._about(read_turns(turns, place, self.catalogue, self.today()))

    def advise(self, reading: Reading, load: Mapping[str, int] | None = None, k: int = 3) -> Advice:
        """The best ``k`` advisors for a need. ``load``: supports that each has had this year, by id."""
        need, today = reading.need, self.today()
        heard = self.heard(need, self.advisors.bank.texts)
        had = self.advisors.had(load or {})
        judged = self.advisors.judge(heard, had, today)
        advice = self.advisors.advise(heard, judged, had, k)
        asked = {question.field for question in reading.open}
        missing = asking.missing(self.advisors, heard, judged, had, today)
        return replace(
            advice,
            missing=(*reading.open, *(question for question in missing if question.field not in asked)),
            message="" if advice.recommendations else self._nobody(need, advice),
        )

    def similar_cases(self, need: Need, k: int = 5, but: str | None = None) -> tuple[Similar, ...]:
        """Cases like a need, without the one that is asked with (``but``, its id)."""
        found = self.cases.like(self.heard(need, self.cases.bank.texts), k + 1)
        return tuple(case for case in found if case.case_id != but)[:k]

    def cases_with(self, wanted: Wanted) -> tuple[Case, ...]:
        """The cases of the shelf that have all that is wanted."""
        known = zip(self.shelves.cases, self.cases.bank.profiles, strict=True)
        return wanted.in_order(case for case, profile in known if wanted.admits(case, profile))

    def technologies_with(self, wanted: Wanted) -> tuple[Technology, ...]:
        """The technologies of the catalogue that have all that is wanted."""
        return wanted.in_order(record for record in self.shelves.technologies if wanted.admits(record))

    def seeds_for(self, need: Need, k: int = 5) -> tuple[Match, ...]:
        """Technologies and seeds for a need."""
        heard = self.heard(need, self.catalogue.texts)
        fits = agreement(need.facilities, self.shelves.technologies)
        side = Side(self.shelves.technologies, fits, heard.relevance, heard.nearness)
        return matches(side, self.weights.exchange, need.facilities, k)

    def needs_for(self, seed: str, k: int = 5) -> tuple[Match, ...]:
        """Needs for a seed, by its id, its title or a text that tells of it. Raises NeedError."""
        known = self.seed_called(seed)
        if known is None:
            shelved.refuse_unknown(seed, self.catalogue.ids)
        facilities = known.facilities if known else self.read(seed).need.facilities
        passage = self.space.passage(told_technology(known) if known else seed)
        kind = self.catalogue.ids.index(known.id) if known else self.catalogue.kind_of(passage)
        near = [h.nearness[kind] if known else counted(h.vector @ passage) for h in self._own_needs]
        side = Side(
            self.shelves.needs,
            agreement(facilities, self.shelves.needs),
            np.array([heard.relevance[kind] for heard in self._own_needs], np.float32),
            np.array(near, np.float32),
        )
        return matches(side, self.weights.exchange, facilities, k)

    def seed_called(self, name: str) -> Technology | None:
        """The technology with this id or title."""
        return next((t for t in self.shelves.technologies if name.strip() in (t.id, t.title)), None)

    def pair(self, need: str, seed: str) -> tuple[RecordedNeed, Technology]:
        """A need and a technology by their ids. Raises NeedError."""
        asked = next((n for n in self.shelves.needs if n.id == need.strip()), None)
        offered = self.seed_called(seed)
        if asked is None:
            raise NeedError(
                f"「{need}」というニーズは棚にありません。handson match seed で id を確かめてください。"
            )
        if offered is None:
            raise NeedError(
                f"「{seed}」という技術は棚にありません。handson match need で id を確かめてください。"
            )
        return asked, offered

    def offices(self, need: Need, k: int = 5) -> tuple[Office, ...]:
        """Contacts (相談先), the nearest first."""
        return self.contacts.nearest(need, self.space.vector(need.text), k)

    def heard(self, need: Need, texts: Texts) -> Heard:
        """What is found out of the text of a need, among the texts of a bank."""
        vector = self.space.vector(need.text)
        relevance = self.catalogue.relevance(need.text, vector, need.facilities, need.technologies)
        return Heard(need, vector, relevance, *texts.nearness(vector))

    @cached_property
    def advisors(self) -> Advisors:
        return self.advisors_of(self.shelves.advisors)

    def advisors_of(self, advisors: Sequence[Advisor], name: str = "advisors") -> Advisors:
        """The bank of some advisors; ``name`` is that of the file of their vectors."""
        cases = {case.id: case for case in self.shelves.cases}
        levels = self.weights.levels
        made = [profiles.of_advisor(advisor, cases, self.catalogue.ids, levels) for advisor in advisors]
        titles = {record.id: record.title for record in (*self.shelves.technologies, *self.shelves.cases)}
        roster = Roster.of(advisors, self.shelves.technologies)
        return Advisors(self._bank(made, name), roster, self.weights, self.catalogue.ids, titles)

    @cached_property
    def cases(self) -> Cases:
        links = self.shelves.links()
        made = [
            profiles.of_case(case, [record for record in links[case.id] if record in self.catalogue.ids])
            for case in self.shelves.cases
        ]
        return Cases(self._bank(made, "cases"), self.shelves.technologies, self.weights.cases)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts.of(self.shelves.contacts, self.space)

    @cached_property
    def _askable(self) -> dict[str, Case | RecordedNeed]:
        """The records that may be asked with, by id."""
        records: tuple[Case | RecordedNeed, ...] = (*self.shelves.cases, *self.shelves.needs)
        return {record.id: record for record in records}

    @cached_property
    def _own_needs(self) -> tuple[Heard, ...]:
        """The needs on the shelf as they are asked; who offers a technology looks among them."""
        needs = (self.read(need.id).need for need in self.shelves.needs)
        return tuple(self.heard(need, self.catalogue.texts) for need in needs)

    def _about(self, reading: Reading) -> Reading:
        """With the technologies that a text which names none is about."""
        need = reading.need
        about = self.catalogue.about(need.text, self.space.vector(need.text), need.facilities)
        return replace(reading, need=replace(need, about=() if need.technologies else about))

    def _bank(self, made: Sequence[Profile], name: str) -> Bank:
        texts = self.space.texts(([told.text for told in profile.texts] for profile in made), name)
        return Bank.of(made, texts, self.catalogue.ids)

    def _nobody(self, need: Need, advice: Advice) -> str:
        """That no one fits, why the nearest does not, and whom to ask instead."""
        near = [f"いちばん近い{found.name}は、{found.failed}" for found in advice.rejected_nearest[:1]]
        offices = [f"{office.contact.title}に相談できます。" for office in self.offices(need, 1)]
        return "".join([NO_MATCH, *near, *offices])


def open_matchmaker(settings: Settings, embedder: Embedder | None = None) -> Matchmaker:
    """The matchmaker of a home. Raises RecordError where a record is wrong, WeightsError, ModelError."""
    try:
        shelves = load(ROOT, settings.shelves)
    except ShelfError as error:
        raise RecordError(f"{error}\n棚の記録に誤りがあります。上の箇所を直してください。") from error
    return Matchmaker(
        shelves,
        embedder or open_embedder(settings.model, settings.models),
        load_weights(settings.home),
        settings.cache / "matching",
    )
