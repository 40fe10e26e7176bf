"""The text of a cell -> the value of a field, by the type that the record gives it.

What a cell says is never guessed: a word that fits no choice stays as it is, and the record refuses it.
"""

from __future__ import annotations

import re
import types
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from corpus.expertise import Level, Period, Support
from corpus.parts import Facility, Record
from corpus.places import Prefecture, municipalities
from ingest.lists import structured
from rag.fold import squeeze

WHOLE_COUNTRY = "全国"  # no block is named
_BLANK = re.compile(r"[-－―–—ー−]+")
_BETWEEN = re.compile(r"[、，,;；／/\n]")
_COUNT = re.compile(r"([0-9]+)(?:件|自治体|団体|市町村|回|名|人|か所)?")
_YES = set("○ ◯ 〇 ◎ はい 有 あり 可 可能 対応 対応可 yes true 1".split())
_NO = set("× ✕ ✗ いいえ 無 なし 不可 非対応 対応不可 no false 0".split())
_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ"))}
_CALLED = {  # how lists call a choice -> the choice
    "橋梁": "橋 橋りょう 道路橋 歩道橋 橋りょう等",
    "トンネル": "隧道 道路トンネル",
    "道路附属物・斜面": "道路附属物 附属物 付属物 道路付属物 斜面 法面 のり面 標識 照明",
    "砂防・海岸": "砂防 海岸",
    "下水道": "下水 下水道管 下水道管路 下水道施設",
    "水道": "上水道 水道管 水道施設 上水",
    "港湾": "港 港湾施設",
    "河川": "河川施設 樋門",
    "公園": "都市公園 公園施設 遊具",
    "公共建築": "建築 建築物 公共施設 公共建築物 庁舎",
    "複数分野": "全般 共通 全分野 分野横断 インフラ全般",
    "課題整理": "課題の整理",
    "技術選定": "技術の選定 選定",
    "現場試行": "試行 実証 試行中 実証実験",
    "庁内調整・予算": "庁内調整 予算 予算化 予算要求",
    "発注・契約": "発注 契約 調達",
    "本格導入": "導入 導入済 導入済み",
    "効果検証": "検証",
    "募集中": "募集 受付中 公開中 継続 継続中 未解決 対応中",
    "終了": "募集終了 受付終了 締切 完了 解決 解決済 解決済み 対応済 対応済み 済 取下げ",
    "点検・撮影": "点検 撮影 点検技術",
    "診断・解析": "診断 解析 診断技術",
    "計測・監視": "計測 監視 モニタリング 計測技術",
    "補修・作業": "補修 修繕 施工 作業 補修技術",
    "記録・台帳": "記録 台帳 台帳管理 データ管理",
    "通報・連絡": "通報 連絡",
    "県内": "都道府県内 県内のみ 府内 道内 都内",
    "対応地域": "地域内 対応地域内 ブロック内",
    "全国": "全国可 どこでも",
    "オンラインのみ": "オンライン限定 現地不可 訪問不可",
    "high": "高 高い",
    "medium": "中 ふつう",
}
_CHOICES = {squeeze(word): choice for choice, words in _CALLED.items() for word in words.split()}


def is_blank(text: str) -> bool:
    """Nothing, or a dash that stands for nothing."""
    return not text.strip() or bool(_BLANK.fullmatch(text.strip()))


def value_of(kind: type[Record], name: str, text: str) -> Any:
    """The value for a field; what does not fit is given on as it is, for the record to refuse."""
    wanted = _wanted(kind, name)
    if get_origin(wanted) is tuple and get_args(wanted)[0] in (Level, Support):
        return _parts(get_args(wanted)[0], text)
    if wanted is Period:
        return structured.period(text)
    if get_origin(wanted) is tuple:
        several = _several(get_args(wanted)[0], text)
        return [part for part in several if part != WHOLE_COUNTRY] if name == "blocks" else several
    if wanted is bool:
        word = squeeze(text)
        return True if word in _YES else False if word in _NO else text
    if wanted is int:
        count = _COUNT.fullmatch(squeeze(text))
        return int(count[1]) if count else text
    if name == "reading":
        return re.sub(r"\s", "", text).translate(_KATAKANA)
    return _chosen(wanted, text)


def prefecture_of(municipality: str) -> tuple[str, ...]:
    """The prefectures that have a municipality of this name; several share 府中市."""
    found = [place.prefecture for place in municipalities() if place.name == municipality.strip()]
    return tuple(dict.fromkeys(found))


def apart(municipality: str) -> tuple[str, str]:
    """Prefecture (or nothing) and municipality of 千葉県君津市."""
    name = re.sub(r"\s", "", municipality)
    for prefecture in get_args(Prefecture):
        rest = name.removeprefix(prefecture)
        if rest and rest != name and prefecture_of(rest):
            return prefecture, rest
    return "", municipality.strip()


@lru_cache
def _wanted(kind: type[Record], name: str) -> Any:
    """The type of a field without its rules and without None."""
    return _bare(get_type_hints(kind, include_extras=True)[name])


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _parts(of: type, text: str) -> list[Any]:
    """What a cell says of several levels or supports."""
    between = "[;；\n]" if of is Support else _BETWEEN
    texts = filter(None, (part.strip() for part in re.split(between, text)))
    if of is Support:
        return [structured.support(part) for part in texts]
    return [structured.level(part, lambda word: _chosen(Facility, word)) for part in texts]


def _several(of: Any, text: str) -> list[Any]:
    """The parts of a list, a choice with ・ in its name kept whole."""
    parts = [part.strip().removeprefix("・").strip() for part in _BETWEEN.split(text)]
    found: list[Any] = []
    for part in filter(None, parts):
        whole = _chosen(of, part)
        if get_origin(_bare(of)) is Literal and whole not in get_args(_bare(of)) and "・" in part:
            found += [_chosen(of, piece.strip()) for piece in part.split("・") if piece.strip()]
        else:
            found.append(whole)
    return list(dict.fromkeys(found))


def _chosen(of: Any, text: str) -> str:
    """The choice that a word means; any other text as it is."""
    choices = get_args(_bare(of)) if get_origin(_bare(of)) is Literal else ()
    word = squeeze(text)
    for choice in choices:
        name = squeeze(choice)
        if word in (name, re.sub("[都府県]$", "", name), f"{name}地方"):
            return str(choice)
    meant = _CHOICES.get(word, "")
    return meant if meant in choices else _trimmed(text)


def _trimmed(text: str) -> str:
    """The text without blanks around its lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
