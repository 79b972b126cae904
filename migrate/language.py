"""The language of what people read: English in the code, other languages from ``migrate/locale/`` (gettext catalogues)."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

LANGUAGES = ("en", "ja")
_LOCALE = Path(__file__).parent / "locale"
_state: dict[str, gettext.NullTranslations] = {"now": gettext.NullTranslations()}


def choose(language: str | None = None) -> str:
    """Use ``language``, else what LC_ALL, LC_MESSAGES or LANG say, else English; returns the one taken."""
    wanted = language or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    code = wanted.replace("-", "_").split("_")[0].split(".")[0].lower()
    code = code if code in LANGUAGES else "en"
    _state["now"] = gettext.translation("cron2fargate", _LOCALE, [code], fallback=True)
    return code


def _(message: str) -> str:
    """The message in the chosen language. Placeholders are named, ``_("{n} jobs").format(n=3)``, so that a translation
    may change their order."""
    return _state["now"].gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The same for what is counted."""
    return _state["now"].ngettext(one, many, number)
