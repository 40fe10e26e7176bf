"""Names of persons (氏名): proper nouns of the dictionary that are no place and no part of a longer word.

A name that is a place too (千葉, 松本) is a person where the text says so: 千葉さん, 担当の松本です. Behind a label with a colon
and before と申します a word of no dictionary counts as well. Public roles (市長, 議員, 大臣) are no reason to mask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import get_args

from bot.personal.found import Found
from bot.personal.surnames import SURNAMES
from corpus.places import Block, municipalities
from rag.tokens import analyse

_WORD = r"[一-龠々ヶァ-ヴー]"
_RUN = re.compile(rf"{_WORD}{{1,20}}")
_PAIR = rf"{_WORD}{{1,8}}(?: (?!電話|携帯|連絡|住所|所属|役職|年齢){_WORD}{{1,4}})?"
_ROLE = "主任|主査|主事|主幹|係長|課長|補佐|部長|次長|室長|班長|技師|技監|参事"
_PERSON = f"[員者長役師士]|担当|窓口|連絡先|宛先|前任|後任|上司|部下|同僚|先輩|後輩|代理|新人|嘱託|監督|再任用|{_ROLE}"
_OFFICE = "課|係|部|局|室|所|市|区|町|村|県|都|府|北海道|組合|役場|センター|社|大学|高専|班|グループ"
_START = r"(?:^|[。！？!?\n]) ?"
_READING = r"(?:\([ぁ-んァ-ヴー ]{2,20}\))?"
_POLITE = r"(?:です|でございます|と(?:言|い)い?ます|と申|ともうし)"
_LABEL = r"(?:氏名|お名前|姓名|担当者名|(?:私|担当者?|相談者|申込者|申請者)の名前)(?:\([^)]{1,8}\))? ?"

_BEHIND_A_LABEL = re.compile(rf"{_LABEL}[:は ] ?({_PAIR})")
_BEHIND_A_COLON = re.compile(
    rf"{_LABEL}: ?({_PAIR}|[ぁ-ん]{{2,8}}(?: [ぁ-ん]{{1,6}})?(?=[、。\s(]|$)|[A-Za-z]+ [A-Za-z]+)"
)
_BEHIND_A_PERSON = re.compile(rf"(?:{_PERSON}): ?({_PAIR})")
_INTRODUCED = re.compile(rf"(?:^|[^一-龠々ヶァ-ヴー])({_WORD}{{1,8}}){_READING}(?:と申し|ともうし)ます")
_NO_PERSON = {*get_args(Block), "日本", "関西", "西日本", "東日本", "明治", "大正", "昭和", "平成", "令和"}
_ALONE = re.compile("[一-龠々]{2,5}(?<![川橋])")
_NO_NAME = re.compile("非公開|不明|匿名|なし|必須|任意|記入|未定|同上|省略|公表|入力")
_BESIDE = re.compile("[とや・、]")
_READING_OF_IT = re.compile(r"\(([ぁ-んァ-ヴー ]{2,20})\)")


@dataclass(frozen=True)
class _Noun:
    """A proper noun of so many words at this place."""

    start: int
    end: int
    words: int = 1


@dataclass(frozen=True)
class _Rule:
    """A proper noun is a person's name between these two."""

    before: re.Pattern[str]
    behind: re.Pattern[str]

    def holds(self, text: str, noun: _Noun) -> bool:
        before = text[max(0, noun.start - 24) : noun.start]
        return bool(self.behind.match(text, noun.end) and self.before.search(before))


def _rule(before: str, behind: str) -> _Rule:
    return _Rule(re.compile(f"(?:{before})$"), re.compile(_READING + f"(?:{behind})"))


_CALLED = _rule(
    "", f"さん|さま|様(?![式子々])|氏(?!名)|殿|くん|君|先生|宅|邸|拝|宛|あて|{_ROLE}|と申|ともうし"
)
_RULES = (
    _rule("(?:私|わたし|わたくし|自分|当方)(?:は|が|、) ?", _POLITE),
    _rule(rf"(?:{_PERSON})(?:の|は|が|:|、| )?", _POLITE),
    _rule(rf"(?:{_OFFICE})(?:の| |・|、|/|:)?", _POLITE),
    _rule(rf"{_START}(?:お?名前|氏名)は", rf"{_POLITE}|、|。|$"),
    _rule(rf"(?:{_PERSON})[の: ]", r"に|へ|まで|から|が|は|と|も|、|。| |\(|$"),
    _rule(rf"(?:{_PERSON})は", r"、|。|$"),
    _rule(rf"(?:{_OFFICE}) ", r" |、|。|\(|$|電話|携帯|TEL"),
    _rule("", r"\((?:電話|携帯|TEL|メール|0\d|[\w.-]+@)"),
    _rule("", "まで(?:ご|お)?(?:連絡|電話|願い|返信|返事|折り?返|知らせ)"),
    _rule("", "[がは](?:異動|退職|転勤|着任|赴任|休職|休暇|不在|出張|定年)"),
    _rule("", rf"(?:・{_WORD}{{1,4}})+の?[\d二三四五](?:人|名)"),
    _rule("・", r"の?[\d二三四五](?:人|名)"),
)
_RULES_OF_FULL_NAMES = (
    _rule(rf"{_START}|、|の", "[がは](?:担当|対応|出席|参加|伺)"),
    _rule("", r"[ 、]*(?:電話|TEL|携帯|メール|\(?0\d|[\w.-]+@)"),
)
_RULES_OF_NO_TOWNS = (_rule(r"の ?|、", _POLITE),)
_BEGINS = _rule(_START, _POLITE)  # 島田です。 but not 君津です。 nor 長野です。
_STRANGER = re.compile(
    rf"(?<!{_WORD})([一-龠々]{{2,3}})(?<![長員者士師守人家屋方達等々])(?=さん|さま|様(?![式子々])|氏(?!名))"
)
_STANDS_ALONE = _rule(rf"(?<!{_WORD})|(?:{_OFFICE}|{_PERSON}|氏名|名前)", rf"(?!{_WORD})")


