"""What is said of a run: the lines of a mail and the members of an event, in JSONata, from the variables of the notifier.

The variables: ``job``, ``kind``, ``what``, ``reason``, ``slot``, ``task`` (see `TASK`), ``started`` and ``ended`` (ISO, or
empty), ``resource``, ``group``, ``stream``, ``elsewhere``, ``lines``. A line of which nothing is known is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from converters.expressions.guards import SLOT
from converters.workflows.parts import quoted

# Bytes are up to four a character; the rest of the message needs room as well.
MESSAGE_LIMIT = 20_000
"""Characters; SNS takes 256 KiB, an event 256 KB."""

TASK = {
    # The member of an ECS event, that of DescribeTasks in Step Functions (ECS API reference; the SDK: Pascal).
    "arn": ("taskArn", "TaskArn"),
    "definition": ("taskDefinitionArn", "TaskDefinitionArn"),
    "created": ("createdAt", "CreatedAt"),
    "started": ("startedAt", "StartedAt"),
    # executionStoppedAt is the end of the containers, stoppedAt that of the network interface, half a minute later.
    "ended": ("executionStoppedAt", "ExecutionStoppedAt"),
    "gone": ("stoppedAt", "StoppedAt"),
    "code": ("stopCode", "StopCode"),
    "reason": ("stoppedReason", "StoppedReason"),
}
_BOX = {"name": "name", "code": "exitCode", "reason": "reason", "digest": "imageDigest"}


def task_of(source: str, *, pascal: bool) -> str:
    """JSONata for a task as the notifier keeps it: the members of `TASK`, ``boxes`` (each with ``name``, ``code``, ``reason``,
    ``digest``) and ``slot``, as far as ``source`` has them."""

    def named(name: str) -> str:
        return name[0].upper() + name[1:] if pascal else name

    members = [f"'{key}': {source}.{names[pascal]}" for key, names in TASK.items()]
    boxes = ", ".join(f"'{key}': {named(name)}" for key, name in _BOX.items())
    told = ".".join(named(name) for name in ("overrides", "containerOverrides", "environment"))
    # Two containers may be told it; a run by hand is told an empty one.
    slot = f"{source}.{told}[{named('name')} = {quoted(SLOT)} and {named('value')} != ''].{named('value')}"
    members += [
        f"'boxes': [{source}.{named('containers')}.{{{boxes}}}]",
        f"'slot': $join([({slot})[0]])",
    ]
    return "{" + ", ".join(members) + "}"


@dataclass(frozen=True, slots=True)
class Messages:
    """Of jobs of one environment: ``scope`` is what others are told of it, ``account`` and ``region`` where it stands."""

    owner: str
    environment: str
    scope: str
    account: str
    region: str
    sidecars: tuple[str, ...]

    def link(self) -> str:
        """The console's own way of writing a name in an address: twice encoded, with $ for %."""
        home = f"https://{self.region}.console.{_console(self.region)}"
        page = f"{home}/cloudwatch/home?region={self.region}#logsV2:log-groups/log-group/"
        group, stream = ("$replace($" + name + ", '/', '$252F')" for name in ("group", "stream"))
        events = f"($stream = '' ? '' : '/log-events/' & {stream})"
        return f"($group = '' ? '' : {quoted(page)} & {group} & {events})"

    def mail(self) -> str:
        """The text of a mail, with the last lines of the log."""
        where = f"{self.environment} of {self.owner}" if self.environment else self.owner
        lines = [
            "'Job: ' & $job",
            quoted(f"Environment: {where}, account {self.account}, region {self.region}"),
            "'What: ' & $what",
            self._if("$slot != ''", "'Slot: ' & $slot"),
            self._if("$started != ''", "'Started: ' & $started"),
            self._if("$ended != ''", "'Ended: ' & $ended"),
            self._if(_LASTED, f"'Duration: ' & {_duration()}"),
            self._if("$reason != ''", "'Reason: ' & $reason"),
            f"$task.boxes.({self._box()})",
            "'When: ' & $states.input.time",
            f"'Log: ' & ($elsewhere != '' ? $elsewhere : {self.link()})",
            "$resource",
        ]
        text = f"$join([{', '.join(lines)}], '\\n')"
        log = "($lines = '' ? '' : '\\n\\nLast lines of the log:\\n' & $lines)"
        return f"$substring({text} & {log}, 0, {MESSAGE_LIMIT})"

    def detail(self) -> dict[str, object]:
        """The detail of an event for channels. Without the lines of the log: they go to the people of the job."""
        return {
            "owner": self.scope or self.owner,
            "environment": self.environment,
            "account": self.account,
            "region": self.region,
            "job": "{% $job %}",
            "kind": "{% $kind %}",
            "what": "{% $what %}",
            "reason": "{% $reason %}",
            "slot": "{% $slot %}",
            "started": "{% $started %}",
            "ended": "{% $ended %}",
            "duration": f"{{% {_LASTED} ? {_seconds()} : -1 %}}",
            "containers": "{% [$task.boxes] %}",
            "log": f"{{% {self.link()} %}}",
            "resource": "{% $resource %}",
            # For what keeps an incident open until it is told that it is over.
            "action": f"{{% {_OVER} ? 'resolve' : 'trigger' %}}",
            "alert": f"{{% {_OVER} ? 'success' : 'error' %}}",
            "incident": f"{{% {quoted((self.scope or self.owner) + '/')} & $job & ({_OF_START} ? '/start' : '/run') %}}",
            "title": "{% 'cron job ' & $job & ' ' & $what %}",
            "text": f"{{% ({self._brief()}) %}}",
        }

    def _brief(self) -> str:
        # Without another environment its name tells nobody anything.
        where = f" ({self.environment})" if self.scope not in ("", self.owner) else ""
        log = f"$link := {self.link()}; $log := $link = '' ? '' : '\\n' & $link;"
        why = "($reason = '' ? '' : ' (' & $reason & ')')"
        return f"{log} '*' & $job & {quoted(f'*{where} ')} & $what & {why} & $log"

    def _box(self) -> str:
        """``app: exit status 3; OutOfMemoryError``: of every container, a sidecar's as such."""
        beside = _listed(self.sidecars)
        status = "$exists(code) ? 'exit status ' & $string(code) : 'no exit status'"
        why = "$exists(reason) ? '; ' & reason : ''"
        image = "$exists(digest) ? '; image ' & digest : ''"
        return f"'Container ' & name & (name in {beside} ? ' (beside the job)' : '') & ': ' & ({status}) & ({why}) & ({image})"

    @staticmethod
    def _if(condition: str, line: str) -> str:
        # A condition without its other side is nothing, and a list leaves nothing out.
        return f"{condition} ? {line}"


# The watchman says `ok` of a start that was missing or given up; nobody says it of a run that failed.
_OVER = "$kind = 'ok'"
_OF_START = "$kind in ['ok', 'missed', 'again', 'disabled', 'gave-up']"
_LASTED = "$started != '' and $ended != ''"


def _seconds() -> str:
    return "$round(($toMillis($ended) - $toMillis($started)) * 0.001)"


def _duration() -> str:
    # No division: an interpreter that looks for variables by pattern takes the text between two slashes for an expression.
    seconds = _seconds()
    return (
        f"({seconds} < 120 ? $string({seconds}) & ' s' : {seconds} < 7200 ? $string($round({seconds} * 0.0166667)) & ' min' :"
        f" $string($round({seconds} * 0.000277778, 1)) & ' h')"
    )


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(name) for name in names) + "]"


def _console(region: str) -> str:
    if region.startswith("cn-"):
        return "amazonaws.cn"
    return "amazonaws-us-gov.com" if region.startswith("us-gov-") else "aws.amazon.com"
