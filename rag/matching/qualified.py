"""Which facilities a qualification (資格) is about, by the words in its name."""

from __future__ import annotations

from corpus.parts import Facility
from rag.matching.need import FACILITIES

FIELDS: tuple[Facility, ...] = FACILITIES
OTHER = 0.5  # a qualification of no field in particular
_WORDS: dict[str, tuple[Facility, ...]] = {
    "橋": ("橋梁",),
    "鋼構造": ("橋梁",),
    "コンクリート": ("橋梁", "トンネル", "港湾", "砂防・海岸"),
    "道守": ("橋梁", "道路", "トンネル"),
    "トンネル": ("トンネル",),
    "舗装": ("舗装", "道路"),
    "地盤": ("道路附属物・斜面",),
    "応用理学": ("道路附属物・斜面", "砂防・海岸"),
    "測量": ("道路", "河川", "砂防・海岸"),
    "河川": ("河川",),
    "下水道": ("下水道",),
    "上下水道": ("水道", "下水道"),
    "水道施設": ("水道",),
    "港湾": ("港湾", "砂防・海岸"),
    "公園": ("公園",),
    "建築": ("公共建築",),
    "建物": ("公共建築",),
    "総合技術監理": ("複数分野",),
}


def field_of(name: str) -> tuple[Facility, ...]:
    """上下水道部門 is of both; 下水道管路管理技士 of sewers."""
    found = (facility for word, fields in _WORDS.items() if word in name for facility in fields)
    return tuple(dict.fromkeys(found))
