"""How a review asks: the interface that a terminal, a plain terminal and a test fulfil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from migrate.review.cards import Row
from migrate.review.questions import Option, Question
from migrate.terminal.language import _

Action = Literal["answer", "explain", "back", "skip", "end", "edit", "apart", "cards"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an answer (an option's value, and the text that goes with it), or what else to do."""

    action: Action
    value: str = ""
    text: str = ""


class Asker(Protocol):
    """Ctrl-C and Ctrl-D are ``end``; neither is an exception here."""

    def ask(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        """One question. ``actions`` are those possible now beside an answer; ``last`` is an answer that was refused."""
        ...

    def heading(self, text: str) -> None:
        """Where we are."""
        ...

    def rows(self, rows: Sequence[Row]) -> None:
        """A card: labels and what belongs to each."""
        ...

    def say(self, text: str, style: str = "") -> None:
        """A sentence."""
        ...

    def edit(self, text: str) -> str | None:
        """The text as somebody edited it; None where it was left as it is, or there is no editor."""
        ...


def keys(actions: Sequence[Action]) -> list[tuple[str, str, Action]]:
    """(key, word, action) of what can be done beside answering."""
    known: dict[Action, tuple[str, str]] = {
        "explain": ("?", _("explain")),
        "edit": ("e", _("edit as text")),
        "apart": ("o", _("one by one")),
        "cards": ("c", _("cards")),
        "back": ("b", _("back")),
        "skip": ("l", _("later")),
        "end": ("q", _("quit")),
    }
    return [(*known[action], action) for action in known if action in actions]


def label(option: Option, width: int) -> str:
    """An option on one line."""
    from migrate.terminal.console import padded

    return padded(f"{option.label}: {option.why}" if option.why else option.label, width).rstrip()
