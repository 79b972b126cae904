"""The workflow that tells of failures: events of ECS, Step Functions and CloudWatch in, readable messages out.

A definition for Step Functions (JSONata), so there is no code to host. It does what no event pattern can: it reads whose
task it was from the tags, does not take a sidecar that was ended with its task for a failure, and reads the end of the
log, as cron's mail had it. Its messages go to the topic (with the job as an attribute, which subscriptions filter by),
and as an event of source ``cron2fargate`` to the default bus, from where API destinations take them on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from converters.workflows.parts import quoted

SOURCE = "cron2fargate"
DETAIL_TYPE = "Job needs attention"
OWNER_TAG, ENVIRONMENT_TAG, JOB_TAG = "cron2fargate:owner", "cron2fargate:environment", "cron2fargate:job"
LOG_LINES = 30
# Bytes are up to four a character; the rest of the message needs room as well.
MESSAGE_LIMIT = 20_000  # characters; SNS takes 256 KiB, an event 256 KB


@dataclass(frozen=True, slots=True)
class Notifier:
    """``log_group`` has ``{job}`` for the job's name on AWS, or with ``by_job`` for its own; ``sidecars`` are containers whose
    exit codes mean nothing; ``alarm_prefix`` and ``alarm_suffix`` enclose the job in the name of a missed-run alarm.

    ``environment`` is that of the jobs that are told of, none where there is no other; ``scope`` what others are told of it.
    """

    owner: str
    region: str
    topic: str
    log_group: str
    alarm_prefix: str
    alarm_suffix: str
    queue_alarm: str
    sidecars: Sequence[str]
    events: bool
    environment: str = ""
    scope: str = ""
    by_job: bool = False

    def definition(self) -> dict[str, Any]:
        return {
            "Comment": f"Tells of jobs of {self.owner} that failed, were missed, or printed something",
            "QueryLanguage": "JSONata",
            "StartAt": "What happened",
            "States": {
                "What happened": _choice(
                    [
                        (f"{{% {_MYSELF} %}}", "It was me"),
                        ("{% $states.input.source = 'aws.cloudwatch' %}", "An alarm"),
                        ("{% $states.input.source = 'aws.states' %}", "A workflow"),
                        # `.sync` tasks carry startedBy "AWS Step Functions": their workflow tells of them.
                        ("{% $states.input.detail.startedBy = 'AWS Step Functions' %}", "Its workflow tells"),
                    ],
                    "A task",
                ),
                # ECS, Step Functions and CloudWatch events go to the same bus as this workflow's own.
                "It was me": {"Type": "Succeed", "Comment": "Or one failure of its own would go round for ever"},
                "Its workflow tells": {"Type": "Succeed", "Comment": "A try that failed may be followed by another"},
                "An alarm": self._alarm(),
                "A workflow": self._workflow(),
                "A task": self._task(),
                "Did it fail": _choice(
                    [("{% $failed or $success %}", "Whose task")],
                    "All is well",
                ),
                "All is well": {"Type": "Succeed", "Comment": "Only sidecars ended otherwise, or nothing did"},
                "Whose task": self._tags("ecs"),
                "Whose workflow": self._tags("sfn"),
                # An alarm's name alone does not tell: cron2fargate-web-1-x may be of web, or of web-1.
                "Whose alarm": self._tags("cloudwatch"),
                "Ours": _choice([(f"{{% {self._ours()} %}}", "The log")], "Of others"),
                "Of others": {"Type": "Succeed", "Comment": f"{OWNER_TAG} or {ENVIRONMENT_TAG} names another"},
                "The log": _choice([("{% $since > 0 %}", "Read the log since"), ("{% $stream = '' %}", _SAY)], _READ),
                _READ: _read_log("getLogEvents", LOG_LINES, {"LogStreamName": "{% $stream %}", "StartFromHead": False}),
                "Read the log since": _read_log(
                    "filterLogEvents", 100, {"LogStreamNamePrefix": "{% $name & '/' %}", "StartTime": "{% $since %}"}
                ),
                _SAY: _choice([("{% $success and $lines = '' %}", "Nothing was printed")], "Tell"),
                "Nothing was printed": {"Type": "Succeed", "Comment": "As cron: no output, no mail"},
                "Tell": self._publish(),
                **(self._others() if self.events else {}),
            },
        }

    def text(self) -> str:
        """As Step Functions takes it."""
        return json.dumps(self.definition(), indent=2, ensure_ascii=False)

    def _alarm(self) -> dict[str, Any]:
        name = "$states.input.detail.alarmName"
        # An alarm's name carries the job between prefix and suffix.
        job = f"$substringBefore($substringAfter({name}, {quoted(self.alarm_prefix)}), {quoted(self.alarm_suffix)})"
        given_up = f"{name} = {quoted(self.queue_alarm)}"
        said = "'was given up before it started; the dead-letter queue has it'"
        # Nothing tells who switched a rule off; the alarm of a job that nothing starts rings until it is removed.
        by_hand = f"'; if its rule was switched off by hand, cron2fargate disable ' & {job} & ' ends this alarm'"
        return _assign(
            {
                "kind": f"{{% {given_up} ? 'gave-up' : 'missed' %}}",
                "job": f"{{% {given_up} ? 'unknown' : {job} %}}",
                "name": "",
                "what": f"{{% {given_up} ? {said} : 'did not start when it should have' %}}",
                "reason": f"{{% $string($states.input.detail.state.reason) & ({given_up} ? '' : {by_hand}) %}}",
                "resource": "{% $states.input.resources[0] %}",
                "tagged": "{% $states.input.resources[0] %}",
                "success": False,
                "group": "",
                "stream": "",
                "since": 0,
                "lines": "",
            },
            "Whose alarm",
        )

    def _workflow(self) -> dict[str, Any]:
        """The workflow of a job ends with an error and a reason of its own (state_machine.py)."""
        said = ", ".join(f"'{error}': '{words}'" for error, words in _ERRORS.items())
        # The last part of an ARN of a state machine is its name.
        job = "$split($detail.stateMachineArn, ':')[-1]"
        begin = "$detail := $states.input.detail;"
        return _assign(
            {
                "success": "{% $states.input.detail.status = 'SUCCEEDED' %}",
                "kind": "{% $states.input.detail.status = 'SUCCEEDED' ? 'output' : 'failed' %}",
                "job": f"{{% ({begin} {job}) %}}",
                "name": f"{{% ({begin} {job}) %}}",
                "what": f"{{% ({begin} $known := $lookup({{{said}}}, $string($detail.error));"
                " $detail.status = 'SUCCEEDED' ? 'printed something' :"
                " $detail.status = 'TIMED_OUT' ? 'took too long' :"
                " $detail.status = 'ABORTED' ? 'was aborted' : $exists($known) ? $known : 'failed') %}",
                "reason": f"{{% ({begin} $substring($join([$exists($detail.cause) ? $detail.cause : $detail.error], ''),"
                " 0, 1000)) %}",
                "resource": "{% $states.input.detail.executionArn %}",
                "tagged": "{% $states.input.detail.stateMachineArn %}",
                "group": self._group(job, begin),
                "stream": "",
                "since": "{% $states.input.detail.startDate %}",
                "lines": "",
            },
            "Whose workflow",
        )

    def _task(self) -> dict[str, Any]:
        """A container that ECS ended with its task (143, or 137 without a reason) did not fail; a sidecar never does."""
        # `family:revision` at the end of the task definition's ARN.
        job = "$split($split($detail.taskDefinitionArn, '/')[-1], ':')[0]"
        sidecars = "[" + ", ".join(quoted(name) for name in self.sidecars) + "]"
        begin = f"$detail := $states.input.detail; $boxes := $detail.containers[$not(name in {sidecars})];"
        # Filters and counts, so that one container and none are read alike.
        failed = (
            f"{begin} $fine := $count($boxes[exitCode = 0]) > 0;"
            # When an essential container ends, ECS stops the others: SIGTERM 143, SIGKILL 137 without a reason; out
            # of memory has one.
            " $bad := $boxes[exitCode != 0 and $not($fine and (exitCode = 143 or exitCode = 137)"
            " and $not($exists(reason)))];"
            # A task that never started has no exit codes at all: stopCode tells.
            " $never := $detail.stopCode in ['TaskFailedToStart', 'SpotInterruption', 'TerminationNotice',"
            " 'InfrastructureHealth'];"
        )
        return _assign(
            {
                "failed": f"{{% ({failed} $count($bad) > 0 or $never) %}}",
                "success": f"{{% ({failed} $count($bad) = 0 and $not($never)"
                " and $detail.stopCode = 'EssentialContainerExited') %}",
                "kind": f"{{% ({failed} $count($bad) > 0 or $never ? 'failed' : 'output') %}}",
                "job": f"{{% ({begin} {job}) %}}",
                "name": f"{{% ({begin} {job}) %}}",
                "what": f"{{% ({failed} $detail.stopCode = 'TaskFailedToStart' ? 'did not start' :"
                " $count($bad) > 0 ? 'failed: exit code ' & $string($bad[0].exitCode) :"
                " $never ? 'was interrupted' : 'printed something') %}",
                "reason": f"{{% ({failed} $join([$detail.stoppedReason, $bad[0].reason], '; ')) %}}",
                "resource": "{% $states.input.detail.taskArn %}",
                "tagged": "{% $states.input.detail.taskArn %}",
                "group": self._group(job, begin),
                # awslogs names a stream PREFIX/CONTAINER/TASK-ID.
                "stream": f"{{% ({failed} $box := $count($bad) > 0 ? $bad[0].name : $boxes[0].name;"
                f" $detail.stopCode = 'TaskFailedToStart' ? '' :"
                f" {job} & '/' & $box & '/' & $split($detail.taskArn, '/')[-1]) %}}",
                "since": 0,
                "lines": "",
            },
            "Did it fail",
        )

    def _group(self, job: str, begin: str) -> str:
        before, found, after = self.log_group.partition("{job}")
        parts = [quoted(before), job, quoted(after)] if found else [quoted(before)]
        return f"{{% ({begin} {' & '.join(parts)}) %}}"

    def _ours(self) -> str:
        """What has no tag of an environment was made before there were any, and is told of once too often at worst."""
        mine = f"($owner = '' or $owner = {quoted(self.owner)})"
        return f"{mine} and $environment in ['', {quoted(self.environment)}]" if self.environment else mine

    def _tags(self, service: str) -> dict[str, Any]:
        """Owner, environment and job by tag; where they cannot be read, a message too many is better than none."""
        state = "Ours"
        # The SDK for Java names the members, and CloudWatch's has another spelling (API reference of each service).
        member = "ResourceARN" if service == "cloudwatch" else "ResourceArn"
        kept = f"$tag := {_tag(JOB_TAG)}; $own := $exists($tag) ? $tag : $job"
        found = {
            # A task that is gone has no tags any more.
            "owner": f"{{% ($tag := {_tag(OWNER_TAG)}; $exists($tag) ? $tag : '?') %}}",
            "environment": f"{{% ($tag := {_tag(ENVIRONMENT_TAG)}; $exists($tag) ? $tag : '') %}}",
            "job": f"{{% ({kept}; $own) %}}",
        }
        if self.by_job and service != "cloudwatch":
            found["group"] = self._group("$own", f"{kept};")
        unread = {"owner": "", "environment": ""}
        return {
            "Type": "Task",
            "Resource": f"arn:aws:states:::aws-sdk:{service}:listTagsForResource",
            "Arguments": {member: "{% $tagged %}"},
            "Assign": found,
            "Output": "{% $states.input %}",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 2}],
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "Assign": unread, "Output": "{% $states.input %}", "Next": state}
            ],
            "Next": state,
        }

    def _link(self) -> str:
        """The console's own way of writing a name in an address: twice encoded, with $ for %."""
        home = f"https://{self.region}.console.{_console(self.region)}"
        page = f"{home}/cloudwatch/home?region={self.region}#logsV2:log-groups/log-group/"
        group, stream = ("$replace($" + name + ", '/', '$252F')" for name in ("group", "stream"))
        events = f"($stream = '' ? '' : '/log-events/' & {stream})"
        return f"($group = '' ? '' : {quoted(page)} & {group} & {events})"

    def _message(self) -> str:
        # Without another environment its name tells nobody anything.
        where = f" & {quoted(f' ({self.environment})')}" if self.scope not in ("", self.owner) else ""
        parts = [
            f"'Job: ' & $job{where}",
            "'What: ' & $what",
            "'Reason: ' & $reason",
            "'When: ' & $states.input.time",
            "'Log: ' & $link",
            "$resource",
        ]
        lines = " & '\\n' & ".join(parts)
        return f"{lines} & ($lines = '' ? '' : '\\n\\nLast lines of the log:\\n' & $lines)"

    def _publish(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Comment": "The attribute job is what subscriptions filter by",
            "Arguments": {
                "TopicArn": self.topic,
                # SNS: fewer than 100 characters, no line breaks.
                "Subject": "{% $substring('cron job ' & $job & ' ' & $what, 0, 99) %}",
                "Message": f"{{% ($link := {self._link()}; $substring({self._message()}, 0, {MESSAGE_LIMIT})) %}}",
                "MessageAttributes": {
                    # Filter policies read message attributes.
                    "job": {"DataType": "String", "StringValue": "{% $job %}"},
                    "kind": {"DataType": "String", "StringValue": "{% $kind %}"},
                },
            },
            "Output": "{% $states.input %}",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 5}],
        }
        return result | ({"Next": "For others too"} if self.events else {"End": True})

    def _others(self) -> dict[str, Any]:
        return {
            "For others too": _choice([("{% $success %}", "Told")], "Tell others"),
            "Told": {"Type": "Succeed", "Comment": "What a run printed goes to its people, not to a channel"},
            "Tell others": self._event(),
        }

    def _event(self) -> dict[str, Any]:
        """For Slack and Datadog. Without the lines of the log: they go to the people of the job, not to a channel."""
        where = f" ({self.environment})" if self.scope not in ("", self.owner) else ""
        brief = (
            "{% '*' & $job & "
            + quoted(f"*{where} ")
            + " & $what & ($reason = '' ? '' : ' (' & $reason & ')') & $log %}"
        )
        log = f"$log := ($link := {self._link()}; $link = '' ? '' : '\\n' & $link);"
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Comment": "Rules take it on to Slack and Datadog",
            "Arguments": {
                "Entries": [
                    {
                        "Source": SOURCE,
                        "DetailType": DETAIL_TYPE,
                        # PutEvents of the default bus: rules there have the API destinations.
                        "EventBusName": "default",
                        "Detail": {
                            "owner": self.scope or self.owner,
                            "job": "{% $job %}",
                            "kind": "{% $kind %}",
                            "what": "{% $what %}",
                            "reason": "{% $reason %}",
                            "log": f"{{% {self._link()} %}}",
                            "resource": "{% $resource %}",
                            "title": "{% 'cron job ' & $job & ' ' & $what %}",
                            "text": brief.replace("{% ", "{% (" + log + " ").replace(" %}", ") %}"),
                        },
                    }
                ]
            },
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 5}],
            "End": True,
        }


