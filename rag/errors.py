"""What can go wrong, as one tree.

HandsonError
├── UserFacingError          carries a Japanese message: what happened, which thing, what to do now
│   ├── QuestionError        the question cannot be asked (empty, too long, unreadable letters)
│   │   └── NeedError        a need (相談) cannot be meant: an unknown name, fields that contradict each other
│   ├── RecordError          a record on the shelves is wrong (file, line, field, value)
│   ├── UnreadableFile       a document cannot be read (broken, encrypted, pictures only, other type)
│   ├── LibraryError         the library cannot take or find a document
│   ├── ReleaseError         a release is missing, damaged or of another format
│   │   ├── NoRelease        nothing has been published yet
│   │   └── ModelMismatch    the release was built with another embedding model
│   ├── ModelError           an embedding model cannot be had
│   ├── NotFound             an address names a document that the release does not hold
│   ├── WeightsError         the file of weights of matching is wrong
│   ├── StateError           a match of a need and a seed cannot go from its state to that one
│   ├── LedgerError          the file of matches is damaged
│   ├── StoreError           the database, or a file of the desk, cannot be opened, read or written now
│   ├── DeskError            the dispatch desk cannot take what it is given
│   │   ├── IllegalStep      a request cannot go from its state to that one
│   │   └── EditConflict     somebody else changed it first; nothing was overwritten
│   ├── StaffOnly            this is for the secretariat, and it was not shown that they ask
│   ├── KeyRequired          this door opens with a key, and none or a wrong one was given
│   ├── Crowded              so many questions wait that this one had better come again
│   └── BuildInProgress      another process is building
├── GenerationError          a language model gave nothing usable (the quoted answer takes its place)
└── PromptError              a prompt file and its placeholders do not fit (a fault of ours)
"""

from __future__ import annotations


class HandsonError(Exception):
    """Base of every error this project raises on purpose."""


class UserFacingError(HandsonError):
    """An error a person reads. ``message`` is Japanese and complete."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class QuestionError(UserFacingError):
    """The question cannot be asked."""


class NeedError(QuestionError):
    """A need cannot be meant as it was given: an unknown name, or fields that contradict each other."""


class RecordError(UserFacingError):
    """A record on the shelves is wrong."""


class UnreadableFile(UserFacingError):
    """A document cannot be read."""


class LibraryError(UserFacingError):
    """The library cannot take or find a document."""


class ReleaseError(UserFacingError):
    """A release is missing, damaged or of another format."""


class NoRelease(ReleaseError):
    """Nothing has been published yet."""


class ModelMismatch(ReleaseError):
    """The release was built with another embedding model."""


class ModelError(UserFacingError):
    """An embedding model cannot be had."""


class NotFound(UserFacingError):
    """An address names a document that the release does not hold."""


class WeightsError(UserFacingError):
    """The file of weights of matching is wrong."""


class StateError(UserFacingError):
    """A match of a need and a seed cannot go from its state to that one."""


class LedgerError(UserFacingError):
    """The file of matches is damaged."""


class StoreError(UserFacingError):
    """The database, or a file of the desk, cannot be opened, read or written now."""


class DeskError(UserFacingError):
    """The dispatch desk cannot take what it is given."""


class IllegalStep(DeskError):
    """A request cannot go from its state to that one."""


class EditConflict(DeskError):
    """Somebody else changed it first; nothing was overwritten."""


class StaffOnly(UserFacingError):
    """This is for the secretariat, and it was not shown that they ask."""


class KeyRequired(UserFacingError):
    """This door opens with a key, and none or a wrong one was given."""


class Crowded(UserFacingError):
    """So many questions wait that this one had better come again."""


class BuildInProgress(UserFacingError):
    """Another process is building."""


class GenerationError(HandsonError):
    """A language model gave nothing usable, or nothing at all; the message is for the trace."""


class PromptError(HandsonError):
    """A prompt file and its placeholders do not fit."""
