"""Which column is which field: the names that people give the columns of their lists.

Knows headers and fields; knows nothing of values or files. A new name is a word in a row here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from corpus.parts import Record
from corpus.records import Advisor, Case, Contact, Faq, Need, Programme, Technology, Term
from rag.errors import LibraryError
from rag.fold import squeeze

SHELVES: dict[str, type[Record]] = {
    "cases": Case,
    "technologies": Technology,
    "programmes": Programme,
    "contacts": Contact,
    "needs": Need,
    "advisors": Advisor,
    "faq": Faq,
    "glossary": Term,
}
SOURCE = ("source.title", "source.url", "source.year")  # of a row's own sources
NOT_USED = ""  # ``--map 備考=`` takes a column out

# field -> names of its column; the first is how messages call it. In contacts, URL is the office's own.
_COMMON = """
    id: id ID 識別子
    title: 題名 タイトル 名称 件名
    related: 関連 関連記録 関連ID
    sample: サンプル
    municipality: 自治体名 自治体 市町村名 市町村 市区町村 市区町村名 団体名 地方公共団体 地方公共団体名
    prefecture: 都道府県 都道府県名 県名 県 府県
    facilities: 施設 対象施設 施設分野 施設種別 施設の種類 施設名 対象の施設 分野 インフラ分野 インフラ種別 対応できる施設
    year: 年度 年 実施年度 実施年 時期 実施時期 時点 導入年度
    summary: 概要 要約 説明 紹介
    source.title: 出典 出典名 出典資料 参考資料 情報源 参考文献
    source.url: 出典URL 出典リンク 出典アドレス 参考URL URL リンク
    source.year: 出典年 出典の年 公表年
"""
_NAMES = {
    "cases": """
        title: 題名 事例名 取組名 取組 取組名称 事業名 案件名 タイトル 件名 事例
        municipality: 自治体名 実施自治体 導入自治体
        population: 人口 人口規模
        need: 課題 背景 背景・課題 導入の背景 導入前の課題 ニーズ 目的
        technology: 技術 技術・仕組み 新技術 技術名 導入技術 活用技術 使った技術 取組内容 内容 手法
        stage: 段階 導入段階 取組の段階 取組段階 実施段階 進捗 状況
        partners: 体制 実施体制 連携先 協力者 関係者 連携 委託先 協力機関
        cost: 費用 コスト 事業費 導入費用 金額 予算
        effect: 効果 導入効果 導入後の効果 成果 結果
        lessons: 教訓 留意点 今後の課題 工夫 工夫した点 ポイント 課題と教訓
        confidence: 確度 信頼度
    """,
    "technologies": """
        title: 技術名 提案技術名 提案技術 シーズ名 技術名称 新技術名 製品名 サービス名 技術 シーズ 名称 題名
        kind: 種類 区分 分類 種別 技術の種類 技術区分 技術分類
        provider: 提案者 提案者名 提案企業 提案企業名 企業名 会社名 事業者名 提供者 提供企業 開発者 開発会社 企業 会社 団体名
        summary: 概要 技術概要 技術の概要 提案概要
        targets: 対象の損傷・作業 対象 適用対象 用途 損傷 対象の損傷 解決する課題 解決できる課題
        does: できること 特徴 技術の特徴 特長 機能 内容 技術の内容 技術内容 提案内容
        cannot: できないこと できないこと・注意 制約 留意点 適用条件 注意
        needs: 必要なもの 準備 必要な条件
        cost: 費用 コスト 価格 金額
        track_record: 導入実績 実績 活用実績 採用実績 納入実績 施工実績 導入自治体
        lookup: 調べる先 参照先 問い合わせ先 問合せ先
    """,
    "programmes": """
        title: 制度名 支援名 事業名 支援制度 制度 名称 題名
        kind: 種類 区分 分類 種別
        provider: 実施者 所管 所管省庁 実施主体 実施機関 担当省庁 提供者
        stages: 段階 役に立つ段階
        support: 支援内容 受けられる支援 支援の内容 内容
        conditions: 対象・条件 条件 要件 対象 対象者 補助要件
        amount: 補助率・金額 補助率 金額 補助額 助成額 補助率・補助額
        period: 期間・募集時期 募集時期 募集期間 申請期間 期間
        apply: 申込み 申込先 申請先 申請方法 問い合わせ先 問合せ先 連絡先 窓口
        cautions: 注意 留意事項 留意点 備考
    """,
    "contacts": """
        title: 名称 相談先 機関名 組織名 団体名 窓口
        kind: 種類 区分 分類 種別
        blocks: 地域 ブロック 地方 担当地域 対象地域
        prefectures: 都道府県 対象都道府県 担当都道府県
        topics: 相談できること 相談内容 対応内容 話題
        how: 相談のしかた 相談方法 連絡方法 問い合わせ方法 連絡先
        url: URL ホームページ ウェブサイト サイト アドレス
    """,
    "needs": """
        title: 題名 ニーズ名 テーマ テーマ名 課題名 案件名 要望名 件名 タイトル ニーズ
        municipality: 自治体名 要望自治体 提案自治体 提示自治体 施設管理者 管理者
        stage: 段階 現在の段階 検討段階 取組段階 取組の段階 進捗
        problem: 課題 困りごと 課題・困りごと 課題の内容 課題内容 ニーズの内容 ニーズ内容 現状と課題 現状・課題 背景・課題 課題の概要 課題概要 ニーズ概要 ニーズ 内容 概要 背景
        wish: 求める技術・支援 求める技術 求める支援 希望する技術 期待する技術 必要な技術 求める内容 求めること 要望内容 要望
        conditions: 条件 現場の条件 現場条件 制約条件 制約 求める条件 要件 要求性能
        form: 希望する進め方 希望する形 希望形態 支援の形 進め方 実施形態
        period: 希望する時期 希望時期 希望期間 実施希望時期 導入希望時期 試行時期 期間
        status: 状況 募集状況 受付状況 対応状況 ステータス 状態
        year: 年度 提示年度 募集年度 調査年度 提出年度 登録日 受付日 公表日 提出日
    """,
    "advisors": """
        title: 氏名 名前 お名前 専門家 専門家名 アドバイザー アドバイザー名
        related: 関連 関連記録 関連ID 得意な技術 技術 技術ID
        organisation: 所属の種類 所属区分 組織区分 所属種別
        prefecture: 都道府県 所在地 勤務地
        blocks: 対応できる地域 対応地域 地域 ブロック
        travel: 現地に行ける範囲 出張範囲 移動範囲 訪問範囲 出張
        levels: 得意度 得意の度合い 習熟度 専門度
        stages: 対応できる段階 対応段階 段階
        sizes: 自治体の規模 自治体規模 規模 対応規模
        capacity: 受入数 年間受入数 受入可能数 対応可能数 受入上限
        period: 対応できる期間 対応期間 対応可能期間 活動期間 登録期間 期間
        remote: オンライン オンライン対応 リモート 遠隔対応
        languages: 使える言語 対応言語 言語
        qualifications: 資格 保有資格 資格名
        supports: 支援実績 支援の実績 派遣実績 活動実績 実績
        vendor: 所属企業 勤務先企業 企業名 会社名
        sells: 扱う技術 販売する技術 取扱技術 利害のある技術
        consent: 掲載の同意 掲載同意 公開の同意 公開同意 掲載可否 公開可否 同意
        summary: 概要 専門 専門分野 得意分野 経歴 紹介
    """,
    "faq": """
        title: 質問 問い Q 質問文
        alike: 別の聞き方 言い換え 似た質問
        answer: 回答 答え A 回答文
        approver: 承認者 承認 確認者
        approved_on: 承認日 確認日
        valid_until: 有効期限 見直し期限
    """,
    "glossary": """
        title: 用語 語 見出し ことば 言葉 名称
        reading: 読み よみ ふりがな 読み方 よみがな フリガナ
        meaning: 意味 説明 定義 解説
        synonyms: 同義語 類義語 別名 言い換え 同意語
    """,
}


def _read(table: str) -> dict[str, tuple[str, ...]]:
    lines = [line.strip().split(": ", 1) for line in table.strip().splitlines()]
    return {name: tuple(names.split()) for name, names in lines}


@lru_cache
def names(shelf: str) -> dict[str, tuple[str, ...]]:
    """Field -> names of its column, in the order of the record; a shelf's own names before the common ones."""
    own, common = _read(_NAMES[shelf]), _read(_COMMON)
    fields = [*SHELVES[shelf].model_fields, *SOURCE]
    return {name: found for name in fields if (found := (*own.get(name, ()), *common.get(name, ())))}


