"""Thirty answers over all kinds of questions, as a page: ``python -m eval.answers FILE`` writes docs/answers.md.

A test compares the page with what is answered now, so that a change in an answer is seen in a diff.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rag.answer import Desk, open_desk
from rag.settings import Settings
from rag.types import Answer

QUESTIONS: dict[str, tuple[str, ...]] = {
    "事実・定義": ("群マネとは何ですか", "NETISとは何ですか", "判定区分Ⅲはどういう状態ですか"),
    "数値・期限": (
        "橋の定期点検は何年に1回ですか",
        "国の性能カタログにはいくつの技術が載っていますか",
        "小さな市町村で新技術を使ったことがあるのは何割くらいですか",
    ),
    "手順・進め方": (
        "そもそも何から手を付けていいか分かりません",
        "橋の点検にドローンを使いたい。何から始めればいいですか",
        "新技術の効果はどう確かめればいいですか",
    ),
    "事例を探す": (
        "人工衛星で水道の漏水を調べた自治体の事例を教えてください",
        "職員が自分たちで橋を直している市はありますか",
        "市民がスマートフォンで道路の傷みを知らせる仕組みの事例",
    ),
    "技術を探す・比べる": (
        "橋の点検に使える技術を比べたい",
        "下水道管を人が入らずに調べる方法は何がありますか",
        "AIの打音検査では何が分からないのですか",
    ),
    "制度・財源": (
        "道路メンテナンス事業補助の補助率はいくらですか",
        "新技術を試すときに使える補助はありますか",
        "ハンズオン支援事業にはどうすれば応募できますか",
    ),
    "相談先": (
        "橋の点検のことを誰に相談すればいいですか",
        "高専の講座を受けたいときの問い合わせ先はどこですか",
    ),
    "行事・フォーラム": (
        "九州フォーラムはどんな活動を計画していましたか",
        "近畿のピッチイベントはいつでしたか",
    ),
    "聞き返し": ("点検は何年に1回ですか", "ドローン"),
    "ないもの": (
        "豊橋市の水道の有収率は何％ですか",
        "NETISの登録手数料はいくらですか",
        "岩見沢市は除雪車の何台にGPSを載せましたか",
    ),
    "対象外": ("明日の天気を教えてください", "住民票の取り方を教えてください"),
}
FOLLOW_UP = ("ハンズオン支援のモデル自治体を教えてください", "四国だとどこですか")


def page(desk: Desk) -> str:
    """The page in Markdown, the same for the same corpus."""
    told = ["# 回答の例", "", "`python -m eval.answers docs/answers.md` が書く。"]
    for kind, questions in QUESTIONS.items():
        told += ["", f"## {kind}"]
        for question in questions:
            told += _entry(question, desk.ask(question))
    first, then = FOLLOW_UP
    told += ["", "## 続きの質問", "", f"（前の質問: {first}）", *_entry(then, desk.ask(then, before=[first]))]
    return "\n".join(told) + "\n"


def _entry(question: str, answer: Answer) -> list[str]:
    sources = [f"- [{c.number}] {c.source}「{c.quote}」".replace("\n", " ") for c in answer.citations]
    nearest = [f"- 近い箇所: {' ＞ '.join([n.title, *n.section])}" for n in answer.nearest]
    onward = [f"- 次に: {choice}" for choice in answer.follow_ups]
    lines = [f"{line}  " for line in answer.text.split("\n")]
    return ["", f"### {question}", "", f"状態: {answer.status}", "", *lines, "", *sources, *nearest, *onward]


def main(file: str) -> None:
    Path(file).write_text(page(open_desk(Settings())), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
