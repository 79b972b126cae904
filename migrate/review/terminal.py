"""Asking on a terminal: lists to choose from and lines to edit, by questionary; cards by rich."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from migrate.review.asking import Action, Reply, keys, label
from migrate.review.editing import edited
from migrate.review.questions import Option, Question
from migrate.terminal.console import columns, console, printable
from migrate.terminal.language import _

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings

    from migrate.review.cards import Row

_LEAST = 40
_TYPING: tuple[tuple[Action, str], ...] = (
    *(("explain", "F1"), ("cards", "F2"), ("apart", "F3"), ("edit", "F4")),
    *(("back", "Esc"), ("skip", "F5"), ("end", "^C")),
)
_LEAST_NEEDED: tuple[Action, ...] = ("cards", "edit", "apart")

_NOTHING = Reply("answer")
"""Enter where no answer stands under the pointer."""


class TerminalAsker:
    """Arrows or a number, then Enter; a letter for the rest. What was printed stays where it is and scrolls."""

    def __init__(self) -> None:
        self.out = console()

    def ask(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        try:
            if len(question.options) == 1 and question.options[0].text is not None:
                reply = self._text(question.title, question.options[0], actions, last)
            else:
                reply = self._choose(question, actions, last)
        except (KeyboardInterrupt, EOFError):
            # What was answered is on the disk already, so whoever leaves loses nothing.
            return Reply("end")
        if reply.action == "answer":
            self._answered(question, reply)
        return reply

    def _choose(self, question: Question, actions: Sequence[Action], last: Reply | None) -> Reply:
        """A choice, and the text that goes with it; Esc leads from the text back to the choice."""
        value = last.value if last is not None else question.default
        while True:
            reply = self._list(question, actions, value)
            option = question.option(reply.value) if reply.action == "answer" else None
            if option is None or option.text is None:
                return reply
            again = last if last is not None and last.value == option.value else None
            typed = self._text(
                f"{option.label} ({option.why})" if option.why else option.label, option, [*actions, "back"], again
            )
            if typed.action != "back":
                return typed
            value = option.value

    def _list(self, question: Question, actions: Sequence[Action], value: str | None) -> Reply:
        import questionary

        width = max(_LEAST, self._width()) - 8
        choices: list[Any] = [
            questionary.Choice(label(option, width), value=Reply("answer", option.value)) for option in question.options
        ]
        pointed = next((choice for choice in choices if choice.value.value == value), None)
        if pointed is None:
            # The pointer has to stand somewhere; on an answer, Enter would settle what nobody looked at.
            pointed = questionary.Choice(_("no answer yet: choose one"), value=_NOTHING, shortcut_key=False)
            choices.insert(0, pointed)
        prompt = questionary.select(
            printable(question.title),
            choices=[*choices, questionary.Separator(self._help(actions))],
            default=pointed,
            instruction=" ",
            qmark="?",
            pointer=">",
            use_shortcuts=len(choices) < 11,
            use_jk_keys=False,
            style=_style(),
            erase_when_done=True,
        )
        _bind(prompt.application.key_bindings, actions)  # type: ignore[arg-type]
        reply: Reply = prompt.unsafe_ask()
        return reply if reply != _NOTHING else self._list(question, actions, value)

    def _text(self, title: str, option: Option, actions: Sequence[Action], last: Reply | None) -> Reply:
        import questionary
        from prompt_toolkit.key_binding import KeyBindings

        default = option.text or ""
        bindings = KeyBindings()
        untouched = _bind(bindings, actions, default)
        prompt = questionary.text(
            printable(title),
            # An answer that was refused stands there to be mended; the default is taken by Enter alone.
            default=last.text if last is not None else "",
            placeholder=f"[{printable(default)}]" if default else None,
            qmark="?",
            style=_style(),
            key_bindings=bindings,
            bottom_toolbar=lambda: f"   {self._help(actions, default=default)}",
            reserve_space_for_menu=0,
            erase_when_done=True,
        )
        untouched(prompt.application)
        found = prompt.unsafe_ask()
        return found if isinstance(found, Reply) else Reply("answer", option.value, str(found).strip() or default)

    def _answered(self, question: Question, reply: Reply) -> None:
        """What was asked and answered, as it stays on the screen."""
        given = (
            reply.text.strip() if question.option(reply.value).text is not None else question.option(reply.value).label
        )
        self.say(f"? {question.title}", "bold")
        self.say(f"  {given or _('(nothing)')}", "green")

    def _help(self, actions: Sequence[Action], *, default: str | None = None) -> str:
        """The keys on one line, the least needed ones left out where it is too short; ``default`` while a text is typed,
        when letters are letters."""
        typing = dict(_TYPING) if default is not None else {}
        words = {action: f"{typing.get(action, key)} {word}" for key, word, action in keys(actions)}
        first = [_("Tab edit [ ]")] if default else []
        for action in (None, *_LEAST_NEEDED):
            words.pop(action, None)  # type: ignore[arg-type]
            line = "  ".join([*first, *words.values()])
            if columns(line) < self._width() - 4:
                break
        return line

    def _width(self) -> int:
        return self.out.width

    def heading(self, text: str) -> None:
        from rich.rule import Rule

        self.out.print()
        self.out.print(Rule(_escaped(text), align="left", style="dim", characters="─" if self._unicode() else "-"))

    def _unicode(self) -> bool:
        return "utf" in (self.out.encoding or "").lower()

    def rows(self, rows: Sequence[Row]) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for row in rows:
            for number, line in enumerate(row.lines):
                table.add_row(Text("" if number else row.label), line)
        self.out.print(table)

    def say(self, text: str, style: str = "") -> None:
        from migrate.terminal.console import say

        body = text.lstrip(" ")
        say(self.out, body, style, indent=len(text) - len(body))

    def edit(self, text: str) -> str | None:
        return edited(text)


def _escaped(text: str) -> Any:
    from rich.text import Text

    return Text(text, style="bold")


def _style() -> Any:
    """No colours with NO_COLOR: the pointer and the numbers say all."""
    from questionary import Style

    if os.environ.get("NO_COLOR"):
        names = (
            "qmark",
            "question",
            "answer",
            "pointer",
            "highlighted",
            "selected",
            "separator",
            "instruction",
            "text",
        )
        return Style([(name, "noinherit noreverse") for name in names])
    return Style(
        [
            ("qmark", "fg:ansicyan bold"),
            ("question", "bold"),
            ("answer", "fg:ansigreen noreverse"),
            ("pointer", "fg:ansicyan bold"),
            ("highlighted", "bold"),
            ("selected", "noreverse"),
            ("separator", "fg:ansibrightblack"),
            ("bottom-toolbar", "fg:ansibrightblack noreverse"),
        ]
    )


def _bind(bindings: KeyBindings, actions: Sequence[Action], typed: str | None = None) -> Any:
    """Bind the keys of the actions. Where a text is typed (``typed`` is its default) they are function keys."""
    from prompt_toolkit.keys import Keys

    def leave(action: Action) -> Any:
        def do(event: Any) -> None:
            event.app.exit(result=Reply(action), style="class:aborting")

        return do

    def end(event: Any) -> None:
        event.app.exit(exception=EOFError, style="class:aborting")

    bindings.add(Keys.ControlD, eager=True)(end)
    bindings.add(Keys.ControlC, eager=True)(end)
    letters = {key: action for key, _word, action in keys(actions)}
    if typed is None:
        for key, action in letters.items():
            bindings.add(key, eager=True)(leave(action))
        return None
    functions = {
        **{"explain": Keys.F1, "cards": Keys.F2, "apart": Keys.F3, "edit": Keys.F4, "skip": Keys.F5},
        "back": Keys.Escape,
    }
    for action in actions:
        if action in functions:
            bindings.add(functions[action], eager=action != "back")(leave(action))

    def watch(application: Any) -> None:
        """``?`` as the first thing typed asks too, for few remember F1; Tab brings the default into the line."""
        from prompt_toolkit.filters import Condition

        empty = Condition(lambda: not application.current_buffer.text)
        bindings.add("?", filter=empty)(leave("explain"))
        bindings.add(Keys.Tab, filter=empty)(lambda event: event.current_buffer.insert_text(typed))

    return watch
