"""The settings of the console alone: environment variables ``HANDSON_CONSOLE_*``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import UserFacingError

PREFIX = "HANDSON_CONSOLE_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Choices(BaseSettings):
    """Read once when the console is mounted."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    idle_minutes: float = Field(
        60.0, gt=0, le=1440, description="事務局の画面で何もしないとき、ログインが切れるまでの分"
    )
    test_set: str = Field(
        "golden", min_length=1, description="できた版を確かめるテストセット（golden か、ファイルの場所）"
    )
    oidc_issuer: str = Field(
        "",
        description="事務局の画面のログインに使うOIDCの認証基盤（発行者。https://…）。空ならパスワードだけ",
    )
    oidc_client_id: str = Field("", description="その認証基盤に登録したクライアントID")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="その認証基盤に登録したクライアントの秘密"
    )
    oidc_name: str = Field(
        "組織のアカウント",
        min_length=1,
        max_length=30,
        description="ログインのボタンに書く認証基盤の名前（例 県の認証基盤）",
    )
    oidc_claim: str = Field(
        "email",
        min_length=1,
        max_length=100,
        description="利用者の名前と比べる項目（email は確認済みのものだけ）",
    )

    @property
    def oidc(self) -> bool:
        """Whether there is a provider besides the passwords."""
        return bool(self.oidc_issuer.strip())

    @classmethod
    def read(cls) -> Choices:
        """From the environment. Raises UserFacingError, which names the variable and never tells a secret."""
        try:
            choices = cls()
        except ValidationError as error:
            fault: Any = error.errors()[0]
            raise UserFacingError(
                f"設定 {PREFIX}{str(fault['loc'][0]).upper()} の値「{fault['input']}」は使えません。"
                "README の「設定」を見て値を直すか、設定を外してください。"
            ) from error
        _check_oidc(choices)
        return choices


def _check_oidc(choices: Choices) -> None:
    """All of it or nothing, and over an address that nobody else can listen to."""
    given = {
        f"{PREFIX}OIDC_ISSUER": choices.oidc_issuer,
        f"{PREFIX}OIDC_CLIENT_ID": choices.oidc_client_id,
        f"{PREFIX}OIDC_CLIENT_SECRET": choices.oidc_client_secret.get_secret_value(),
    }
    missing = [name for name, value in given.items() if not value.strip()]
    if missing and len(missing) < len(given):
        raise UserFacingError(
            f"設定 {'、'.join(missing)} がありません。OIDC でのログインには {'、'.join(given)} の3つが要ります。"
            "足りないものを書くか、3つとも外してください。"
        )
    if not missing and not is_safe(choices.oidc_issuer):
        raise UserFacingError(
            f"設定 {PREFIX}OIDC_ISSUER の値「{choices.oidc_issuer}」は使えません。認証基盤が示す発行者（issuer）を、"
            "https:// から書いてください（? や # の付かないもの）。"
        )


def is_safe(address: object) -> bool:
    """Whether secrets may be sent there: https, or this very machine."""
    if not isinstance(address, str) or any(
        letter.isspace() or not letter.isprintable() for letter in address
    ):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    near = parts.scheme == "http" and host in LOOPBACK
    return bool(host) and (parts.scheme == "https" or near) and not (parts.query or parts.fragment)
