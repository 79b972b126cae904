"""The last lines of a job's own log: which task ran, where its container's log goes, and the end of that stream."""

from __future__ import annotations

from converters.workflows.messages import task_of
from converters.workflows.parts import call, choice

WHICH, ENDED, WHERE, READ = "Which task", "How it ended", "Where its log is", "Read the end of the log"
LOG_LINES = 30
HISTORY = 60
"""Events from the end of an execution's history in which its last task is looked for: a retried release of a lock, a wait
for the stopped task and the last states are fewer, and 60 of them stay far below the 256 KiB that a state hands on."""


def states(say: str) -> dict[str, object]:
    """What the event does not hold: the task of a workflow, where its log is, and the end of that log."""
    described = "$states.result.Tasks[0]"
    history = "$states.result.Events[TaskSubmittedEventDetails.ResourceType = 'ecs'][0].TaskSubmittedEventDetails"
    return {
        WHICH: choice(
            [
                ("{% $of = 'alarm' %}", say),
                ("{% $of = 'task' %}", WHERE),
                ("{% $task.arn = '' %}", "Find its task"),
            ],
            "Describe its task",
        ),
        "Find its task": call(
            "sfn:getExecutionHistory",
            {
                "ExecutionArn": "{% $resource %}",
                "ReverseOrder": True,
                "IncludeExecutionData": True,
                "MaxResults": HISTORY,
            },
            "Was there a task",
            {"task": f"{{% {{'arn': {task_arn(f'$join([{history}.Output])')}}} %}}"},
            say,
            Comment="A run that was late or stopped names no task",
        ),
        "Was there a task": choice([("{% $task.arn = '' %}", say)], "Describe its task"),
        "Describe its task": call(
            "ecs:describeTasks",
            # The last but one part of a task's ARN is its cluster.
            {"Tasks": ["{% $task.arn %}"], "Cluster": "{% $split($task.arn, '/')[-2] %}"},
            ENDED,
            {"task": f"{{% $exists({described}) ? {task_of(described, pascal=True)} : $task %}}"},
            say,
            Comment="ECS knows a stopped task for an hour at least",
        ),
        WHERE: _where(),
        "Is it known": choice([("{% $stream = '' %}", say)], READ),
        READ: _read_log(LOG_LINES, say, "Read fewer lines"),
        # 30 lines of the longest kind are more than a state can hand on.
        "Read fewer lines": _read_log(1, say, say),
    }


def _where() -> dict[str, object]:
    """The job's container says in its task definition where its log goes: a job may have a group, a driver or a router of
    its own. Where that cannot be read it is the environment's own pattern."""
    log = "$log := $states.result.TaskDefinition.ContainerDefinitions[Name = $box].LogConfiguration;"
    task = "$split($task.arn, '/')[-1]"
    # The names of options are the drivers' own: awslogs, and Fluent Bit's cloudwatch and cloudwatch_logs (theirs).
    begin = (
        f"{log} $options := $log.Options; $awslogs := $log.LogDriver = 'awslogs';"
        " $router := $options.Name in ['cloudwatch', 'cloudwatch_logs'] and $exists($options.log_group_name);"
        " $elsewhere := $exists($log.LogDriver) and $not($awslogs) and $not($router);"
    )
    # docs "Custom log routing": FireLens tags the lines of a container CONTAINER-firelens-TASK-ID.
    routed = (
        "($exists($options.log_stream_name) ? $options.log_stream_name :"
        f" $join([$options.log_stream_prefix, $box, '-firelens-', {task}]))"
    )
    direct = f"$options.`awslogs-stream-prefix` & '/' & $box & '/' & {task}"
    elsewhere = "$elsewhere ? 'goes by ' & $join([$log.LogDriver, $options.Name], ' to ') : ''"
    return call(
        "ecs:describeTaskDefinition",
        {"TaskDefinition": "{% $task.definition %}"},
        "Is it known",
        {
            "group": f"{{% ({begin} $awslogs and $exists($options.`awslogs-group`) ? $options.`awslogs-group` :"
            " $router ? $options.log_group_name : $elsewhere ? '' : $group) %}",
            "stream": f"{{% ({begin} $stream = '' ? '' : $awslogs and $exists($options.`awslogs-stream-prefix`) ?"
            f" {direct} : $router ? {routed} : $elsewhere ? '' : $stream) %}}",
            "elsewhere": f"{{% ({begin} {elsewhere}) %}}",
        },
        "Is it known",
    )


def task_arn(text: str) -> str:
    """JSONata for the first ARN of a task in a text that is JSON, or ends with it and may be cut; empty where there is none."""
    return rf"""$join([$match({text}, /"TaskArn"\s*:\s*"([^"]*)"/)[0].groups[0]])"""


def _read_log(limit: int, say: str, too_long: str) -> dict[str, object]:
    """The last lines of the job's own stream, counted from its end; what cannot be read is left out of the message."""
    others = {"Output": "{% $states.input %}"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:getLogEvents",
        "Arguments": {
            "LogGroupName": "{% $group %}",
            "LogStreamName": "{% $stream %}",
            "StartFromHead": False,
            "Limit": limit,
        },
        "Assign": {"lines": "{% $join([$states.result.Events.Message], '\n') %}"},
        # More than 256 KiB of log cannot be handed on; States.ALL does not catch that error.
        "Catch": [
            {"ErrorEquals": ["States.DataLimitExceeded"], **others, "Next": too_long},
            {"ErrorEquals": ["States.ALL"], **others, "Next": say},
        ],
        **others,
        "Next": say,
    }
