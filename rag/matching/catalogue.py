"""The technologies there are, and which of them a text is about: by name, by other names, by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.parts import Facility
from corpus.records import Technology, Term
from rag.errors import NeedError
from rag.fold import squeeze
from rag.matching.profiles import texts_of
from rag.matching.texts import Space, Texts, Vector
from rag.matching.words import facilities_in, facility_called

# what every second title has: it names no technology by itself
_COMMON = frozenset(
    squeeze(word)
    for word in """点検 撮影 点検撮影 調査 診断 解析 計測 監視 管理 記録 台帳 補修 巡視 巡回 検知 工夫 活用 共有 公開
    調書作成ソフト 橋 橋梁 道路 水道 下水 河川 建物 斜面 施設 住民 職員 内部 財源 実橋 共同 地域 附属物 組み合わせた
    事前調査 予測 データ 写真 画像 スマホ コンクリート 広域 連携 寄付など""".split()
)
_BETWEEN = re.compile(r"による|を組み合わせた|での|の|と|・|、|（|）|\(|\)")
_LINKED = 0.5  # a word of the glossary that leads to a technology says less than its name
_PLAINLY = 0.6  # so near is as good as named
_AT_ALL = 0.35  # the nearest of all is in question from here on: who sells it has an interest
_OTHER_FACILITY = 0.4  # what is left of a technology's nearness for a facility that it is not for


@dataclass(frozen=True)
class Catalogue:
    """``names``: the words of each technology that name it; ``linked``: other words that lead to it."""

    technologies: tuple[Technology, ...]
    names: tuple[frozenset[str], ...]
    linked: tuple[frozenset[str], ...]
    texts: Texts

    @classmethod
    def of(cls, technologies: Sequence[Technology], terms: Iterable[Term], space: Space) -> Catalogue:
        terms = tuple(terms)
        same = _same_names(terms)
        linked: dict[str, set[str]] = {technology.id: set() for technology in technologies}
        for term in terms:
            for record in set(term.related) & set(linked):
                linked[record] |= {squeeze(word) for word in (term.title, *term.synonyms)}
        return cls(
            tuple(technologies),
            tuple(_names(technology, same) for technology in technologies),
            tuple(frozenset(linked[technology.id]) - _COMMON for technology in technologies),
            space.texts(map(texts_of, technologies), "technologies"),
        )

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(technology.id for technology in self.technologies)

    def titles(self, ids: Iterable[str]) -> str:
        """「ドローンによる橋の点検撮影」「…」"""
        known = {technology.id: technology.title for technology in self.technologies}
        return "".join(f"「{known.get(record, record)}」" for record in ids)

    def called(self, word: str) -> tuple[str, ...]:
        """The technologies by id, title or one of their names. Raises NeedError where there is none."""
        wanted = squeeze(word)
        for technology in self.technologies:
            if wanted in (squeeze(technology.id), squeeze(technology.title)):
                return (technology.id,)
        known = zip(self.ids, self.names, strict=True)
        exactly = tuple(record for record, names in known if wanted in names)
        found = exactly or self.named(word, facilities_in(word))
        if not found:
            raise NeedError(
                f"「{word}」という技術は、技術カタログに見つかりません。"
                "handson search で技術の名前を確かめるか、技術を指定せずに相談の文に書いてください。"
            )
        return found

    def named(self, text: str, facilities: Sequence[Facility]) -> tuple[str, ...]:
        """The technologies that a text names, for its facilities if it tells them."""
        plain = squeeze(text)
        found = [
            technology.id
            for technology, names in zip(self.technologies, self.names, strict=True)
            if any(name in plain for name in names) and _fits(technology, facilities)
        ]
        return tuple(found)

    def kind_of(self, passage: Vector) -> int:
        """The column of the technology that a text about one is nearest to."""
        rows = self.texts.rows @ passage
        return int(np.argmax(np.maximum.reduceat(rows, self.texts.starts[:-1])))

    def about(self, text: str, vector: Vector, facilities: Sequence[Facility]) -> tuple[str, ...]:
        """The technologies that a text is plainly about without naming one, or else the nearest, if near at all."""
        found = self.relevance(text, vector, facilities, ())
        least = min(_PLAINLY, max(found.max(initial=0.0), _AT_ALL))
        return tuple(record for record, near in zip(self.ids, found, strict=True) if near >= least)

    def relevance(
        self, text: str, vector: Vector, facilities: Sequence[Facility], named: Sequence[str]
    ) -> Vector:
        """How far a need is about each technology, 0..1."""
        plain = squeeze(text)
        found, _ = self.texts.nearness(vector)
        for column, technology in enumerate(self.technologies):
            if technology.id in named:
                found[column] = 1.0
                continue
            if any(word in plain for word in self.linked[column]):
                found[column] = max(found[column], _LINKED)
            if not _fits(technology, facilities):
                found[column] *= _OTHER_FACILITY
        return np.asarray(found, np.float32)


def _fits(technology: Technology, facilities: Sequence[Facility]) -> bool:
    return (
        not facilities
        or "複数分野" in (*technology.facilities, *facilities)
        or any(facility in technology.facilities for facility in facilities)
    )


def _names(technology: Technology, same: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The words of a title that name the technology (not what it is for), and what the glossary calls them besides."""
    words = {squeeze(part) for part in _BETWEEN.split(technology.title)} | {squeeze(technology.title)}
    words = {word for word in words if len(word) > 1 and word not in _COMMON and not facility_called(word)}
    return frozenset(words).union(*(same.get(word, frozenset()) for word in words)) - _COMMON


def _same_names(terms: Iterable[Term]) -> dict[str, frozenset[str]]:
    groups = [frozenset(squeeze(word) for word in (term.title, *term.synonyms)) for term in terms]
    return {word: group for group in groups for word in group}
