"""What is said of an entry's command as work for a container: where its output was mailed, what its host decided, its pause,
lock and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from converters.commands import surroundings
from converters.commands.command import Understanding, percent_findings
from converters.commands.host_decisions import Test
from converters.commands.idioms import aws_keys
from converters.commands.idioms.wishes import Delay, Lock
from converters.findings.codes import Finding
from converters.schedules.date_output import DEBIAN, World
from converters.secrets.references import reference_secrets
from converters.secrets.search import mask
from converters.tables.crontab import Entry

_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")


class EntryCommand(NamedTuple):
    """All of an entry that its work follows from, so that lines alike share it: a fleet repeats its commands."""

    command: str
    raw_command: str
    stdin: str | None
    variables: tuple[tuple[str, str], ...]
    home: str | None
    used: frozenset[str]
    world: World = DEBIAN
    tests: tuple[Test, ...] = ()
    never: bool = False
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.variables)


def addresses(entry: Entry | EntryCommand) -> list[str]:
    """The e-mail addresses of MAILTO; names of local users are none."""
    # MAILTO is a list with commas; a name without @ is a mailbox of the host.
    return list(dict.fromkeys(_ADDRESS.findall(mask(entry.environment.get("MAILTO", "")))))


def said(
    entry: EntryCommand, found: Understanding, carried: Mapping[str, str], secrets: frozenset[str]
) -> Iterator[Finding]:
    if entry.stdin is not None:
        yield from percent_findings(entry.raw_command)
    yield from _of_host(entry)
    asked = tuple(f"`{one.text}` asks about the host." for one in entry.tests)
    for finding in found.findings:
        if finding.code == "C446":
            continue  # TZ is carried
        if finding.code == "C462" and asked and finding.message.startswith(asked):
            continue  # said above, with what is known of the host
        if finding.code == "C457" and any(f"`${name}`" in finding.message for name in carried):
            continue
        if finding.code == "C430" and found.delay is not None:
            if not never_waited(found):
                yield _of_pause(found.delay)
            continue
        yield finding
    if found.lock is not None and found.timeout is None:
        yield endless(found.lock)
    yield from _of_mail(entry)
    if found.container is None:
        yield from surroundings.of_path(entry.environment, found.reads, found.searched)
    yield from surroundings.never_worked(entry.command, entry.environment, has_data=entry.stdin is not None)
    yield from _of_secrets(entry, found, carried, secrets)


def never(entry: EntryCommand) -> str:
    """Why nothing of the command runs on its host."""
    if not entry.never:
        return ""
    one = next((one for one in entry.tests if one.holds is False), entry.tests[0])
    return f"`{one.text}` is {str(one.holds).lower()} on its host ({one.why}): the job never runs there."


def _of_host(entry: EntryCommand) -> Iterator[Finding]:
    """Tests of the host: decided by its files, or a question."""
    if entry.never:
        yield Finding("C468", never(entry))
        return
    for one in entry.tests:
        if one.holds is None:
            lacks = f" Not known: {one.why}." if one.why else ""
            yield Finding(
                "C462",
                f"`{one.text}` asks about the host. In the container the answer may be another one: decide what it is.{lacks}",
            )
        else:
            says = "holds" if one.holds else "does not hold"
            yield Finding("C467", f"`{one.text}` {says} on its host ({one.why}), so the test is gone from the command.")


def endless(lock: Lock) -> Finding:
    """That a lock has no time limit."""
    return Finding(
        "C418",
        f"The lock `{lock.name}` has no time limit: a lease must end some time, or a run that hangs blocks the rest.",
    )


def never_waited(found: Understanding) -> bool:
    """Whether its random pause has always been none, as dash reads it."""
    return any(finding.code == "C432" for finding in found.findings)


def _of_pause(delay: Delay) -> Finding:
    if delay.kind == "fixed":
        return Finding("C430", f"It waits {delay.seconds:g} seconds before it begins; the pause stays in the command.")
    return Finding(
        "C430",
        f"It waited up to {delay.seconds:g} seconds, at random: a flexible window in Scheduler; a rule starts it at once.",
    )


def _of_mail(entry: EntryCommand) -> Iterator[Finding]:
    mailto = entry.environment.get("MAILTO")
    if not mailto:
        return
    known = addresses(entry)
    if known:
        yield Finding("C404", f"Output was mailed to {', '.join(known)}; now they are told when a run fails.")
    else:
        yield Finding("C408", f"Output was mailed to `{mask(mailto)}`, a user of the host; on AWS nobody is mailed.")


def _of_secrets(
    entry: EntryCommand, found: Understanding, carried: Mapping[str, str], secrets: frozenset[str]
) -> Iterator[Finding]:
    """Passwords and the like: where they go, and which of them need a hand."""
    moved = reference_secrets(found.remaining, carried, entry.used)
    if moved.values:
        names = ", ".join(sorted(moved.values))
        where = "the crontab or its compose file" if entry.texts else "the crontab"
        stand = "a secret stands" if len(moved.values) == 1 else "secrets stand"
        yield Finding(
            "C480",
            f"{stand} in {where} in clear: {names} "
            f"{'becomes a reference' if len(moved.values) == 1 else 'become references'} in ecs.yml",
        )
    keys = aws_keys.said_of(moved.values, found.remaining)
    if keys is not None:
        yield Finding("C439", keys)
    if moved.left or (entry.stdin and any(secret in entry.stdin for secret in secrets)):
        yield Finding("C481", "a secret stands where no reference can replace it; ecs.yml has **** in its place")
