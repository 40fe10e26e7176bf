"""Words on which a statement turns: how binding it is, how sure, how much of the whole, yes or no.

しなければならない is not 望ましい, 見込み is not a result, 一部 is not すべて, 増える is not 減る. Knows plain (folded) text only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NO_DENIAL = re.compile(  # says no in letters only
    "(?:なければ|なくては|ねば)(?:な[らり]|いけ)(?:ない|な[くか]|ません)?|だけ(?:で|じゃ)(?:は)?な[いく]|のみならず|に限らず|にかかわらず|かどうか|か否か"
    "|ほかな[らり]|やむを得|欠かせ|かもしれ(?:ない|ません)|なく(?:な[らりるっ]|[すしせ])|(?:すく|少)なくとも|ま?もなく|漏れなく|もれなく"
    "|少な[いくか]|危な[いくか]|足りな|足りませ|必ず|(?:ひと)?まず(?=、|は)|はず|わずか|いずれ|相変わらず"
)
_DENIAL = re.compile(
    "な[いか](?!ら)|なく|ません|ず(?=に|、|。|$|と|、)|不要|不可|不明|対象外|不(?:向き|適|十分|参加|採択|成立)|(?:で|が|は|も)なし|無し|なし(?=。|、|$)|拒[んみ]|除外|除[くい]"
    "|未(?![満来だ明然曾])"
)

_NOUN = re.compile("([一-鿿々ァ-ヺー]{1,2})(?:が|は|を|も|に|の)[^、。]{0,8}$")


@dataclass(frozen=True)
class Mark:
    """A kind of wording that a sentence may not add. ``kept``: what of a passage it may not leave out; nothing where None."""

    name: str
    pattern: re.Pattern[str]
    kept: re.Pattern[str] | None


def _mark(name: str, pattern: str, kept: str | None = "") -> Mark:
    """``kept`` left out: all of the pattern."""
    return Mark(name, re.compile(pattern), None if kept is None else re.compile(kept or pattern))


_THAN = "(?<!に)より(?=[^、]{0,30}(?:[高低多少大小安早長短良]|減|増|抑|削|縮|上回|下回|節約))"

MARKS = (
    # force of a rule
    _mark(
        "しなければならない",
        "なければ(?:な[らり]|いけ)|なくては(?:な[らり]|いけ)|ねばな[らり]|義務(?!教育)|必ず|必須|べき",
    ),
    _mark(
        "必要がある", "必要(?:が|は|も)?(?:あ|な[いし]|で[すしあ]|とな|に[なは]|不可欠)|不可欠|欠かせ|要する"
    ),
    _mark("求める", "求め|要求|要請"),
    _mark("望ましい", "望まし|推奨|勧め|薦め|奨め|好まし"),
    _mark(
        "できる",
        "でき(?!な|ま?せん|ず|て|た|あが|事)|可能(?!性)|得る(?=。|$|と|も)|て(?:も?よい|もかまわ)"
        "|(?:使|行|扱|もら)え(?!な|ま?せん|ず)|(?:減ら|出|探|試|見通|任)せ[るま](?!せん)|(?:防|稼)げ[るま](?!せん)|(?:選|学|飛)べ[るま](?!せん)"
        "|(?:送|測|知|借りら|受けら|調べら|避けら|続けら|見つけら)れ[るま](?!せん)|(?:頼|読|組|申し込|進)め[るま](?!せん)",
        "でき(?!な|ま?せん|ず|て|た|あが|事)|可能(?!性)|得る(?=。|$|と|も)|て(?:も?よい|もかまわ)",
    ),
    _mark("努める", "努め|努力義務|心がけ"),
    _mark("禁じる", "禁[止じ]|てはな[らり]|てはいけ|認めな|認めませ|許さな"),
    _mark(
        "依頼",
        "[てで](?:下さい|ください|ほしい|欲しい)|なさい|(?:せよ|しろ|答えよ|述べよ|書け)(?=。|」|$|と)|命じ|指示(?:を無視|に従)",
    ),
    # how sure it is
    _mark(
        "見込み",
        "見込|見通し|予測|推計|推定|試算|見積も?り?(?=で|だ|と|では|の額)|はず(?:で|だ)|でしょう|だろう",
    ),
    _mark(
        "予定",
        "予定|方針|目指|めざ|目標(?:と[すし]|で(?!き)|に(?:す|し|掲))|計画(?:で(?!き)|だ|中|して|と[しな])|つもり|意向",
    ),
    _mark(
        "検討",
        "検討(?:し[てま]|中|する(?:。|$|予定|方針|と[しい])|を(?:進め|始め|続け))|議論|話し合|協議(?:し|中)|[るた]案[がをのは]",
    ),
    _mark("試行", "実証|試行|試験|試し|試み|トライアル|デモ|モデル事業"),
    _mark("例", "例(?:が|も|は|で|を|として|示)|事例(?:が|も|で|として)|ことも?が?あ[りる]|場合[がも]あ"),
    _mark("想定", "想定|おそれ|恐れ|可能性|かもしれ|みてい|みられ|と考え|と思わ|期待|懸念|ようで|らし[いく]"),
    # how much of the whole
    _mark(
        "すべて",
        "すべて|全て|全部|全員|全国|全市|全町|全面|いずれも|どの.{1,12}も|どれも|あらゆる|一律|常に|必ず|例外な|(?:いつ|どこ|[誰何]|だれ|なん)でも",
        None,
    ),
    _mark("一部", "一部|部分的|うち数|ある程度|いくつか"),
    _mark("多く", "ほとんど|大半|大部分|大多数|多く(?:の|が|は)|多数|過半"),
    _mark("半分", "半分|半数|半額|半減"),
    _mark("だけ", "だけ|のみ|しか|限(?:り|って|定|られ)|専ら"),
    _mark("まったく", "まったく|全く|一切|いっさい|皆無|何も", None),
    _mark("わずか", "わずか|(?<!減)少数|ごく(?=[一わ少])|(?<!減)少し|やや|多少"),
    _mark("原則", "原則|基本(?:で|だ|とし|的に|と)|一般に|一般的に|通常"),
    # beside something else, and when
    _mark(
        "最も",
        "最も|最大|最小|最多|最少|最高|最低|最長|最短|最初|最新|一番|いちばん|唯一|初めて|初の|全国初|日本初|トップ",
        None,
    ),
    _mark("さらに", "(?:さらに|更に)(?!、)|一層|ますます|もっと|大幅|大きく|急激|著し|飛躍", None),
    _mark("比べて", rf"{_THAN}|[とに](?:比べ|くらべ|比較)|に対し", _THAN),
    _mark("上回る", "上回|下回|超(?!過勤)|こえる", None),
    _mark("上限", "上限|限度|まで(?:を|の)?補助"),
    _mark("下限", "下限"),
    _mark("ごと", "(?<=[0-9年月日週回])ごと|おき(?=に|の)", None),
    _mark("毎年", "毎年|(?<![0-9])年(?:ごと|に?約?(?=[0-9]))", None),
    _mark("毎月", "毎月|(?<![0-9か])月(?:ごと|に?約?(?=[0-9]))", None),
    _mark("毎日", "毎日|日々|(?<![0-9])日(?:に?約?(?=[0-9]))", None),
    _mark("後に", "の(?:後|あと)(?:に|で|、)", None),
    _mark("上期", "上[半期]|下半?期|[前後][半期](?!高齢)"),
    _mark("直ちに", "直ちに|ただちに|すぐ|速やか|即座|即時|緊急", None),
    _mark("今も", "今も|現在も|引き続き|継続(?:し|中)|いまだ", None),
    _mark("本格", "本格|恒久|正式|全面", None),
    _mark("自動", "自動|無人", None),
)
OPPOSITES = tuple(
    tuple(re.compile(side) for side in pair.split(" "))
    for pair in (
        "増|伸び|ふえ 減|縮小|へり|削",
        "上回|超え|超過 下回|届か",
        "引き?上げ|上昇|上が|高ま|値上 引き?下げ|下降|低下|下が|値下",
        "高[いくかさめ] 低[いくかさめ]",
        "長[いくかさ]|延び|延長さ|延ば 短",
        "早[いくまめ]|速[いくま]|前倒 遅|遅延|後ろ倒|先送",
        "多[いくかさ] 少な",
        "大き|大規模 小さ|小規模",
        "広[いくがげ]|拡大 狭|縮小",
        "始[まめ]|開始|着手|導入 終[わえ了]|廃止|中止|休止|停止|取りやめ",
        "成功|実現し|達成し 失敗|実現しな|断念",
        "有料|有償 無料|無償",
        "義務|必須 任意",
        "必要|要[りるし] 不要",
        "黒字 赤字",
        "賛成 反対",
        "残[すし]|存続|維持し 撤去|廃止",
        "集約|統合 分離|分割",
        "直営|自ら 外注|任せ",
        "公開|公表 非公開|非公表",
        "事前|以前|前に 事後|以降|後に",
        "新設|新た 既設|既存",
        "可能 不可能|不可",
        "易し|容易|簡単 難し|困難",
        "対象 対象外",
        "増設 撤去",
        "解消|解決 悪化|深刻",
        "改善|良く|向上 悪化|悪く|低下",
        "軽減 増大",
        "メリット|利点|長所 デメリット|欠点|短所",
        "最大|上限 最小|下限",
        "最高 最低",
        "最初|第一 最後",
        "設置 撤去",
        "通行可 通行止",
        "契約前 契約後",
        "国費 市費",
    )
)  # fmt: skip


ALIKE = tuple(  # dictionary forms that say the same of a thing
    frozenset(group.split())
    for group in (
        "減る 減少 減 少ない 減らす 縮減 縮小 削減 低減 下がる 下げる 低下 抑える 節約",
        "増える 増加 増 多い 増やす 伸びる 上がる",
        "違う 異なる 相違",
        "決める 定める 決定 規定",
        "使う 用いる 利用 活用 使用 使える",
        "求める 要求 要請",
        "始める 始まる 開始 着手",
        "終わる 終える 終了 完了",
        "置く 設ける 設置 開設 配置",
        "届く 達する 達成",
        "短い 短縮 縮まる 縮める 縮む",
        "調べる 調査 確認 確かめる 分かる",
        "作る 作成 策定 まとめる",
        "選ぶ 選定 採択 選択",
        "替える 変える 変更 切り替える 改める",
        "直す 修理 補修 修繕",
        "望む 希望",
        "要る 必要",
        "助ける 支援 援助",
        "出す 提出 支出",
        "払う 支払う 支払い",
        "任せる 委託 委ねる",
        "行なう 実施 実行",
        "参加 加わる",
        "集める 収集 募る 募集",
        "示す 表す 提示",
        "見付ける 見付かる 発見 検出 検知",
        "受ける 受講 受け取る",
        "防ぐ 防止",
        "含む 含める 入る",
        "買う 購入",
        "借りる 借用",
        "知らせる 通知 伝える 連絡",
        "扱う 取り扱う",
        "担う 担当 受け持つ",
        "運ぶ 運搬 輸送",
        "配る 配布",
        "壊れる 故障 破損",
        "金額 額 費用 経費",
        "人 名",
        "期間 年数",
        "割合 率 比率",
        "自治体 市町村",
        "橋 橋梁",
        "議論 話し合う 協議 審議",
        "掴む 把握",
        "まとめる 一括 統合",
        "開く 開催",
        "終わる 完成",
        "決める 決まる 決定 選ぶ 選定 定める",
        "公開 公表 発表",
        "導入 取り入れる 入れる",
        "防ぐ 防止 避ける",
        "起きる 起こる 発生 生じる 生ずる",
        "伸びる 延びる 延長 延ばす",
        "認める 認定 承認",
        "広い 広がる 広げる 拡大",
        "載る 載せる 乗る 乗せる 掲載 書く 記載",
        "飛ばす 飛行",
    )
)


def added(said: str, told: str) -> list[str]:
    """Marks of a sentence that its source does not bear."""
    return [mark.name for mark in MARKS if mark.pattern.search(said) and not mark.pattern.search(told)]


def lost(said: str, told: str) -> list[str]:
    """Marks of the source that the sentence left out."""
    return [
        mark.name for mark in MARKS if mark.kept and mark.kept.search(told) and not mark.pattern.search(said)
    ]


ACTORS = frozenset(  # who acts is never left to the overlap of words
    "国 県 都 府 省 庁 住民 市民 町民 業者 企業 会社 民間 職員 専門 大学 高専 団体 協会 事務 議会 首長 市長 町長 村長 知事".split()
)
UNKNOWN = frozenset(
    "確認 確かめる 分かる 明らか 判明 把握 示す 公表 記載 載る 載せる 書く 見付かる 見当たる".split()
)  # 確認できない, 不明
DECISIVE = frozenset(  # what came of it is never left to the overlap of words either
    "決まる 決める 決定 始まる 始める 開始 着手 終わる 終える 終了 完了 完成 中止 廃止 撤去 導入 実現 達成 成立 成功 失敗 解決 解消 改善 悪化 増える 減る"
    " 増加 減少 増やす 減らす 上がる 下がる 上回る 下回る 広がる 広げる 拡大 縮小 伸びる 延びる 縮まる 認める 認定 禁じる 禁止 義務 免除 負担 補助 公表 公開"
    " 契約 発注 受注 採用 採択 選ぶ 選定 統合 分離 更新 交換 閉鎖 再開 延長 短縮 防ぐ 防止 起きる 発生 判明 合意 反対 賛成".split()
)


def alike(word: str) -> frozenset[str]:
    """Words that say the same, and the word itself."""
    return frozenset[str]({word}).union(*(group for group in ALIKE if word in group))


def denies(text: str) -> bool:
    """Whether a clause says no: an odd number of denials (できないことはない says yes)."""
    return len(_DENIAL.findall(_NO_DENIAL.sub("", text))) % 2 == 1


def contrary(said: str, told: str) -> str:
    """A word of the sentence where the passage has the opposite, of the same thing (職員が増え、 職員が減り); none: empty."""
    for one, other in OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            found = mine.search(said)
            if found and not theirs.search(said) and _turned(said[: found.start()], told, mine, theirs):
                return found[0]
    return ""


def _turned(before: str, told: str, mine: re.Pattern[str], theirs: re.Pattern[str]) -> bool:
    """Whether what follows the same noun in the passage is ``theirs`` first."""
    noun = _NOUN.search(before)
    starts = [match.end() for match in re.finditer(re.escape(noun[1]), told)] if noun else []
    for start in starts or [0]:
        yes, no = mine.search(told, start), theirs.search(told, start)
        if yes and (not no or yes.start() <= no.start()):
            return False
        if no:
            return True
    return False
