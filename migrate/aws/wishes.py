"""From settings and specs to the wishes for the shared part: used by register and by the exports alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from converters.frame.channels import Channel, Datadog, Https, Kept, PagerDuty, Slack
from converters.frame.frame import Wish
from converters.frame.place import Place
from converters.frame.telling import EVERYBODY
from converters.workflows.followers import Follower
from converters.workflows.machine import needs_machine, needs_table
from migrate.aws.sidecars import DATADOG_AGENT

if TYPE_CHECKING:
    from converters.specs.model import Container, Spec
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
    counted = bool(workflows) and bool(env.ceilings.of_starts)
    locks = env.watch or counted or any(needs_table(spec, after.get(spec.name, ())) for spec in specs)
    zoned = any(spec.schedule.timezone for spec in specs)
    boxes = [box for spec in specs for box in spec.containers]
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
        secrets=_secrets(place, env, boxes),
        environment_files=_distinct([arn for box in boxes for arn in box.environment_files]),
        log_groups=_distinct([log.options.get(name) for log in logs for name in ("awslogs-group", "log_group_name")]),
        emails=_emails(env.notifications.email, specs),
        output_jobs=_distinct([place.job(spec.name) for spec in specs if spec.notify and spec.notify.output]),
        channels=_channels(env, specs),
        sidecars=_distinct(
            [*(sidecar.name for sidecar in env.sidecars), *([DATADOG_AGENT] if _has_agent(env) else [])]
        ),
        watched=env.watch,
        boundary=env.permissions_boundary,
    )


def _has_agent(env: Environment) -> bool:
    return bool(env.notifications.datadog and env.notifications.datadog.agent)


def _secrets(place: Place, env: Environment, boxes: Sequence[Container]) -> tuple[str, ...]:
    """What the execution role reads before a container starts."""
    logs = [box.log_configuration for box in boxes if box.log_configuration]
    datadog = env.notifications.datadog
    return _distinct(
        [
            *(source for box in boxes for source in box.secrets.values()),
            *(box.repository_credentials.credentials_parameter for box in boxes if box.repository_credentials),
            *(source for log in logs for source in log.secret_options.values()),
            *(source for sidecar in env.sidecars for source in sidecar.secrets.values()),
            _secret_arn(place, datadog.api_key_secret) if datadog and datadog.agent else None,
        ]
    )


def _channels(env: Environment, specs: Sequence[Spec]) -> tuple[Channel, ...]:
    told, found = env.notifications, list[Channel]()
    if told.slack:
        quiet = _distinct([spec.name for spec in specs if spec.notify and not spec.notify.slack])
        found.append(Slack(Kept(told.slack.webhook_secret, told.slack.webhook_secret_key), quiet))
    if told.datadog and told.datadog.events:
        found.append(Datadog(Kept(told.datadog.api_key_secret, told.datadog.api_key_secret_key), told.datadog.site))
    if told.pagerduty:
        kept = Kept(told.pagerduty.routing_key_secret, told.pagerduty.routing_key_secret_key)
        found.append(PagerDuty(kept, told.pagerduty.region))
    if told.https:
        kept = Kept(told.https.secret, told.https.secret_key)
        found.append(Https(kept, told.https.address, told.https.header, told.https.prefix))
    return tuple(found)


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
        channels=tuple(
            replace(one, quiet=_distinct([*one.quiet, *(name for name in live.quiet if name not in known)]))
            if isinstance(one, Slack)
            else one
            for one in own.channels
        ),
        other_clusters=tuple(live.clusters),
    )
