"""Exit statuses that are no failure (``success: [0, 1]``), in a workflow.

``ecs:runTask.sync`` takes every status of an essential container but 0 for a failure (facts 5.1), and a Retry of Step
Functions cannot look at it. So a job with other good statuses has its tries counted by states of their own: the failure is
caught, its task looked at, and only then it is a success, another try or the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converters.workflows.parts import State, States, cause_of_error, jsonata, quoted
from converters.workflows.times import pauses

if TYPE_CHECKING:
    from converters.specs.model import Spec

COUNT, JUDGE, PAUSE = "Count the tries", "Is its status a failure?", "Pause before the next try"


def begin(spec: Spec, run: str) -> str:
    """The state that starts the job: a variable has to be there before it is read."""
    return COUNT if spec.has_statuses and spec.retry else run


def of_failure(spec: Spec, no_room: list[str]) -> dict[str, str]:
    """Variables from a caught failure: whether it is ``well``, may be tried ``again``, was ``late``, and the ``task``.

    ``no_room`` are the errors that the state itself has tried again. AWS gives the task as JSON text; text of another
    kind is a call that failed. A container that ECS ended together with its task (143, or 137 without a reason) is none
    that failed, as for the notifier.
    """
    names = "[" + ", ".join(quoted(container.name) for container in spec.containers) + "]"
    good = "[" + ", ".join(str(code) for code in sorted(spec.success)) + "]"
    begun = (
        # A cause that was cut, or an exception's text, is no JSON.
        f"$text := {cause_of_error()};"
        # Text that cannot be parsed would end the execution here, with its lock held.
        " $task := $states.errorOutput.Error = 'States.TaskFailed' and"
        r""" $contains($text, /^\s*\{[\s\S]*"StopCode"[\s\S]*\}\s*$/)"""
        " ? $parse($text) : {};"
    )
    judged = (
        f"$boxes := $task.Containers[Name in {names}]; $fine := $count($boxes[ExitCode in {good}]) > 0;"
        # 137 without a reason is ECS's own SIGKILL beside another's end.
        f" $bad := $boxes[$not(ExitCode in {good}) and $not(ExitCode in [137, 143] and $not($exists(Reason)))];"
        " $fine and $count($bad) = 0 and $task.StopCode = 'EssentialContainerExited'"
    )
    told = "{'TaskArn': $task.TaskArn, 'StoppedReason': $task.StoppedReason, 'Containers': "
    told += "[$task.Containers.{'Name': Name, 'ExitCode': ExitCode}]}"
    room = "[" + ", ".join(quoted(error) for error in no_room) + "]"
    return {
        "well": jsonata(f"({begun} {judged})"),
        "again": jsonata(f"$not($states.errorOutput.Error in {room})"),
        "late": jsonata("false"),
        "task": jsonata(f"({begun} {told})"),
    }


def of_timeout() -> dict[str, str]:
    return {"well": jsonata("false"), "again": jsonata("true"), "late": jsonata("true")}


def judge(spec: Spec, run: str, then: str, stop: str | None, failed: str) -> States:
    """The states behind a caught failure: on at ``then`` where it is none, once more at ``run``, else to ``failed``, after
    ``stop`` where the task is still being stopped."""
    choices: list[State] = [{"Condition": jsonata("$well"), "Next": then}]
    found: States = {}
    if spec.retry:
        found[COUNT] = {
            # Variables must exist before a state reads them (States.QueryEvaluationError).
            "Type": "Pass",
            "Comment": "The tries are counted here, as a retry cannot look at the exit status.",
            "Assign": {"tries": 0},
            "Next": run,
        }
        choices.append({"Condition": jsonata(f"$again and $tries < {spec.retry.attempts}"), "Next": PAUSE})
    if stop:
        choices.append({"Condition": jsonata("$late"), "Next": stop})
    statuses = ", ".join(str(code) for code in sorted(spec.success))
    found[JUDGE] = {
        "Type": "Choice",
        "Comment": f"Exit statuses that are well: {statuses}.",
        "Choices": choices,
        "Default": failed,
    }
    if spec.retry:
        waits = "[" + ", ".join(str(seconds) for seconds in pauses(spec)) + "]"
        found[PAUSE] = {
            "Type": "Wait",
            "Comment": "Longer before each further try.",
            # JSONata's arrays count from 0, as the tries do.
            "Seconds": jsonata(f"{waits}[$tries]"),
            "Assign": {"tries": jsonata("$tries + 1")},
            "Next": run,
        }
    return found
