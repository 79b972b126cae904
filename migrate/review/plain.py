"""Asking without moving the cursor: numbered choices, one line in, for screen readers and dumb terminals."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migrate.review.asking import Action, Reply, keys
from migrate.review.editing import edited
from migrate.review.questions import Option, Question
from migrate.terminal.language import _

if TYPE_CHECKING:
    from rich.text import Text

    from migrate.review.cards import Row


class PlainAsker:
    """Lines out, lines in. Every line says by itself what it is."""

    def ask(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        try:
            return self._ask(question, actions, last)
        except (KeyboardInterrupt, EOFError):
            # What was answered is on the disk already, so whoever leaves loses nothing.
            self.say("")
            return Reply("end")

    def _ask(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        if last is None:
            self.say(_("Question: {title}").format(title=question.title))
        words = {key: action for key, _word, action in keys(actions)}
        if len(question.options) == 1 and question.options[0].text is not None:
            return self._text(question.options[0], words, last)
        numbers = {str(number): option for number, option in enumerate(question.options, 1)}
        for number, option in numbers.items() if last is None else ():
            self.say(f"{number}. {option.label}{f': {option.why}' if option.why else ''}")
        self._others(actions)
        default = next((number for number, one in numbers.items() if one.value == question.default), "")
        while True:
            given = self._read(_("Number"), default) or default
            if given in words or given.removeprefix(":") in words:
                return Reply(words[given.removeprefix(":")])
            if given in numbers and numbers[given].text is None:
                return Reply("answer", numbers[given].value)
            if given in numbers:
                again = last if last is not None and last.value == numbers[given].value else None
                typed = self._text(numbers[given], {**words, "b": "back"}, again)
                if typed.action != "back":
                    return typed
                continue
            self.say(_("Give a number from 1 to {n}.").format(n=len(numbers)))

    def _text(self, option: Option, words: dict[str, Action], last: Reply | None) -> Reply:
        """A text; the letters of the actions need a colon here, for they could be the answer."""
        default = last.text if last is not None else option.text or ""
        given = self._read(option.label, default)
        if given == "?" or (given.startswith(":") and given[1:] in words):
            return Reply(words[given.removeprefix(":")])
        return Reply("answer", option.value, given or default)

    def _read(self, prompt: str, default: str) -> str:
        sys.stdout.flush()
        return input(f"{prompt}{f' [{default}]' if default else ''}: ").strip()

    def _others(self, actions: Sequence[Action]) -> None:
        self.say(", ".join(f"{key} {word}" for key, word, _action in keys(actions)))

    def heading(self, text: str) -> None:
        self.say("")
        self.say(text)

    def rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            for line in row.lines:
                self.say(f"{row.label}: {_plain(line)}")

    def say(self, text: str, style: str = "") -> None:
        from migrate.terminal.console import printable

        print(printable(text), flush=True)

    def edit(self, text: str) -> str | None:
        return edited(text)


def _plain(line: Text) -> str:
    return line.plain
