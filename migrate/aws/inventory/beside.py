"""The workspace beside the account: the lines of its tables as starters, and the names that its jobs would take."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from converters.inventory.comparing import Wanted
from converters.inventory.makers import Maker
from converters.inventory.model import Starter
from converters.inventory.works import Work, plain_command
from converters.secrets.search import mask
from converters.workflows.machine import needs_machine
from migrate.aws import schedules
from migrate.aws.wishes import as_started, followers_of
from migrate.errors import UserError
from migrate.sites.site import open_site
from migrate.sites.times import old_pieces
from migrate.workspace.spec_files import load_specs

if TYPE_CHECKING:
    from converters.schedules.daemon import Starts, Window
    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.document.job import Job


def specs_of(out: Path) -> dict[str, Spec]:
    """The jobs of a workspace that can be used; none where there is no workspace."""
    try:
        return {spec.name: spec for _path, spec in load_specs(out, (), may_be_empty=True)}
    except UserError:
        return {}


def lines(out: Path, specs: Mapping[str, Spec]) -> list[Starter]:
    """Each job of the report, as its table starts it; not live once a cutover has taken its line away."""
    from migrate.document.from_json import REPORT
    from migrate.machine.files import confined

    if not (out.is_dir() and confined(out, REPORT).is_there()):
        return []
    site = open_site(out)
    return [
        Starter(
            kind="crontab",
            name=job.name,
            place=job.where,
            live=site.journal.phase(job.name) == "old",
            expression=job.schedule,
            timezone=job.timezone,
            maker=Maker("crontab", job.user or ""),
            job=job.name,
            works=tuple(_works(job, specs.get(job.name))),
            times=partial(_times, job),
        )
        for job in site.document.jobs
    ]


def _times(job: Job, window: Window) -> list[Starts] | None:
    try:
        return old_pieces(job, window)
    except UserError:
        return None


def _works(job: Job, spec: Spec | None) -> Iterator[Work]:
    """As the line says it, and as its ecs.yml does: an AWS job may have been made from either."""
    box = spec.containers[0] if spec else None
    images = (box.image,) if box and "CHANGE_ME" not in box.image else ()
    texts = [job.command.text or job.line]
    if box and (box.command or box.entry_point):
        texts.append(mask(shlex.join([*(box.entry_point or ()), *(box.command or ())])))
    for text in dict.fromkeys(map(plain_command, filter(None, texts))):
        yield Work(kind="ecs", arn="", images=images, command=text)


def wanted(aws: Aws, owner: str, specs: Mapping[str, Spec]) -> list[Wanted]:
    """What `register` would make for them."""
    place, env, found = aws.place(owner), aws.environment, []
    after = followers_of(place, list(specs.values()))
    for job, spec in specs.items():
        name = place.job(job)
        found.append(Wanted(job, "task family", name))
        cluster = (env.cluster or spec.cluster or "default").rpartition("/")[2]
        if spec.service:
            found.append(Wanted(job, "service", f"{cluster}/{name}"))
            continue
        if needs_machine(as_started(env, spec), after.get(job, ())):
            found.append(Wanted(job, "workflow", name))
        if spec.schedule.timezone:
            found.append(Wanted(job, "schedule", f"{schedules.group_name(aws, owner)}/{name}"))
        elif not spec.after:
            found.append(Wanted(job, "rule", name))
    return found