def names(text: str) -> Iterator[Found]:
    """Every place where a person is named, and the reading in brackets behind it."""
    for start, end in _places(text):
        yield Found(start, end, "氏名")
        reading = _READING_OF_IT.match(text, end)
        if reading:
            yield Found(reading.start(1), reading.end(1), "氏名")


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _BEHIND_A_LABEL.finditer(text):
        if _proper_nouns(match[1].replace(" ", "")):
            yield match.span(1)
    for match in _BEHIND_A_PERSON.finditer(text):
        if _proper_nouns(match[1].replace(" ", "")) and not re.search(_OFFICE, match[1]):
            yield match.span(1)
    for match in _BEHIND_A_COLON.finditer(text):
        if not _NO_NAME.search(match[1]):
            yield match.span(1)
    for match in _INTRODUCED.finditer(text):
        yield match.start(1) + _behind_an_office(match[1]), match.end(1)
    yield from _persons(text)
    for match in _STRANGER.finditer(text):
        if all(len(token.surface) == 1 for token in analyse(match[1])):  # no word of the dictionary
            yield match.span(1)


def _persons(text: str) -> Iterator[tuple[int, int]]:
    """Nouns that the text calls persons, and surnames that stand beside such a one: 小山と沢田さん."""
    in_context = _proper_nouns(text)
    nouns = {(noun.start, noun.end): noun for noun in chain(_nouns_of_runs(text), in_context)}
    persons = {place for place, noun in nouns.items() if _is_person(text, noun)} | {
        (noun.start, noun.end) for noun in in_context if _stands_alone(text, noun)
    }
    for start, end in nouns.keys() - persons:
        beside = any(
            _BESIDE.fullmatch(text[min(end, other_end) : max(start, other_start)])
            for other_start, other_end in persons
        )
        if beside and text[start:end] in SURNAMES:
            yield start, end
    yield from sorted(persons, key=lambda place: place[0] - place[1])  # the longest first


def _nouns_of_runs(text: str) -> Iterator[_Noun]:
    """Names in runs of kanji by themselves: 担当 金子 and 道路課林 are read otherwise in a sentence."""
    for run in _RUN.finditer(text):
        for noun in _proper_nouns(run.group()):
            yield replace(noun, start=noun.start + run.start(), end=noun.end + run.start())
        start = run.start() + _behind_an_office(run.group())
        for end in range(start + 1, min(start + 3, run.end()) + 1):
            if text[start:end] in SURNAMES:
                yield _Noun(start, end)


def _behind_an_office(run: str) -> int:
    """Where the name begins in 水道課加藤."""
    office = re.match(rf".*(?:{_OFFICE})(?=.)", run)
    return office.end() if office else 0


def _is_person(text: str, noun: _Noun) -> bool:
    """Whether the text says so."""
    name = text[noun.start : noun.end]
    if name in _NO_PERSON:
        return False
    if _CALLED.holds(text, noun):
        return True
    if _BEGINS.holds(text, noun):
        return name not in _towns() or (name in SURNAMES and name not in _prefectures())
    town = name in _towns()
    if town and re.search(r"[都道府県]の ?$", text[: noun.start]):
        return False  # 千葉県の君津です
    rules = _RULES + (_RULES_OF_FULL_NAMES if noun.words > 1 else ()) + (() if town else _RULES_OF_NO_TOWNS)
    return any(rule.holds(text, noun) for rule in rules)


def _stands_alone(text: str, noun: _Noun) -> bool:
    """Whether it is neither a place that has an office nor a part of another word, such as 前田道路."""
    name = text[noun.start : noun.end]
    known = name in _NO_PERSON or name in _towns()
    return not known and bool(_ALONE.fullmatch(name)) and _STANDS_ALONE.holds(text, noun)


def _proper_nouns(text: str) -> list[_Noun]:
    """Those of ``text``; what stands together, a blank between or not, is one."""
    found: list[_Noun] = []
    lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    position = 0
    for token in analyse(text.replace(" ", "、")):  # a blank would be folded away
        start = lower.find(token.surface, position)
        if start < 0:
            continue  # folded to other letters: no name
        position = start + len(token.surface)
        if token.kind == "name":
            noun = _Noun(start, position)
            if found and text[found[-1].end : start].strip(" ") == "":
                before = found.pop()
                noun = _Noun(before.start, position, before.words + 1)
            found.append(noun)
    return found


@lru_cache(maxsize=1)
def _towns() -> frozenset[str]:
    """Municipalities and prefectures, and as people call them: without 市 or 県. 青木 is a surname before a village."""
    places = municipalities()
    called = {place.name[:-1] for place in places if place.name[-1] in "市区県府都"}
    called |= {place.name[:-1] for place in places if place.name[-1] in "町村"} - SURNAMES
    return frozenset(called | {place.name for place in places})


@lru_cache(maxsize=1)
def _prefectures() -> frozenset[str]:
    return frozenset(place.name[:-1] for place in municipalities() if place.is_prefecture)
