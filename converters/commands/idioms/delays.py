"""Pauses before a job: ``sleep 30;``, ``sleep $((RANDOM % 300));`` and kin in perl, python, shuf."""

from __future__ import annotations

import re

from converters.commands.idioms.options import seconds
from converters.commands.idioms.peeling import Kept, Peeling
from converters.commands.idioms.preparations import follows
from converters.commands.idioms.wishes import Delay
from converters.commands.shell.words import Simple

_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600}
# Compiled when a pause is met, not at start-up.
_ARITHMETIC = (
    r"(?:\$\(\(|\$\[)\s*(?:(?P<base>\d+)\s*\+\s*)?\(?\s*\$?\{?RANDOM\}?\s*%\s*(?P<modulus>\d+)\s*\)?"
    # RANDOM is bash's, 0 to 32767.
    r"(?:\s*\+\s*(?P<more>\d+))?\s*(?:\)\)|\])"
)
_WHOLE_RANDOM = r"\$\{?RANDOM\}?|\$\(\(\s*\$?RANDOM\s*\)\)"
_EXPR = r"(?:\$\(|`)\s*expr\s+\$RANDOM\s+\\?%\s+(\d+)\s*(?:\)|`)"
_SHUF = r"(?:\$\(|`)\s*shuf\s+(?:-n\s*1\s+)?-i\s*(\d+)-(\d+)(?:\s+-n\s*1)?\s*(?:\)|`)"
_JOT = r"(?:\$\(|`)\s*jot\s+-r\s+1\s+(\d+)\s+(\d+)\s*(?:\)|`)"
_PERL = r"sleep[ (]*(?:int[ (]*)?rand[ (]*(\d+)[ );]*"
_PYTHON = (
    r"\s*(?:import (?:random|time|random, ?time|time, ?random)\s*;?\s*|from (?:time|random) import \w+\s*;?\s*)*"
    r"time\.sleep\(random\.(?:random\(\)\s*\*\s*(?P<a>\d+)|randint\(\s*\d+\s*,\s*(?P<b>\d+)\s*\)"
    r"|uniform\(\s*[\d.]+\s*,\s*(?P<c>\d+)\s*\)|randrange\(\s*(?P<d>\d+)\s*\))\)\s*;?\s*"
)


def delay(peeling: Peeling, simple: Simple) -> bool:
    """A pause in front of all the rest; raises `Kept` when its length is not understood or it would break."""
    wish = _read(peeling, simple)
    if wish is None:
        return False
    # `sleep 30 || job` never runs the job: sleep ends well.
    if not follows(peeling):
        raise Kept("more than the rest depends on it")
    if simple.assignments or peeling.delay is not None:
        raise Kept("there is a pause already")
    peeling.drop_front("delay")
    peeling.delay = wish
    return True


def _read(peeling: Peeling, simple: Simple) -> Delay | None:
    name, words = simple.name, simple.words
    if name == "sleep" and not simple.redirects:
        return _sleep(peeling, [word.text for word in words[1:]], [word.value for word in words[1:]])
    if len(words) != 3 or (words[2].value is None):
        return None
    code = words[2].value
    if name == "perl" and words[1].value in ("-e", "-le"):
        match = re.fullmatch(_PERL, code.strip())
        return Delay("random", int(match[1])) if match else None
    if name in ("python", "python2", "python3") and words[1].value == "-c":
        match = re.fullmatch(_PYTHON, code)
        # time.sleep takes seconds; random() is below 1.
        return Delay("random", int(match["a"] or match["b"] or match["c"] or match["d"])) if match else None
    return None


def _sleep(peeling: Peeling, texts: list[str], values: list[str | None]) -> Delay:
    if values and all(value is not None for value in values):
        # GNU sleep(1) takes several operands and adds them up.
        return Delay("fixed", sum(seconds(value) for value in values if value is not None))
    if len(texts) != 1:
        raise Kept("the length of the pause is known only when it runs")
    text = texts[0].strip('"')
    unit = text[-1:] if text[-1:] in ("s", "m", "h") and text[-2:-1] in (")", "]", "`", "}") else ""
    limit = _random_limit(text.removesuffix(unit) if unit else text)
    if limit is None:
        raise Kept("the length of the pause is known only when it runs")
    if "RANDOM" in text:
        _check_shell(peeling, text)
    return Delay("random", limit * _UNIT[unit])


def _random_limit(text: str) -> int | None:
    if match := re.fullmatch(_ARITHMETIC, text):
        # `RANDOM % n` is at most n - 1.
        return int(match["base"] or 0) + int(match["more"] or 0) + int(match["modulus"]) - 1
    if match := re.fullmatch(_EXPR, text):
        return int(match[1]) - 1
    if match := re.fullmatch(_SHUF, text) or re.fullmatch(_JOT, text):
        # shuf -i LO-HI and jot -r 1 LO HI take both ends in.
        return int(match[2])
    return 32767 if re.fullmatch(_WHOLE_RANDOM, text) else None


def _check_shell(peeling: Peeling, text: str) -> None:
    """dash has no RANDOM: ``$((RANDOM % 9))`` is 0, and ``$(($RANDOM % 9))`` ends the whole command."""
    if any(name in peeling.layer.interpreter[0] for name in ("bash", "ksh", "zsh")):
        return
    # POSIX arithmetic: an unset name is 0.
    if text.startswith("$((") and "$RANDOM" not in text and "${RANDOM" not in text:
        peeling.find(
            "C432",
            f"`sleep {text}`: where /bin/sh is dash (Debian, Ubuntu) RANDOM is empty, so the pause has always been the same.",
        )
        return
    peeling.find(
        "C431",
        f"`sleep {text}`: where /bin/sh is dash (Debian, Ubuntu) `$RANDOM` is empty and the pause is an error, "
        "so what depends on it has never run. It stays as it is until you decide.",
    )
    raise Kept("`$RANDOM` is empty in dash")
