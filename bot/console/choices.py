"""The settings of the console alone: environment variables ``HANDSON_CONSOLE_*``."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Choices(BaseSettings):
    """Read once when the console is mounted."""

    model_config = SettingsConfigDict(env_prefix="HANDSON_CONSOLE_", frozen=True, extra="ignore")

    idle_minutes: float = Field(
        60.0, gt=0, le=1440, description="事務局の画面で何もしないとき、ログインが切れるまでの分"
    )
