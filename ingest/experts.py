"""What a reader sees of an advisor (人材バンク), in sentences; how to reach it is nowhere told."""

from __future__ import annotations

from corpus.expertise import Period, Travel
from corpus.records import Advisor

_TRAVELS: dict[Travel, str] = {
    "県内": "現地に行けるのは{}の中です。",
    "対応地域": "",
    "全国": "現地には全国どこへでも行けます。",
    "オンラインのみ": "現地には行かず、オンラインだけで対応します。",
}


def introduced(advisor: Advisor) -> tuple[str, ...]:
    """Who it is, where and when it works and for whom; empty where nothing is to be said."""
    languages = f"使える言語は{'・'.join(advisor.languages)}です。"
    return (
        advisor.summary,
        f"対応できる地域は{'・'.join(advisor.blocks)}です。",
        _TRAVELS[advisor.travel].format(advisor.prefecture),
        f"対応できる段階は{'・'.join(advisor.stages)}です。",
        f"対応してきた自治体の規模は{'・'.join(advisor.sizes)}です。",
        f"1年度に受けられるのは{advisor.capacity}自治体です。",
        _period(advisor.period),
        "オンラインの相談に対応します。" if advisor.remote else "オンラインの相談には対応しません。",
        languages if advisor.languages != ("日本語",) else "",
        f"資格は{'・'.join(advisor.qualifications)}です。" if advisor.qualifications else "",
        f"{advisor.vendor}に属し、扱う技術の利害があります。" if advisor.vendor else "",
    )


def supported(advisor: Advisor) -> tuple[str, ...]:
    """Its past supports, each with its year."""
    return tuple(
        f"{support.summary}（{support.year}）" if support.year else support.summary
        for support in advisor.supports
    )


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    start = f"{period.start}から" if period.start else ""
    return f"対応できる期間は{start}{f'{period.end}まで' if period.end else ''}です。"