# How the workflow of a job names its failures.
_ERRORS = {
    "JobFailed": "failed",
    "JobNotStarted": "did not start",
    "JobTimedOut": "took too long",
    # Errors of our own workflows (`Fail` of machine.py).
    "LockUnavailable": "could not take its lock",
    "FollowerNotStarted": "could not start the job after it",
}
_SAY, _READ = "Anything to say", "Read the end of the log"
_MYSELF = "$states.input.detail.stateMachineArn = $states.context.StateMachine.Id"


def _console(region: str) -> str:
    if region.startswith("cn-"):
        return "amazonaws.cn"
    return "amazonaws-us-gov.com" if region.startswith("us-gov-") else "aws.amazon.com"


def _choice(choices: list[tuple[str, str]], default: str) -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": condition, "Next": state} for condition, state in choices],
        "Default": default,
    }


def _tag(key: str) -> str:
    return f"$states.result.Tags[Key = '{key}'].Value"


def _assign(variables: dict[str, Any], state: str) -> dict[str, Any]:
    return {"Type": "Pass", "Assign": variables, "Next": state}


def _read_log(call: str, limit: int, arguments: dict[str, Any]) -> dict[str, Any]:
    """The last lines; what cannot be read, or is too long to be handed on, is left out of the message."""
    others = {"Output": "{% $states.input %}", "Next": _SAY}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:cloudwatchlogs:{call}",
        "Arguments": {"LogGroupName": "{% $group %}", **arguments, "Limit": limit},
        "Assign": {
            "lines": f"{{% ($all := $states.result.Events.Message; $n := $count($all);"
            # JSONata's $filter gives a single match as a value and several as a list; $join takes both.
            f" $join($filter($all, function($line, $i) {{ $i >= $n - {LOG_LINES} }}), '\n')) %}}"
        },
        # More than 256 KiB of log cannot be handed on; States.ALL does not catch that error.
        "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], **others}, {"ErrorEquals": ["States.ALL"], **others}],
        **others,
    }
