"""The words that people use for facilities, stages, ways of working and sizes. Tables only, and how to look in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from corpus.parts import Facility, Size, Stage
from rag.fold import squeeze
from rag.matching.need import SIZES, Mode
from rag.places import mentioned
from rag.tokens import one_writing

V = TypeVar("V")

_FACILITIES: dict[Facility, str] = {
    "橋梁": "橋 橋りょう 道路橋 歩道橋 横断歩道橋 吊橋 つり橋 沈下橋 石橋 木橋 溝橋 床版 橋桁 橋脚 橋台 コンクリート橋 鋼橋",
    "トンネル": "隧道 覆工",
    "道路": "市道 町道 村道 県道 国道 農道 生活道 除雪 道守 陥没 車道 歩道 路面下 路面の下",
    "舗装": "路面 ポットホール わだち 舗装の穴",
    "道路附属物・斜面": "斜面 法面 のり面 崖 がけ 標識 照明 街灯 街路灯 カーブミラー 防護柵 ガードレール 附属物 付属物 盛土 擁壁 落石 街路樹",
    "河川": "川の 川を 川が 川沿い 樋門 樋管 水門 堤防 護岸 水路 ため池 河道 排水機場",
    "砂防・海岸": "砂防 海岸 堰堤 防潮堤 護岸堤 ダム",
    "下水道": "下水 下水管 管渠 管きょ マンホール 汚水 雨水管 下水処理場 処理区域",
    "水道": "水道管 上水道 水管橋 配水管 配水池 漏水 水漏れ 浄水場 断水 給水 送水 導水",
    "港湾": "港 漁港 岸壁 桟橋 防波堤 ふ頭",
    "公園": "遊具 都市公園 児童遊園 草刈り 除草",
    "公共建築": "庁舎 学校 校舎 公民館 体育館 公共施設 公共建築物 建築物 建物 外壁 公営住宅 市営住宅 町営住宅 保育所",
    "複数分野": "群マネ 分野横断 多分野 全分野 インフラ全般 インフラ全体",
}  # fmt: skip
_ELSEWHERE = (  # none of ours
    "空港 鉄道 線路 踏切 焼却場 学校給食 学校教育 給水車 道路工事の騒音 命がけ 心がけ 手がけ"
    " 川をまた 川を渡 川を横断 水路にかか 水路に架 水路をまた"  # what is over it is meant
)
_NOT_MEANT = r"の?(?:話|件|こと|相談|もの)?(?:で|じゃ)は?な[くい]"  # 橋の話ではなく
_STAGES: dict[Stage, str] = {
    "課題整理": "何から どこから 課題の整理 課題を整理 整理したい 手を付け 手をつけ 困っている 困りごと 着手",
    "技術選定": "選定 選び方 選びたい 選ぶ 比べたい 比べて 見比べ 比べ方 比較 どの技術 どの方法 どれがよい 見きわめ 見極め",
    "現場試行": "試行 試したい 試して 試す 試み 実証 実験 お試し",
    "庁内調整・予算": "庁内 予算 議会 財政 合意 予算要求 説明資料 首長 上司 補助金",
    "発注・契約": "発注 契約 仕様書 仕様 入札 調達 公募 プロポーザル 随意契約 委託先を",
    "本格導入": "導入 本格 本格的に 運用 引き継 全域に広げ 横展開 定着",
    "効果検証": "効果検証 検証 効果を 効果が 効果の 成果を 評価したい",
}
_MODES: dict[Mode, str] = {
    "現地": "現地 訪問 立ち会 出張 対面",
    "オンライン": "オンライン リモート ウェブ会議 web会議 テレビ会議 ビデオ会議 zoom teams 電話で相談",
}
_FEWEST = 100  # no municipality has fewer people: 3人の市の職員
_BELOW = (5_000, 10_000, 30_000, 100_000, 500_000)  # where one size ends and the next begins
_COME = re.compile(r"来て[^。]{0,12}?(?:ほし|欲し|もら|くだ|下さ|いただ|頂)")  # 町に来て一緒に見てほしい
_PEOPLE = r"(?:約|およそ|おおよそ|だいたい)?([0-9]+(?:\.[0-9]+)?)人(?:くらい|ぐらい|ほど|程度|弱|強)?"
_POPULATION = re.compile(rf"人口(?:は|が|規模|:|、)?{_PEOPLE}|{_PEOPLE}の(?:町|村|市|まち|自治体)")
_ONLY_PEOPLE = re.compile(rf"{_PEOPLE}(?:です|かな|と思います)?")  # the whole answer to a question
_WEAK: dict[Stage, str] = {
    "本格導入": "導入",
    "発注・契約": "仕様",
    "課題整理": "困っている",
}  # said at any stage


def facilities_in(text: str) -> tuple[Facility, ...]:
    """The facilities that a text names, in reading order; of two words the longer one (水管橋 is no 橋).

    Left out: places (豊橋市 is no bridge), and what is not meant (橋ではなくトンネル).
    """
    for mention in reversed(mentioned(text)):
        text = f"{text[: mention.start]}、{text[mention.end :]}"
    words = _facility_words()
    plain = re.sub(f"(?:{_any(words)}){_NOT_MEANT}", "、", squeeze(text))
    return tuple(dict.fromkeys(facility for _, facility in _found(plain, words) if facility))


def stage_in(text: str) -> Stage | None:
    """The stage that a text is at, if it tells of one only; a word said at any stage counts least."""
    counts: dict[Stage, int] = {}
    for word, stage in _found(squeeze(text), _stage_words()):
        counts[stage] = counts.get(stage, 0) + (1 if _WEAK.get(stage) == word else 2)
    best = [stage for stage, count in counts.items() if count == max(counts.values())]
    return best[0] if len(best) == 1 else None


def mode_in(text: str) -> Mode | None:
    """The wished way of working; both is as good as none."""
    plain = squeeze(text)
    modes = {mode for _, mode in _found(plain, _mode_words())}
    modes |= {"現地"} if _COME.search(plain) else set()
    return modes.pop() if len(modes) == 1 else None


def size_in(text: str) -> Size | None:
    """The size of a municipality that tells it (1～3万人) or its population (人口1万2千人)."""
    plain = squeeze(text)
    named = next((size for size in SIZES if squeeze(size) in plain), None)
    written = one_writing(text)
    told = _POPULATION.search(written) or _ONLY_PEOPLE.fullmatch(written.strip(" 。"))
    people = float(next(filter(None, told.groups()))) if told else 0.0
    return named or (size_of(people) if people >= _FEWEST else None)


def size_of(population: float) -> Size:
    return SIZES[bisect_right(_BELOW, population)]


def facility_called(word: str) -> Facility | None:
    """The facility by its own or another name, and nothing else besides."""
    return {squeeze(name): facility for name, facility in _facility_words().items()}.get(squeeze(word))


def stage_called(word: str) -> Stage | None:
    return _stage_words().get(squeeze(word))


def mode_called(word: str) -> Mode | None:
    return _mode_words().get(squeeze(word))


@lru_cache(maxsize=1)
def _facility_words() -> dict[str, Facility | None]:
    return {squeeze(word): None for word in _ELSEWHERE.split()} | _words(_FACILITIES)


@lru_cache(maxsize=1)
def _stage_words() -> dict[str, Stage]:
    return _words(_STAGES)


@lru_cache(maxsize=1)
def _mode_words() -> dict[str, Mode]:
    return _words(_MODES)


def _words(table: Mapping[V, str]) -> dict[str, V]:
    """Word -> what it means; names of two things (庁内調整・予算) count by their halves too."""
    found: dict[str, V] = {}
    for meaning, words in table.items():
        for word in (str(meaning), *str(meaning).split("・"), *words.split()):
            found.setdefault(squeeze(word), meaning)
    return found


def _found(text: str, words: dict[str, V]) -> Iterator[tuple[str, V]]:
    """The words in a text, from left to right, none within another."""
    for match in re.finditer(_any(words), text):
        yield match[0], words[match[0]]


def _any(words: Iterable[str]) -> str:
    """A pattern for each of the words, the longest that fits."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
