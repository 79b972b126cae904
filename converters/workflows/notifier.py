"""The workflow that tells of failures: events of ECS, Step Functions and CloudWatch in, readable messages out.

A definition for Step Functions (JSONata), so there is no code to host. It does what no event pattern can: it reads whose
task it was from the tags, does not take a sidecar that was ended with its task for a failure, and reads the end of the
job's own log, as cron's mail had it. Its messages go to the topic (with the job as an attribute, which subscriptions
filter by), and as an event of source ``cron2fargate`` to the default bus, from where API destinations take them on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from converters.workflows import last_lines
from converters.workflows.last_lines import task_arn
from converters.workflows.locks import CEILING
from converters.workflows.messages import Messages, task_of
from converters.workflows.parts import choice, quoted
from converters.workflows.watching import WATCH

SOURCE = "cron2fargate"
DETAIL_TYPE = "Job needs attention"
OWNER_TAG, ENVIRONMENT_TAG, JOB_TAG = "cron2fargate:owner", "cron2fargate:environment", "cron2fargate:job"


@dataclass(frozen=True, slots=True)
class Notifier:
    """``log_group`` has ``{job}`` for the job's name on AWS, or with ``by_job`` for its own; ``sidecars`` are containers whose
    exit codes mean nothing; ``alarm_prefix`` and ``alarm_suffix`` enclose the job in the name of a missed-run alarm;
    ``output_jobs`` are the names on AWS of the jobs whose output is told; ``own_alarms`` tell the topic by themselves.

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
    account: str = ""
    output_jobs: Sequence[str] = ()
    own_alarms: Sequence[str] = ()

    @property
    def messages(self) -> Messages:
        return Messages(
            self.owner, self.environment, self.scope, self.account, self.region, tuple(sorted(self.sidecars))
        )

    def definition(self) -> dict[str, object]:
        return {
            "Comment": f"Tells of jobs of {self.owner} that failed, were missed, or printed something",
            "QueryLanguage": "JSONata",
            "StartAt": "What happened",
            "States": {**self._heard(), **self._whose(), **last_lines.states(_SAY), **self._told()},
        }

    def text(self) -> str:
        """As Step Functions takes it."""
        return json.dumps(self.definition(), indent=2, ensure_ascii=False)

    def _heard(self) -> dict[str, object]:
        """From an event to the variables of a message."""
        return {
            "What happened": choice(
                [
                    (f"{{% $states.input.source = {quoted(WATCH)} %}}", "A word of the watchman"),
                    (f"{{% {_MYSELF} %}}", "It was me"),
                    (f"{{% {self._by_itself()} %}}", "It tells by itself"),
                    ("{% $states.input.source = 'aws.cloudwatch' %}", "An alarm"),
                    ("{% $states.input.source = 'aws.states' %}", "A workflow"),
                    # `.sync` tasks carry startedBy "AWS Step Functions": their workflow tells of them.
                    ("{% $states.input.detail.startedBy = 'AWS Step Functions' %}", "Its workflow tells"),
                ],
                "A task",
            ),
            # ECS, Step Functions and CloudWatch events go to the same bus as this workflow's own.
            "It was me": {"Type": "Succeed", "Comment": "Or one failure of its own would go round for ever"},
            "It tells by itself": {"Type": "Succeed", "Comment": "The alarm of a silent teller goes to the topic"},
            "Its workflow tells": {"Type": "Succeed", "Comment": "A try that failed may be followed by another"},
            "A word of the watchman": self._word(),
            "An alarm": self._alarm(),
            "A workflow": self._workflow(),
            "Worth telling": choice([(f"{{% $success and {self._quiet()} %}}", "All is well")], "Whose workflow"),
            "A task": self._task(),
            last_lines.ENDED: self._ended(),
            "Did it fail": choice(
                [
                    ("{% $of = 'workflow' %}", last_lines.WHERE),
                    (f"{{% $failed or ($success and $not({self._quiet()})) %}}", "Whose task"),
                ],
                "All is well",
            ),
            "All is well": {
                "Type": "Succeed",
                "Comment": "Only sidecars ended otherwise, or nobody asked for its output",
            },
        }

    def _whose(self) -> dict[str, object]:
        return {
            "Whose task": self._tags("ecs"),
            "Whose workflow": self._tags("sfn"),
            # An alarm's name alone does not tell: cron2fargate-web-1-x may be of web, or of web-1.
            "Whose alarm": self._tags("cloudwatch"),
            "Ours": choice([(f"{{% $not({self._ours()}) %}}", "Of others")], last_lines.WHICH),
            "Of others": {"Type": "Succeed", "Comment": f"{OWNER_TAG} or {ENVIRONMENT_TAG} names another"},
        }

    def _told(self) -> dict[str, object]:
        return {
            _SAY: choice([("{% $success and $lines = '' %}", "Nothing was printed")], "Tell"),
            "Nothing was printed": {"Type": "Succeed", "Comment": "As cron: no output, no mail"},
            "Tell": self._publish(),
            **(self._others() if self.events else {}),
        }

    def _by_itself(self) -> str:
        names = ", ".join(quoted(name) for name in self.own_alarms)
        return f"$states.input.source = 'aws.cloudwatch' and $states.input.detail.alarmName in [{names}]"

    def _quiet(self) -> str:
        return f"$not($name in [{', '.join(quoted(name) for name in sorted(set(self.output_jobs)))}])"

    def _word(self) -> dict[str, object]:
        """The watchman knows whose job it is, and that it is to be told."""
        told = {
            key: f"{{% $states.input.detail.{key} %}}" for key in ("kind", "job", "what", "reason", "slot", "resource")
        }
        rest = {
            "of": "word",
            "name": "",
            "success": False,
            "group": "",
            **_NOTHING_YET,
            "task": {"arn": "", "boxes": []},
        }
        return _assign(told | rest, _SAY)

    def _alarm(self) -> dict[str, object]:
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
                "of": "alarm",
                "slot": "",
                "group": "",
                **_NOTHING_YET,
                "task": {"arn": "", "boxes": []},
            },
            "Whose alarm",
        )

    def _workflow(self) -> dict[str, object]:
        """The workflow of a job ends with an error and a reason of its own (state_machine.py)."""
        said = ", ".join(f"'{error}': '{words}'" for error, words in _ERRORS.items())
        # The last part of an ARN of a state machine is its name.
        job = "$split($detail.stateMachineArn, ':')[-1]"
        begin = "$detail := $states.input.detail;"
        return _assign(
            {
                "success": "{% $states.input.detail.status = 'SUCCEEDED' %}",
                "kind": "{% $states.input.detail.status = 'SUCCEEDED' ? 'output' :"
                f" $states.input.detail.error = {quoted(CEILING)} ? 'ceiling' : 'failed' %}}",
                "job": f"{{% ({begin} {job}) %}}",
                "name": f"{{% ({begin} {job}) %}}",
                "what": f"{{% ({begin} $known := $lookup({{{said}}}, $string($detail.error));"
                " $detail.status = 'SUCCEEDED' ? 'printed something' :"
                " $detail.status = 'TIMED_OUT' ? 'took too long' :"
                " $detail.status = 'ABORTED' ? 'was aborted' : $exists($known) ? $known : 'failed') %}",
                # Below the first line of a cause stands the task's description, which is told apart.
                "reason": f"{{% ({begin} $cause := $join([$exists($detail.cause) ? $detail.cause : $detail.error]);"
                " $substring($split($cause, '\\n')[0], 0, 1000)) %}",
                "resource": "{% $states.input.detail.executionArn %}",
                "tagged": "{% $states.input.detail.stateMachineArn %}",
                "of": "workflow",
                # What started it told it the slot; `input` is text.
                "slot": f"{{% ({begin} $join([$match($string($detail.input), {_SLOT})[0].groups[0]])) %}}",
                "group": self._group(job, begin),
                **_NOTHING_YET,
                "started": "{% $fromMillis($states.input.detail.startDate) %}",
                "ended": f"{{% ({begin} $exists($detail.stopDate) ? $fromMillis($detail.stopDate) : '') %}}",
                # The task's description stands in the cause of a failure, its summary in the output of a success.
                "task": f"{{% ({begin} {{'arn': {task_arn('$join([$detail.cause, $detail.output])')}, 'boxes': []}}) %}}",
            },
            "Worth telling",
        )

    def _task(self) -> dict[str, object]:
        # `family:revision` at the end of the task definition's ARN.
        job = "$split($split($detail.taskDefinitionArn, '/')[-1], ':')[0]"
        begin = "$detail := $states.input.detail;"
        return _assign(
            {
                "of": "task",
                "task": f"{{% ({begin} {task_of('$detail', pascal=False)}) %}}",
                "job": f"{{% ({begin} {job}) %}}",
                "name": f"{{% ({begin} {job}) %}}",
                "kind": "failed",
                "what": "",
                "reason": "",
                "success": False,
                "slot": "",
                "resource": "{% $states.input.detail.taskArn %}",
                "tagged": "{% $states.input.detail.taskArn %}",
                "group": self._group(job, begin),
                **_NOTHING_YET,
            },
            last_lines.ENDED,
        )

    def _ended(self) -> dict[str, object]:
        """A container that ECS ended with its task (143, or 137 without a reason) did not fail; a sidecar never does. One
        that could not start has no exit code, and its reason; then the task's stop code may still be that of a good end.
        """
        sidecars = "[" + ", ".join(quoted(name) for name in self.sidecars) + "]"
        # Filters and counts, so that one container and none are read alike.
        judged = (
            f"$boxes := $task.boxes[$not(name in {sidecars})]; $fine := $count($boxes[code = 0]) > 0;"
            # When an essential container ends, ECS stops the others: SIGTERM 143, SIGKILL 137 without a reason; out
            # of memory has one.
            " $bad := $boxes[$exists(code) ? code != 0 and $not($fine and (code = 143 or code = 137)"
            " and $not($exists(reason))) : $exists(reason)];"
            # A task that never started has no exit codes at all: stopCode tells.
            " $never := $task.code in ['TaskFailedToStart', 'SpotInterruption', 'TerminationNotice',"
            " 'InfrastructureHealth'];"
            # Whom somebody stopped before it began did not fail; else a task of which nothing ended well did.
            " $none := $count($boxes[$exists(code)]) = 0 and $not($task.code in ['UserInitiated',"
            " 'ServiceSchedulerInitiated']);"
            " $failed := $count($bad) > 0 or $never or $none; $one := $count($bad) > 0 ? $bad[0] : $boxes[0];"
        )
        what = (
            "$task.code = 'TaskFailedToStart' or $none ? 'did not start' :"
            " $exists($bad[0].code) ? 'failed: exit code ' & $string($bad[0].code) : $count($bad) > 0 ? 'did not start' :"
            " $never ? 'was interrupted' : 'printed something'"
        )
        mine = "$of = 'task'"
        return _assign(
            {
                "failed": f"{{% ({judged} $failed) %}}",
                "success": f"{{% {mine} ? ({judged} $not($failed) and $task.code = 'EssentialContainerExited') : $success %}}",
                "kind": f"{{% {mine} ? ({judged} $failed ? 'failed' : 'output') : $kind %}}",
                "what": f"{{% {mine} ? ({judged} {what}) : $what %}}",
                "reason": f"{{% {mine} ? ({judged} $join([$task.reason, $bad[0].reason], '; ')) : $reason %}}",
                "slot": "{% $slot != '' ? $slot : $join([$task.slot]) %}",
                "started": "{% $exists($task.started) ? $task.started : $of = 'task' ? '' : $started %}",
                "ended": "{% $exists($task.ended) ? $task.ended : $exists($task.gone) ? $task.gone : $ended %}",
                # awslogs names a stream PREFIX/CONTAINER/TASK-ID.
                "box": f"{{% ({judged} $join([$one.name])) %}}",
                "stream": f"{{% ({judged} $exists($one.name) and ($exists($one.code) or $task.code != 'TaskFailedToStart')"
                " ? $name & '/' & $one.name & '/' & $split($task.arn, '/')[-1] : '') %}",
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

    def _tags(self, service: str) -> dict[str, object]:
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

    def _publish(self) -> dict[str, object]:
        result: dict[str, object] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Comment": "The attribute job is what subscriptions filter by",
            "Arguments": {
                "TopicArn": self.topic,
                # SNS: fewer than 100 characters, no line breaks.
                "Subject": "{% $substring('cron job ' & $job & ' ' & $what, 0, 99) %}",
                "Message": f"{{% {self.messages.mail()} %}}",
                # Filter policies read message attributes. Output is for the people of the job: whoever hears of everything
                # has a filter for messages without this attribute.
                "MessageAttributes": "{% $merge([{'job': {'DataType': 'String', 'StringValue': $job},"
                " 'kind': {'DataType': 'String', 'StringValue': $kind}},"
                f" $success ? {{{quoted(PEOPLE)}: {{'DataType': 'String', 'StringValue': 'only'}}}} : {{}}]) %}}",
            },
            "Output": "{% $states.input %}",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 5}],
        }
        return result | ({"Next": "For others too"} if self.events else {"End": True})

    def _others(self) -> dict[str, object]:
        return {
            "For others too": choice([("{% $success %}", "Told")], "Tell others"),
            "Told": {"Type": "Succeed", "Comment": "What a run printed goes to its people, not to a channel"},
            "Tell others": self._event(),
        }

    def _event(self) -> dict[str, object]:
        """For Slack and Datadog. Without the lines of the log: they go to the people of the job, not to a channel."""
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
                        "Detail": self.messages.detail(),
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
    CEILING: "was not started: a ceiling is reached",
}
PEOPLE = "people"
"""The attribute of messages that only the job's own people get."""
_SAY = "Anything to say"
_NOTHING_YET = {"started": "", "ended": "", "stream": "", "elsewhere": "", "box": "", "lines": ""}
_SLOT = r"""/"slot"\s*:\s*"([^"]*)"/"""
_MYSELF = "$states.input.detail.stateMachineArn = $states.context.StateMachine.Id"


def _tag(key: str) -> str:
    return f"$states.result.Tags[Key = '{key}'].Value"


def _assign(variables: dict[str, object], state: str) -> dict[str, object]:
    return {"Type": "Pass", "Assign": variables, "Next": state}