def label(shelf: str, field_name: str) -> str:
    """A field as messages call it: ``施設（facilities）``."""
    told = names(shelf).get(field_name)
    return f"{told[0]}（{field_name}）" if told and told[0] != field_name else field_name


@dataclass(frozen=True)
class Mapping:
    """``columns``: field -> names of the columns it is read from. ``unused``: the other columns."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What a person says of a column: ``field`` (or NOT_USED) is read from it."""

    column: str
    field: str


def wish(text: str, shelf: str) -> Wish:
    """``列名=項目``, the field by its own or its Japanese name. Raises LibraryError."""
    column, equals, told = text.rpartition("=")
    if not equals or not column.strip():
        raise LibraryError(f"--map「{text}」は 列名=項目 の形で書いてください（例 --map 取組=title）。")
    return Wish(column.strip(), told.strip() and field_called(told, shelf))


def field_called(told: str, shelf: str) -> str:
    """The field of a shelf with this name. Raises LibraryError with the names there are."""
    for name, called in names(shelf).items():
        if squeeze(told) in (squeeze(name), *map(squeeze, called)):
            return name
    known = "、".join(label(shelf, name) for name in names(shelf))
    raise LibraryError(f"「{told.strip()}」という項目はありません。使えるのは {known} です。")


def match(header: Sequence[str], shelf: str, wishes: Sequence[Wish] = ()) -> Mapping:
    """The fields that the columns of a table hold: as wished, else by their names, the earlier name first."""
    present = [name for name in header if name]
    wished = {name: [w.field for w in wishes if _same(w.column, name)] for name in present}
    columns: dict[str, list[str]] = {}
    for name in present:
        for target in filter(None, wished[name]):
            columns.setdefault(target, []).append(name)
    free = [name for name in present if not wished[name]]
    for target, called in names(shelf).items():
        found = next((name for call in called for name in free if _is_called(name, call)), None)
        if target not in columns and found is not None:
            columns[target] = [found]
            free.remove(found)
    used = {name for found in columns.values() for name in found}
    ordered = {target: tuple(columns[target]) for target in names(shelf) if target in columns}
    return Mapping(ordered, tuple(name for name in present if name not in used))


def _same(one: str, other: str) -> bool:
    return squeeze(one) == squeeze(other)


def _is_called(name: str, call: str) -> bool:
    """With a unit or a mark at its side (費用（万円）, 施設※), or under a name that spans several columns."""
    bare = re.sub(r"\(.*?\)|【.*?】|\[.*?\]|[※*●★必須]+$", "", squeeze(name))
    return squeeze(call) in (squeeze(name), bare, squeeze(name.rsplit(" ", 1)[-1]))
