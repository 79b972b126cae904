"""The language of what people read: English in the code, other languages from ``migrate/locale/`` (gettext catalogues).

The gettext module and a catalogue are loaded only where the language is not English, so that English starts fast.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from gettext import NullTranslations

    from converters.schedules.schedule import Schedule, Special

LANGUAGES = ("en", "ja")
DOMAIN = "cron2fargate"
LOCALE = Path(__file__).parent.parent / "locale"
_state: dict[str, NullTranslations | None] = {"now": None}
_asked = {"language": ""}


def choose(language: str | None = None) -> str:
    """Use ``language``, else the one asked for before, else what LC_ALL, LC_MESSAGES or LANG say, else English; returns
    the one taken."""
    _asked["language"] = language or _asked["language"]
    wanted = _asked["language"] or next(
        # POSIX 8.2: LC_ALL beats LC_MESSAGES beats LANG; an empty one counts as not set.
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
        "",
    )
    # `ja_JP.UTF-8@x`: language, country, encoding, modifier.
    code = wanted.replace("-", "_").replace(".", "_").replace("@", "_").split("_")[0].lower()
    code = code if code in LANGUAGES else LANGUAGES[0]
    _state["now"] = None if code == LANGUAGES[0] else _catalogue(code)
    return code


def chosen() -> str:
    """The code of the language that is in use."""
    now = _state["now"]
    return LANGUAGES[0] if now is None else now.info().get("language", LANGUAGES[0])


def _catalogue(code: str) -> NullTranslations:
    import gettext

    return gettext.translation(DOMAIN, LOCALE, [code])


def _(message: str) -> str:
    """The message in the chosen language. Placeholders are named, ``_("{n} jobs").format(n=3)``, so that a translation
    may change their order."""
    now = _state["now"]
    # gettext("") is the catalogue's header, not an empty text.
    return now.gettext(message) if now is not None and message else message


def ngettext(one: str, many: str, number: int) -> str:
    """The same for what is counted."""
    now = _state["now"]
    if now is not None:
        return now.ngettext(one, many, number)
    # English and Japanese need no more; a catalogue has its own rule of plurals (Plural-Forms).
    return one if number == 1 else many


def N_(message: str) -> str:  # noqa: N802  # the name that gettext's tools know
    """Marks a text of a table or constant for the catalogue; it is translated with ``_`` where it is shown."""
    return message


class Coded(Protocol):
    """A finding or a problem: its code and its message."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...


def few(names: Sequence[str], most: int = 3) -> str:
    """``a, b, c and 4 more``."""
    return ", ".join(names[:most]) + (_(" and {n} more").format(n=len(names) - most) if len(names) > most else "")


def finding_text(finding: Coded) -> str:
    """What a finding of the document says: its code and its message.

    The message is written in English, about this very case. In another language it is said in that language; where it is not
    known there, the translated title of the code stands before it.
    """
    said = finding_sentence(finding)
    if _state["now"] is None or said != finding.message:
        return f"{finding.code} {said}"
    return f"{finding.code} {finding_title(finding.code)}: {finding.message}"


def finding_sentence(finding: Coded) -> str:
    """The sentence of a finding in the chosen language; in English where that language has no words for it."""
    if _state["now"] is None:
        return finding.message
    from migrate.terminal.sentences_ja import in_japanese

    return in_japanese(finding.code, finding.message) or finding.message


def finding_title(code: str) -> str:
    """The title of a code in the chosen language."""
    from converters.findings.codes import CATALOGUE

    return _(CATALOGUE[code].title)


def finding_help(code: str) -> str:
    """The help of a code in the chosen language."""
    from converters.findings.codes import CATALOGUE

    return _(CATALOGUE[code].help)


def schedule_words(schedule: Schedule | Special) -> str:
    """A schedule in words of the chosen language."""
    # Words of a schedule are built, not translated: their order differs from language to language.
    if _state["now"] is None:
        from converters.schedules.words import in_words
    else:
        from converters.schedules.words_ja import in_words
    return in_words(schedule)


_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def weekday(day: date) -> str:
    """The short name of a date's day of the week."""
    # Not %a: strftime follows the locale of the process, which may be another language.
    return _(_WEEKDAYS[day.weekday()])
