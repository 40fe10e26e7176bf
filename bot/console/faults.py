"""What can go wrong in a form, tied to its fields."""

from __future__ import annotations

from collections.abc import Mapping

from rag.errors import UserFacingError


class FormFault(UserFacingError):
    """What was written cannot be taken. ``fields``: name of a field -> what is wrong with it, in Japanese."""

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        super().__init__(message or "\n".join(fields.values()))
        self.fields = dict(fields)
