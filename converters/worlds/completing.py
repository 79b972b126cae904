"""Commands that another program completes with arguments: ``find P | xargs CMD``, ``parallel CMD {} ::: A B``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from converters.commands.shell.words import Word
from converters.worlds.calls import Call, listing, say

COMPLETES = frozenset({"xargs", "parallel"})
# parallel(1): `:::` is followed by arguments, `::::` by files of arguments; with + each is linked to the one before.
_ARGUMENTS, _FILES = frozenset({":::", ":::+"}), frozenset({"::::", "::::+"})
# parallel(1), "Replacement strings": the whole, without its end, its last part, its directory; by number.
_PLACES = ("{}", "{.}", "{/}", "{//}", "{/.}", "{1}", "{2}")
_MOST = 4


class Completed(NamedTuple):
    """``words`` of the command with what it is given, ``texts`` that are commands themselves, ``files`` of arguments."""

    words: tuple[Word, ...]
    texts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def completed(call: Call, words: Sequence[Word]) -> Completed:
    """The command that stands in ``words``, behind the program's own options."""
    marks = [at for at, word in enumerate(words) if word.text in _ARGUMENTS | _FILES]
    command = tuple(words[: marks[0]] if marks else words)
    given: list[str] = []
    files: list[str] = []
    for at, end in zip(marks, [*marks[1:], len(words)] if marks else [], strict=True):
        said = [say(word, call.known) for word in words[at + 1 : end]]
        (given if words[at].text in _ARGUMENTS else files).extend(said)
    if marks and not command:
        return Completed((), tuple(given), tuple(files))
    # parallel(1) hands its words to a shell, joined by blanks: one word with blanks in it is a command.
    if call.name == "parallel" and command and " " in say(command[0], call.known):
        text = " ".join(say(word, call.known) for word in command)
        return Completed((), (_in_text(text, given, call),), tuple(files))
    fed = listing(call.fed) if call.fed is not None else None
    # Several arguments stand for all of them, as a loop's do.
    value = ("{" + ",".join(given[:_MOST]) + "}" if len(given) > 1 else given[0]) if given else fed
    return Completed(
        _filled(command, value or ("$line" if call.fed is not None or files else None), call), (), tuple(files)
    )


def _filled(command: tuple[Word, ...], value: str | None, call: Call) -> tuple[Word, ...]:
    """The words with a value where it is asked for, else behind them."""
    if value is None or not command:
        return command
    if not any(place in word.text for word in command for place in _PLACES):
        # What is not known adds nothing that a need could be made of.
        return command if value == "$line" else (*command, _word(command[-1], value))
    shown = []
    for word in command:
        text = say(word, call.known)
        for place in _PLACES:
            text = text.replace(place, value)
        shown.append(_word(word, text) if text != say(word, call.known) else word)
    return tuple(shown)


def _in_text(text: str, given: Sequence[str], call: Call) -> str:
    """A command's text with what it is given in its places, or behind it."""
    fed = listing(call.fed) if call.fed is not None else None
    value = " ".join(given[:_MOST]) or fed or ""
    if not any(place in text for place in _PLACES):
        return f"{text} {value}".rstrip()
    for place in _PLACES:
        text = text.replace(place, value or "x")
    return text


def of_found(call: Call, below: str, start: int, end: int) -> tuple[Word, ...]:
    """``find P -exec CMD {} \\;``: the command's words, ``{}`` as what lies below P."""
    return tuple(
        _word(word, say(word, call.known).replace("{}", below)) if "{}" in word.text else word
        for word in call.words[start:end]
    )


def _word(like: Word, text: str) -> Word:
    return like._replace(value=text, text=text, parts=(("text", text),))
