"""What a form brought (送られた内容), and the same once more for the person who must look at it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

CSRF, PAGE = "_csrf", "_page"  # fields of every form: its token, and the page it stands on
SECRETS = (CSRF, "password", "old", "again")  # fields that are never shown or kept again
MOST_FIELDS, MOST_FILES = 400, 30
LONGEST_FIELD = 1 << 20  # bytes
CLOSED_TO_SURROGATES = "replace"


@dataclass(frozen=True)
class Posted:
    """The fields and files of a form."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[UploadFile, ...] = ()

    def get(self, name: str) -> str:
        """The last value of a field, without blanks around; empty where there is none."""
        return self.all(name)[-1].strip() if self.all(name) else ""

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def number(self, name: str) -> int:
        """A whole number; -1, which no version is, where it is none."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """What may be shown to the same person once more: no password, no token."""
        return {name: said for name, said in self.fields.items() if name not in SECRETS}

    @property
    def page(self) -> str:
        """The page that the form stands on, where it is one of ours."""
        return safe_path(self.get(PAGE))


@dataclass(frozen=True)
class Filled:
    """A form that is shown again: which one, what was written in it, what is wrong with that."""

    action: str = ""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def of(self, action: str) -> Filled:
        """This, for its own form; for any other an empty one."""
        return self if self.action == action else Filled()

    def value(self, name: str, otherwise: object = "") -> str:
        if self.action:
            return self.fields.get(name, ("",))[-1]
        return "" if otherwise is None else str(otherwise)

    def values(self, name: str, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        return tuple(self.fields.get(name, ())) if self.action else tuple(otherwise)

    @property
    def kept(self) -> dict[str, Any]:
        """For the session."""
        return {
            "action": self.action,
            "fields": {name: list(said) for name, said in self.fields.items()},
            "faults": dict(self.faults),
        }

    @classmethod
    def again(cls, kept: Mapping[str, Any] | None) -> Filled:
        """From the session."""
        if not kept:
            return cls()
        fields = {name: tuple(said) for name, said in kept["fields"].items()}
        return cls(kept["action"], fields, kept["faults"])


async def read(request: Request) -> Posted:
    """The form of a request. Raises what Starlette raises for one that is no form."""
    form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    fields: dict[str, list[str]] = {}
    files = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename or value.size:  # a file field left empty comes as a file without a name
                files.append(value)
        else:
            text = (
                value.encode("utf-8", CLOSED_TO_SURROGATES).decode().replace("\r\n", "\n").replace("\0", "")
            )
            fields.setdefault(name, []).append(text)
    return Posted({name: tuple(said) for name, said in fields.items()}, tuple(files))


def safe_path(path: str) -> str:
    """An address of the console; its first page instead of anything else."""
    good = path == "/console" or path.startswith(("/console/", "/console?"))
    return path if good and path.isprintable() and "\\" not in path else "/console"
