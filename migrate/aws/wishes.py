"""From settings and specs to the wishes for the shared part: used by register and by the exports alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converters.frame.channels import Endpoint
from converters.frame.frame import Wish
from converters.frame.place import Place
from converters.frame.telling import EVERYBODY
from converters.workflows.followers import Follower
from converters.workflows.machine import needs_machine, needs_table
from migrate.aws.sidecars import DATADOG_AGENT

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.settings.model import Environment


def followers_of(place: Place, specs: Sequence[Spec]) -> dict[str, list[Follower]]:
    """For each job those that run after it."""
    found: dict[str, list[Follower]] = {}
    for spec in specs:
        for lead in spec.after:
            found.setdefault(lead, []).append(Follower(spec.name, place.machine(spec.name), tuple(spec.after)))
    return found


def as_started(env: Environment, spec: Spec) -> Spec:
    """The spec with what the environment says of its start, where it says nothing itself."""
    # A workflow follows one task: a default that refuses a job of several would be none.
    if env.start != "workflow" or spec.start is not None or spec.service or spec.schedule.task_count > 1:
        return spec
    return spec.model_copy(update={"start": env.start})


def wish(place: Place, env: Environment, specs: Sequence[Spec]) -> Wish:
    """Shared parts that no spec asks for are left out: locks without a lock, Scheduler without a time zone."""
    specs = [as_started(env, spec) for spec in specs]
    after = followers_of(place, specs)
    workflows = [spec for spec in specs if needs_machine(spec, after.get(spec.name, ()))]
    # A watched place needs the table for the starts of its workflows, and for what the watchman knows.
    locks = env.watch or any(needs_table(spec, after.get(spec.name, ())) for spec in specs)
    zoned = any(spec.schedule.timezone for spec in specs)
    told = env.notifications
    boxes = [box for spec in specs for box in spec.containers]
    sidecars = [sidecar.name for sidecar in env.sidecars]
    agents: list[str] = []
    if told.datadog and told.datadog.agent:
        sidecars.append(DATADOG_AGENT)
        agents.append(_secret_arn(place, told.datadog.api_key_secret))
    logs = [box.log_configuration for box in boxes if box.log_configuration]
    return Wish(
        place=place,
        clusters=_distinct([env.cluster] if env.cluster else [spec.cluster for spec in specs]),
        log_group=env.log_group,
        execution_role=env.execution_role,
        task_roles=_distinct([env.task_role, *_own_roles(env, specs)]),
        events_role=env.events_role,
        scheduler_role=(env.scheduler_role or place.name("scheduler")) if zoned else None,
        states_role=(env.states_role or place.name("states")) if workflows else None,
        topic=env.topic or place.plain("failures"),
        lock_table=(env.lock_table or place.name("locks")) if locks else None,
        queue=None if env.dead_letter_queue == place.arn("sqs", place.plain("dlq")) else env.dead_letter_queue,
        schedule_group=(env.schedule_group or place.name("")[:-1]) if zoned else None,
        families=_distinct([place.job(spec.name) for spec in specs]),
        machines=_distinct([place.job(spec.name) for spec in workflows]),
        followers=_distinct([place.job(spec.name) for spec in specs if spec.after]),
        images=_distinct([*(box.image for box in boxes), *(sidecar.image for sidecar in env.sidecars)]),
        secrets=_distinct(
            [
                *(source for box in boxes for source in box.secrets.values()),
                *(box.repository_credentials.credentials_parameter for box in boxes if box.repository_credentials),
                *(source for log in logs for source in log.secret_options.values()),
                *(source for sidecar in env.sidecars for source in sidecar.secrets.values()),
                *agents,
            ]
        ),
        environment_files=_distinct([arn for box in boxes for arn in box.environment_files]),
        log_groups=_distinct([log.options.get(name) for log in logs for name in ("awslogs-group", "log_group_name")]),
        emails=_emails(told.email, specs),
        output_jobs=_distinct([place.job(spec.name) for spec in specs if spec.notify and spec.notify.output]),
        quiet_jobs=_distinct([spec.name for spec in specs if spec.notify and not spec.notify.slack]),
        sidecars=_distinct(sidecars),
        watched=env.watch,
        slack_key=told.slack.webhook_secret_key if told.slack else None,
        datadog_key=told.datadog.api_key_secret_key if told.datadog else None,
        slack_secret=told.slack.webhook_secret if told.slack else None,
        datadog_secret=told.datadog.api_key_secret if told.datadog and told.datadog.events else None,
        boundary=env.permissions_boundary,
        datadog_site=told.datadog.site if told.datadog else "datadoghq.com",
        pagerduty_secret=told.pagerduty.routing_key_secret if told.pagerduty else None,
        pagerduty_key=told.pagerduty.routing_key_secret_key if told.pagerduty else None,
        pagerduty_region=told.pagerduty.region if told.pagerduty else "us",
        endpoint=Endpoint(
            told.https.address, told.https.header, told.https.secret, told.https.secret_key, told.https.prefix
        )
        if told.https
        else None,
    )


def _own_roles(env: Environment, specs: Sequence[Spec]) -> list[str | None]:
    """Of single jobs: passed on with the others, and never made here."""
    own = [env.jobs[spec.name] for spec in specs if spec.name in env.jobs]
    return [role for one in own for role in (one.task_role, one.execution_role)]


def _secret_arn(place: Place, name: str) -> str:
    return name if name.startswith("arn:") else place.arn("secretsmanager", f"secret:{name}")


def _distinct(values: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _emails(everybody: Sequence[str], specs: Sequence[Spec]) -> dict[str, tuple[str, ...]]:
    """Address to the jobs it is told of, with what they print; who is told of all hears what a job prints only where that
    has nobody else, as cron's mail went to root."""
    found: dict[str, tuple[str, ...]] = {}
    for spec in specs:
        for address in spec.notify.email if spec.notify else []:
            found[address] = (*found.get(address, ()), spec.name)
    nobody = [spec.name for spec in specs if spec.notify and spec.notify.output and not spec.notify.email]
    return found | {address: (EVERYBODY, *found.get(address, ()), *nobody) for address in everybody}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the live rules list: names on AWS of jobs whose output is wanted, jobs that are quiet, ARNs of clusters."""

    output: list[str]
    quiet: list[str]
    clusters: list[str]


def with_others(own: Wish, specs: Sequence[Spec], was: Callable[[], Heard]) -> Wish:
    """The same with what the live rules list for jobs outside this run."""
    known = {spec.name for spec in specs}
    named, live = {own.place.job(name) for name in known}, was()
    return replace(
        own,
        output_jobs=_distinct([*own.output_jobs, *(name for name in live.output if name not in named)]),
        quiet_jobs=_distinct([*own.quiet_jobs, *(name for name in live.quiet if name not in known)]),
        other_clusters=tuple(live.clusters),
    )
