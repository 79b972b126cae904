"""What each job needs and what becomes of it: `converters.worlds` asked with what the scan knows."""

from __future__ import annotations

from dataclasses import replace

from converters.commands.work import Work
from converters.findings.codes import Finding
from converters.tables.crontab import Entry
from converters.worlds.answers import Worlds
from converters.worlds.fates import Effect, effect_of
from converters.worlds.jobs import Read, application_of, needs_of_job, shipped_of

ADDED = frozenset(
    {
        "C414",
        "C417",
        "C463",
        "C466",
        "C472",
        "C475",
        "C477",
        "C478",
        "C479",
        "C485",
        "C486",
        "C487",
        "C488",
        "C489",
        "C490",
        "C491",
        "C492",
        "C493",
    }
)
"""What needs tell, where the command's text alone does not: what it reads, deletes, mirrors, asks and starts, whom it serves,
and what its exit statuses mean."""


class Effects:
    """Works an effect out once for each distinct command and home; a fleet has far fewer of both than lines."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str | None], Effect] = {}
        self._works: list[Work] = []  # keeps the ids above alive

    def of(self, entry: Entry, work: Work) -> Effect:
        """The effect of one entry."""
        key = id(work), entry.environment.get("HOME")
        if key not in self._known:
            self._works.append(work)
            self._known[key] = _effect(entry, work)
        return self._known[key]


def _effect(entry: Entry, work: Work) -> Effect:
    found = work.understanding
    needs = needs_of_job(found, entry.environment, _scripts(work))
    worlds = Worlds(
        application=application_of(found, needs), shipped=shipped_of(needs.needs), variables=entry.environment
    )
    return _hidden(effect_of(needs, worlds), work)


def _hidden(effect: Effect, work: Work) -> Effect:
    """The effect without the job's secrets, which stand in the words of its command."""
    if not work.secrets:
        return effect
    return replace(
        effect,
        reasons=tuple(map(work.hide, effect.reasons)),
        findings=tuple(Finding(one.code, work.hide(one.message)) for one in effect.findings),
        open_image=tuple(map(work.hide, effect.open_image)),
    )


def _scripts(work: Work) -> tuple[Read, ...]:
    if work.script is None or not work.script.text:
        return ()
    return (Read(work.script.path, work.script.text, work.script.shell),)


def kept_findings(work: Work, effect: Effect) -> tuple[Finding, ...]:
    """The findings of the command's text, and those of its needs that the text alone does not give."""
    told = {one.code for one in work.findings}
    return (*work.findings, *(one for one in effect.findings if one.code in ADDED and one.code not in told))
