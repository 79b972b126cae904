"""The lines of containers in CloudWatch Logs: where a container's log goes, its last lines, and what comes after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.aws.errors import error_code
from migrate.aws.session import Aws

PAGE = 10_000
"""Events that GetLogEvents gives at most; a page ends at 1 MB too."""
MOST = 100_000
"""Lines of one log that are held at a time."""
_PAGES = 2_000  # pages may be empty while older ones are not (GetLogEvents, "nextBackwardToken")
_QUIET = 2  # looks that bring nothing new after the task's end: awslogs sends its last batch after it

Events = list[tuple[int, str]]
"""(milliseconds since 1970, text), oldest first."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where one container of a job writes: a group, and what stands before the task's id in the name of its stream.
    ``shared``: all tasks write into the stream ``before``."""

    container: str
    group: str
    before: str
    shared: bool = False

    def stream(self, task: str) -> str:
        return self.before if self.shared else self.before + task.rpartition("/")[2]


@dataclass(slots=True)
class Reading:
    """One stream while it is read. ``there``: it exists; ``more``: older lines were left out; ``token``: what follows."""

    place: LogPlace
    events: Events
    there: bool = False
    more: bool = False
    token: str | None = None


def place_of(container: dict[str, Any], region: str) -> LogPlace | str:
    """Where a container of a task definition writes; else what takes its lines elsewhere, such as ``splunk``."""
    log = container.get("logConfiguration") or {}
    options, name = log.get("options", {}), str(container["name"])
    if not log:
        return "nowhere"
    if log.get("logDriver") == "awslogs" and "awslogs-group" in options:
        there = options.get("awslogs-region", region)
        if there != region:
            return f"CloudWatch Logs of {there}"
        # awslogs: PREFIX/CONTAINER/TASK-ID.
        return LogPlace(name, options["awslogs-group"], f"{options.get('awslogs-stream-prefix')}/{name}/")
    # The names of options are Fluent Bit's own (its outputs cloudwatch and cloudwatch_logs).
    if options.get("Name") in ("cloudwatch", "cloudwatch_logs") and "log_group_name" in options:
        return _routed(name, options)
    return " to ".join(filter(None, (str(log.get("logDriver", "")), options.get("Name"))))


def _routed(name: str, options: dict[str, str]) -> LogPlace | str:
    group, stream = options["log_group_name"], options.get("log_stream_name")
    # docs "Custom log routing": FireLens tags the lines of a container CONTAINER-firelens-TASK-ID.
    before = f"{options.get('log_stream_prefix', '')}{name}-firelens-" if stream is None else stream
    # The older of the two outputs fills in $(ecs_task_id) and others (amazon-cloudwatch-logs-for-fluent-bit, README).
    ended = before.removesuffix("$(ecs_task_id)")
    if "$(" in group + ended:
        return f"a stream that the log router names ({group} {before})"
    return LogPlace(name, group, ended, shared=stream is not None and ended == before)


def tail(aws: Aws, place: LogPlace, task: str, lines: int, since: int | None = None) -> Reading:
    """The last events of a stream, read from its end; ``since`` in milliseconds since 1970."""
    found, pages, reading = 0, list[Events](), Reading(place, [])
    token: str | None = None
    for _page in range(_PAGES):
        # One more than is wanted tells whether there are older ones.
        answer = _page_of(aws, place, task, token, min(PAGE, lines + 1 - found), since, head=False)
        if answer is None:
            return reading
        if token is None:
            reading.there, reading.token = True, str(answer["nextForwardToken"])
        pages.append(_events(answer))
        found += len(pages[-1])
        # The token that was sent comes back at the beginning of the stream (GetLogEvents).
        if found > lines or answer["nextBackwardToken"] == token:
            break
        token = str(answer["nextBackwardToken"])
    else:
        reading.more = True
    every = [event for page in reversed(pages) for event in page]
    reading.events, reading.more = every[-lines:], reading.more or found > lines
    return reading


def _forward(aws: Aws, reading: Reading, task: str, since: int | None) -> Iterator[tuple[int, str]]:
    """What has come since; a stream that was not there yet is read from its beginning."""
    for _page in range(_PAGES):
        answer = _page_of(aws, reading.place, task, reading.token, PAGE, since, head=True)
        if answer is None:
            return
        reading.there = True
        yield from _events(answer)
        if answer["nextForwardToken"] == reading.token:
            return
        reading.token = str(answer["nextForwardToken"])


def _events(answer: dict[str, Any]) -> Events:
    return [(int(event["timestamp"]), str(event["message"])) for event in answer["events"]]


def _page_of(
    aws: Aws, place: LogPlace, task: str, token: str | None, limit: int, since: int | None, *, head: bool
) -> dict[str, Any] | None:
    """One page; None where there is no such group or stream."""
    from botocore.exceptions import ClientError

    more: dict[str, Any] = {"nextToken": token} if token else {}
    if since is not None:
        more["startTime"] = since
    try:
        return dict(
            aws.client("logs").get_log_events(
                logGroupName=place.group, logStreamName=place.stream(task), limit=limit, startFromHead=head, **more
            )
        )
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return None


def merged(readings: Sequence[Reading]) -> list[tuple[int, str, str]]:
    """(milliseconds, container, text) of several streams by time; what came at once stays in the order of its stream."""
    every = [(at, one.place.container, text) for one in readings for at, text in one.events]
    return sorted(every, key=lambda line: line[0])


def follow(
    aws: Aws,
    readings: Sequence[Reading],
    task: str,
    since: int | None,
    is_going: Callable[[], bool],
    tell: Callable[[list[tuple[int, str, str]]], None],
    sleep: Callable[[], None],
) -> None:
    """``tell`` gets what comes after what was read, until the task has stopped and nothing more comes of it."""
    quiet = 0
    while quiet < _QUIET:
        # Asked before the log is read: whatever was written before the end is then read after it.
        going = is_going()
        for one in readings:
            one.events = list(_forward(aws, one, task, since))
        new = merged(readings)
        tell(new)
        quiet = 0 if going or new else quiet + 1
        if quiet < _QUIET:
            sleep()


def newest_streams(aws: Aws, place: LogPlace) -> list[tuple[str, float]]:
    """(task's id, when its stream began) of the streams of one container, the newest first; [] where there is no group.

    A group of the job's own is read from its newest streams; one that many jobs share is asked by prefix.
    """
    from botocore.exceptions import ClientError

    pages = aws.client("logs").get_paginator("describe_log_streams")
    # The API cannot order by time and look for a prefix at once.
    ways: list[tuple[dict[str, Any], int]] = [
        ({"orderBy": "LastEventTime", "descending": True}, 4),
        ({"logStreamNamePrefix": place.before}, 400),
    ]
    for asked, most in ways:
        found: dict[str, float] = {}
        try:
            for number, page in enumerate(pages.paginate(logGroupName=place.group, **asked)):
                for stream in page["logStreams"]:
                    name = str(stream["logStreamName"])
                    if name.startswith(place.before) and not place.shared:
                        found[name.removeprefix(place.before)] = stream["creationTime"] / 1000
                if number + 1 == most:
                    break
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return []
        if found:
            return sorted(found.items(), key=lambda one: -one[1])
    return []
