"""What is declined before anything is looked for: other matters, and judgements nobody may leave to a chat (お断り)."""

from __future__ import annotations

import re

from rag.fold import fold

_OUTSIDE = (  # everyday matters of a town hall, and beyond, that no shelf here is about
    "天気予報|の天気|気温は|住民票|戸籍|マイナンバーカード|国民健康保険|年金|確定申告|ごみの(?:日|出し方|分別)|婚姻届|出生届|レシピ|株価|占い"
)
_OF_ONE_CASE = (  # of one legal case; what documents tell of courts and laws may be asked
    r"(?:うち|当[市町村]|本[市町村]|今回|わたし|私|この件)[^。]*(?:責任(?!者|分担)|賠償|弁償|違法|訴え|過失)"
    r"|(?:法的な?責任|賠償責任)[^。]{0,6}(?:あり|ある|問われ|生じ|負)|違法(?:です|でしょう|に(?:なり|あた))"
)
_OF_SOMEBODY = (
    "(?:会社|業者|企業|建設|さん|氏|課長|部長|市長|町長|村長|議員)[^。]{0,12}(?:信用でき|信頼でき|評判|どう思|優秀|無能|やり方に納得)"
    "|指名から外|(?:おすすめ|お薦め|一番いい|いちばんいい)の?(?:会社|業者|企業|メーカー)"
    "|(?:どこ|どの(?:会社|業者|メーカー))が(?:一番|いちばん)(?:いい|良い|優れ)"
)

OUTSIDE = (
    "このチャットは、インフラの維持管理と新技術の導入の資料だけをもとに答えます。"
    "お尋ねの件は資料の対象外ですので、担当の窓口にお問い合わせください。"
)
OF_ONE_CASE = (
    "個別の事案の法的な判断はお答えできません。資料にある一般的な決まりはお尋ねいただけます。"
    "判断は、法務の担当や顧問弁護士にご相談ください。"
)
OF_SOMEBODY = (
    "個人や企業の評価はお答えできません。資料にある取組や役割はお尋ねいただけます。"
    "業者の選び方は、契約の担当や都道府県の建設技術センターにご相談ください。"
)
_DECLINED = (
    (re.compile(_OUTSIDE), OUTSIDE),
    (re.compile(_OF_ONE_CASE), OF_ONE_CASE),
    (re.compile(_OF_SOMEBODY), OF_SOMEBODY),
)


def declined(question: str) -> str:
    """What to say to a question that is declined, with where to turn; empty for any other."""
    plain = fold(question)
    return next((lead for asks, lead in _DECLINED if asks.search(plain)), "")
