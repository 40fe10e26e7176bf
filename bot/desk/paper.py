"""Our own letters (手紙のひな形), drawn as Word templates: what is used until the secretariat has its own, and what it starts from.

Blanks 「　　」 stand for what the desk does not know: number, sender, fees. A line that begins with > stands on the right, one
with = in the middle; what stands behind a | begins at one place on every line.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FONT = "ＭＳ 明朝"
_SIDES = {">": WD_ALIGN_PARAGRAPH.RIGHT, "=": WD_ALIGN_PARAGRAPH.CENTER}
_BESIDE = Mm(42)  # from the margin to what stands beside a label

ADVISOR = """\
>「　　」第「　　」号
>{{ 日付 }}

{{ アドバイザー }}　様

>「　　」
>「　　」

=自治体への技術的な助言について（依頼）

拝啓　時下ますますご清祥のこととお慶び申し上げます。平素は格別のご高配を賜り、厚く御礼申し上げます。
　このたび、{{ 自治体 }}から、インフラの維持管理や新技術の導入について、下記の相談を受け付けました。
{%p if 状態 == "打診" %}
　つきましては、ご多忙のところ誠に恐縮ですが、助言をお引き受けくださいますよう、お願い申し上げます。
{%p else %}
　助言をお引き受けくださり、誠にありがとうございます。つきましては、下記のとおりご協力くださいますよう、お願い申し上げます。
{%p endif %}
>敬具

=記
１　受付番号|{{ 受付番号 }}
２　自治体|{{ 自治体 }}
３　課題|{{ 課題 }}
４　施設|{{ 施設 }}
５　使いたい技術|{{ 技術 }}
６　段階|{{ 段階 }}
７　支援の形|{{ 支援の形 }}
８　時期|{{ 時期 }}
９　期限|{{ 期限 }}
10　お願いすること|上の課題について、助言をお願いします。自治体との連絡は、事務局が取り次ぎます。
{%p if 状態 == "打診" %}
|お引き受けくださるかどうかを、事務局にお知らせください。
{%p else %}
|ご都合のよい日を、事務局にお知らせください。
{%p endif %}
|支援が終わりましたら、内容と結果を事務局にお知らせください。
11　謝金・旅費|「　　」
>以上

（担当）「　　」　電話「　　」　メール「　　」
"""

MUNICIPALITY = """\
>「　　」第「　　」号
>{{ 日付 }}

{{ 自治体 }}
{{ 担当者 }}　様

>「　　」
>「　　」

=ご相談を支援するアドバイザーについて（通知）

拝啓　時下ますますご清祥のこととお慶び申し上げます。平素は格別のご高配を賜り、厚く御礼申し上げます。
　{{ 受付日 }}に受け付けたご相談について、下記のとおり、支援するアドバイザーが決まりましたので、お知らせします。
>敬具

=記
１　受付番号|{{ 受付番号 }}
２　ご相談の内容|{{ 課題 }}
３　施設|{{ 施設 }}
４　段階|{{ 段階 }}
５　アドバイザー|{{ アドバイザー }}（{{ 所属 }}）
６　支援の形|{{ 支援の形 }}
７　時期|{{ 時期 }}
８　期限|{{ 期限 }}
{%p if 状態 == "決定" %}
９　今後の進め方|事務局が、アドバイザーと日程を調整し、ご連絡します。
{%p else %}
９　今後の進め方|支援を始めています。日程などのご相談は、事務局にお寄せください。
{%p endif %}
|課題の分かる資料（台帳、点検の結果、写真など）がありましたら、ご用意ください。
|支援が終わりましたら、結果を事務局にお知らせください。
{%p if 理由 %}
10　推薦の理由|人材バンクの記録とご相談を照らし合わせて、推薦しました。
{%p endif %}
{%p for 文 in 理由 %}
|・{{ 文 }}
{%p endfor %}
>以上

（担当）「　　」　電話「　　」　メール「　　」
"""


@cache
def drawn(text: str) -> bytes:
    """A Word template that says ``text``, on A4."""
    paper = Document()
    _set_up(paper)
    for line in text.splitlines():
        side = _SIDES.get(line[:1])
        label, beside, words = line[side is not None :].partition("|")
        paragraph = paper.add_paragraph(f"{label}\t{words}" if label and beside else label + words)
        if side is not None:
            paragraph.alignment = side
        if beside:
            shape = paragraph.paragraph_format
            shape.left_indent = _BESIDE
            shape.first_line_indent = -_BESIDE if label else None
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _set_up(paper: Any) -> None:
    page = paper.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(25)
    page.top_margin = page.bottom_margin = Mm(20)
    plain = paper.styles["Normal"]
    plain.font.name, plain.font.size = FONT, Pt(10.5)
    plain.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    plain.paragraph_format.space_after = Pt(0)
    plain.paragraph_format.line_spacing = Pt(17.5)
    about = paper.core_properties
    about.author = about.comments = about.title = ""
