"""The parameters that the secrets of a scan's jobs are read from: one for each value, and those of an earlier scan kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from converters.commands.work import Work
from converters.expressions.judgement import Place
from converters.findings.codes import Finding
from converters.secrets.parameters import Held, Known, parameters
from converters.specs.making import without_secrets
from migrate.sources import Source

if TYPE_CHECKING:
    from migrate.workspace.decisions import Decisions

OF_SECRETS = "C480"
# The block of our own text (converters/specs/text.py): a key at two blanks, its variables at four.
_BLOCK = re.compile(r"^  secrets:\n((?:    .*\n)+)", re.MULTILINE)


class Scanned(Protocol):
    """A job of a scan, as far as its secrets go."""

    name: str
    source: Source
    place: Place
    work: Work
    findings: tuple[Finding, ...]


class Kept(NamedTuple):
    """Whose workspace it is, the parameters that its jobs were given before, and those that somebody named in a review."""

    owner: str = "cron2fargate"
    known: Known = MappingProxyType({})
    reserved: frozenset[str] = frozenset()


NOTHING_KEPT = Kept()


class Given(NamedTuple):
    """Job -> variable -> its parameter; and what that would be, had no earlier scan given it another."""

    now: Known = MappingProxyType({})
    anew: Known = MappingProxyType({})


NOTHING_GIVEN = Given()


def parameters_of(jobs: Iterable[Scanned], kept: Kept) -> Given:
    """The parameters of the jobs that have secrets."""
    held = [
        Held(job.name, job.source.path, _label(job), without_secrets(job.work, job.place.host_name).values)
        for job in jobs
        # Most jobs have none, and to look for them in each once more would take as long as the scan.
        if any(finding.code == OF_SECRETS for finding in job.findings)
    ]
    return Given(parameters(kept.owner, held, kept.known, kept.reserved), parameters(kept.owner, held, {}))


def _label(job: Scanned) -> str:
    """What a table is called: the file's name, which in a spool is the user's."""
    name = PurePath(job.source.path).name
    return name if name not in ("", "-") else "crontab"


def kept_in(out: Path, decisions: Decisions, owner: str) -> Kept:
    """What the workspace ``out`` tells; ``owner`` is whose it will be, where it has no settings yet."""
    from migrate.settings.loading import owner_of
    from migrate.workspace.specs import last_proposals

    named = frozenset(
        source for job in decisions if (one := decisions.get(job)) for source in (one.secrets or {}).values()
    )
    known = {
        # What a decision named is no proposal: taken back, it must leave nothing.
        job: {name: source for name, source in found.items() if source not in named}
        for job, found in known_parameters(last_proposals(out)).items()
    }
    return Kept(owner_of(out) or owner, known, named)


def known_parameters(proposed: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Job -> variable -> parameter, from the ecs.yml that an earlier scan proposed for each job."""
    import yaml

    found: dict[str, dict[str, str]] = {}
    for job, text in proposed.items():
        block = _BLOCK.search(text)
        if block is None:
            continue
        try:
            read = yaml.safe_load(block[1])
        except yaml.YAMLError:
            continue  # a damaged file is no proposal: the job's parameters are named anew
        if isinstance(read, dict):
            found[job] = {str(name): str(source) for name, source in read.items() if isinstance(source, str)}
    return found
