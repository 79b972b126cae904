"""Preflight: what must be there on AWS for the jobs to run, looked at before anything is written. One check a file.

Nothing here writes, but for ``expressions``, which is only made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrate.checks import (
    cluster,
    herd,
    images,
    keeping,
    network,
    passing,
    quotas,
    rights,
    roles,
    secrets,
    sizes,
    standing,
)
from migrate.checks.model import Context, Line, Section, problem, unchecked
from migrate.errors import UserError
from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Context", "as_json", "failed", "full", "quick", "show", "show_wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """``quick`` ones are made before each apply: a few calls, whatever the number of jobs. ``switch``: whether a job's
    place depends on it in the minute in which AWS takes it over."""

    title: str
    look: Callable[[Context], Iterator[Line]]
    quick: bool = False
    switch: bool = True


CHECKS = (
    Check(N_("cluster"), cluster.check, quick=True),
    Check(N_("roles"), roles.check, quick=True),
    Check(N_("who may pass the roles"), passing.check, switch=False),  # whoever registered has passed them
    Check(N_("what the roles may do"), rights.check),
    Check(N_("whether what is registered may start"), standing.check),
    Check(N_("network"), network.check, quick=True),
    Check(N_("images"), images.check, quick=True),
    Check(N_("images that stay"), keeping.check),
    Check(N_("secrets"), secrets.check, quick=True),
    Check(N_("sizes"), sizes.check, quick=True),
    Check(N_("quotas"), quotas.check, switch=False),  # its rules are there already
    Check(N_("the busiest minute"), herd.check),
)


def quick(context: Context) -> list[Section]:
    """The checks that are made before each apply."""
    return [_made(check, context) for check in CHECKS if check.quick]


def full(context: Context) -> list[Section]:
    """Every check that only reads."""
    return [_made(check, context) for check in CHECKS]


def of_switch(context: Context) -> list[Section]:
    """What one job's place is asked right before it is switched on."""
    return [_made(check, context) for check in CHECKS if check.switch]


def _made(check: Check, context: Context) -> Section:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    lines: list[Line] = []
    try:
        for line in check.look(context):
            lines.append(line)
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        lines.append(unchecked(_(check.title), error))
    except UserError as error:
        lines.append(problem("C612", "{said}", said=error))
    return Section(check.title, tuple(lines))


def failed(sections: Sequence[Section]) -> bool:
    """Whether anything is NG."""
    return any(section.verdict == "NG" for section in sections)


def show(console: Console, sections: Sequence[Section]) -> None:
    """The whole tree."""
    from migrate.terminal.console import NG, OK, WARN, item, say

    signs = {"OK": OK, "WARN": WARN, "NG": NG}
    for section in sections:
        say(console, _(section.title), "bold")
        for line in section.lines or (Line("OK", _("nothing to look at")),):
            code = f" ({line.code})" if line.code else ""
            item(console, signs[line.verdict], f"{line.text}{code}")
    wrong = [line.verdict for section in sections for line in section.lines]
    counts = _("{ok} in order, {warn} to be looked at, {ng} wrong")
    say(console, counts.format(ok=wrong.count("OK"), warn=wrong.count("WARN"), ng=wrong.count("NG")), "bold")


def show_wrong(console: Console, sections: Sequence[Section]) -> None:
    """Before an apply: only what is wrong or could not be looked at, or one line that nothing is."""
    from migrate.terminal.console import NG, OK, WARN, item, say

    found = [line for section in sections for line in section.lines if line.verdict != "OK"]
    if not found:
        item(console, OK, _("quick checks: nothing is missing for these jobs"), indent=0)
    else:
        say(console, _("Quick checks (cron2fargate check looks at everything):"), "bold")
    for line in sorted(found, key=lambda line: line.verdict):
        item(console, NG if line.verdict == "NG" else WARN, f"{line.text} ({line.code})")
    console.print()


def as_json(sections: Sequence[Section], environment: str, account: str, region: str) -> dict[str, Any]:
    """The tree for programs."""
    return {
        "version": 1,
        "environment": environment,
        "account": account,
        "region": region,
        "ok": not failed(sections),
        "checks": [
            {
                "title": section.title,
                "verdict": section.verdict,
                "lines": [
                    {"verdict": line.verdict, "text": line.text, "code": line.code or None} for line in section.lines
                ],
            }
            for section in sections
        ],
    }
