"""The weights and thresholds of matching: the file beside this one, and what a home's own file says differently."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.expertise import Grade
from rag.errors import WeightsError

FILE = Path(__file__).with_name("weights.yaml")
OWN = "matching.yaml"  # in HANDSON_HOME

Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def of(self, part: str) -> float:
        """The weight of a part; a part that this matching does not know counts nothing."""
        return float(getattr(self, part, 0.0))


class ExchangeWeights(_Table):
    facility: Weight
    technology: Weight
    similar: Weight


class CaseWeights(ExchangeWeights):
    stage: Weight
    size: Weight
    region: Weight


class AdvisorWeights(CaseWeights):
    qualifications: Weight


class Weights(_Table):
    """All of the file. ``least_*`` are calibrated on the needs of eval/sets/needs.jsonl (split dev)."""

    advisors: AdvisorWeights
    cases: CaseWeights
    exchange: ExchangeWeights
    levels: dict[Grade, Share]
    least_score: Share
    least_subject: Share
    equal_within: Share


def load_weights(home: Path | None = None) -> Weights:
    """The weights that hold in a home. Raises WeightsError with file, key and value."""
    values = _read(FILE)
    own = home / OWN if home else None
    if own and own.exists():
        values = _merged(values, _read(own))
    try:
        return Weights.model_validate(values)
    except ValidationError as error:
        raise WeightsError(_told(own if own and own.exists() else FILE, error)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text("utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise WeightsError(f"{path} を読めません。YAMLの書き方とUTF-8での保存を確かめてください。") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path} は「項目: 値」の形で書いてください（例 advisors: {{facility: 3}}）。")
    return values


def _merged(values: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    inner = {
        key: value | own[key]
        for key, value in values.items()
        if isinstance(value, dict) and isinstance(own.get(key), dict)
    }
    return values | own | inner


def _told(path: Path, error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    reason = {
        "extra_forbidden": "この名前の項目はありません",
        "missing": "項目がありません",
        "greater_than_equal": "0以上の数にします",
        "less_than_equal": "1以下の数にします",
        "literal_error": "専門・経験・基礎のどれかにします",
    }.get(fault["type"], "数で書きます")
    return f"{path} の「{key}」の値「{fault['input']}」は使えません（{reason}）。直してください。"
