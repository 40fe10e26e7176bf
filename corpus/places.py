"""Where in Japan: the ten blocks, the 47 prefectures and every municipality (全国の自治体).

Codes, names and readings are those of JIS X 0402; the block of a prefecture is the district of the
regional bureau of the Ministry of Land that covers it (地方整備局・北海道開発局・沖縄総合事務局).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

Block = Literal["北海道", "東北", "関東", "北陸", "中部", "近畿", "中国", "四国", "九州", "沖縄"]
Prefecture = Literal[
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県",
    "茨城県", "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "山梨県", "長野県",
    "新潟県", "富山県", "石川県",
    "岐阜県", "静岡県", "愛知県", "三重県",
    "福井県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県", "山口県",
    "徳島県", "香川県", "愛媛県", "高知県",
    "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県",
    "沖縄県",
]  # fmt: skip

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Municipality:
    """One 市区町村, or a prefecture itself (then ``name`` is ``prefecture``). ``code``: six digits."""

    code: str
    name: str
    reading: str
    prefecture: Prefecture
    block: Block

    @property
    def is_prefecture(self) -> bool:
        return self.name == self.prefecture


@lru_cache(maxsize=1)
def municipalities() -> tuple[Municipality, ...]:
    """All 47 prefectures and 1,741 municipalities in the order of their codes."""
    with (ROOT / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Municipality(**row) for row in csv.DictReader(file))  # type: ignore[arg-type]
