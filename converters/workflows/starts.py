"""What a start means, decided before anything else: a shadow, a date that is none of the schedule's, or a run.

A date guard makes the same decision as the shell lines of ``guards.py``. Decided here, a date that is not the schedule's
costs no container, takes no lock, and starts nothing that runs after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from converters.expressions.guards import Guard
from converters.schedules import days
from converters.schedules.fields import members
from converters.specs.untyped import fields, listed
from converters.workflows.parts import INPUT, State, States, jsonata, quoted, succeed

if TYPE_CHECKING:
    from converters.specs.model import Spec

DECIDE = "What is to be done?"
SKIPPED = "Skipped, no date of the schedule"
SHADOW, SHADOW_DONE = "Run a task that does nothing", "The shadow has run"
SAYS = "cron2fargate shadow"
SHADOW_TIMEOUT = 900
_SHELLS = {"sh", "bash", "dash", "ash"}


def decide(spec: Spec, run: State, then: str) -> States:
    """The first states; ``run`` is the state that runs the job's task. Raises `GuardError` for a guard of another shape.

    A shadow (``{"shadow": true}``) starts the task with a command that does nothing, so that everything around it can be
    tried while the job itself still runs elsewhere. It takes no lock and no slot, but it asks the guard: on a date of none of
    the job's runs its shadow does not run either, so what is watched is what was proven.
    """
    guard = spec.schedule.guard
    asked = f" and ({guard_condition(guard)})" if guard else ""
    choices = [{"Condition": jsonata(f"{INPUT}.shadow = true{asked}"), "Next": SHADOW}]
    states: States = {
        DECIDE: {
            "Type": "Choice",
            "Comment": "A shadow is a rehearsal with another command."
            + (" The expression starts the job on more dates than the schedule has." if guard else ""),
            "Choices": choices,
            "Default": then,
        }
    }
    if guard:
        choices.append({"Condition": jsonata(guard_condition(guard)), "Next": then})
        states[DECIDE]["Default"] = SKIPPED
        states[SKIPPED] = succeed("The task is not started.")
    return states | _shadow(spec, run)


def _shadow(spec: Spec, run: State) -> States:
    done = succeed("The job itself was not run.")
    if any(box.entry_point and not _shell(box.entry_point) for box in spec.containers):
        # RunTask's ContainerOverride has `command` and no `entryPoint`.
        # No override reaches an entry point: the task would run the job after all.
        passed: State = {"Type": "Pass", "Comment": "It has an entry point of its own.", "Next": SHADOW_DONE}
        return {SHADOW: passed, SHADOW_DONE: done}
    nothing = ["/bin/sh", "-c", f"echo {SAYS}"]
    boxes = [{"Name": box.name, "Command": nothing[2:] if box.entry_point else nothing} for box in spec.containers]
    shadow = {key: run[key] for key in ("Type", "Resource")} | {
        "Comment": f"Starts {spec.name} as it would be started, with a command that only prints a line.",
        "Arguments": {**fields(run["Arguments"]), "Overrides": {"ContainerOverrides": boxes}},
        # A shadow that fails is no failure of the job: only the want of room is retried.
        "Retry": listed(run["Retry"])[:1],
        "TimeoutSeconds": SHADOW_TIMEOUT,
        "Next": SHADOW_DONE,
    }
    return {SHADOW: shadow, SHADOW_DONE: done}


def _shell(words: list[str]) -> bool:
    """Whether it is a shell that takes the command as its text (``/bin/sh -c``)."""
    return words[0].rpartition("/")[2] in _SHELLS and words[1:] == ["-c"]


def guard_condition(guard: Mapping[str, object]) -> str:
    """JSONata that is true on the guard's dates, and for a run by hand, which has no slot. Raises `GuardError`."""
    known = Guard.read(guard)
    dom = _among("$number($fromMillis($t, '[D]'))", known.days_of_month, days.ALL_DOM)
    # 1970-01-01 was a Thursday: 4 with Sunday 0.
    dow = _among("(($floor($t / 86400000) + 4) % 7)", known.days_of_week, days.ALL_DOW)
    if known.either and not known.once:
        on_date = f"(({dom}) or ({dow}))"
    elif known.either:
        by_weekday = f"{INPUT}.dates = {quoted('dow')}"
        on_date = f"({by_weekday} ? (({dow}) and $not({dom})) : ({dom}))"
    else:
        on_date = f"({dom}) and ({dow})"
    month = _among("$number($fromMillis($t, '[M]'))", known.months, days.ALL_MONTHS)
    slot = f"$toMillis({INPUT}.slot)"
    local = f"$t := {slot} + ({known.offset} * 60000)"
    if known.changes:
        # How many changes lie behind the slot says which offset holds; the list is in minutes since 1970.
        starts = ",".join(str(at) for at, _ in known.changes)
        offsets = ",".join(str(offset) for offset in (known.offset, *(offset for _, offset in known.changes)))
        local = f"$n := {slot} / 60000; $c := $count([{starts}][$ <= $n]); $t := ($n + [{offsets}][$c]) * 60000"
    return f"$not($exists({INPUT}.slot)) or ({local}; ({month}) and {on_date})"


def _among(value: str, bits: int, everything: int) -> str:
    return "true" if bits == everything else f"{value} in [{','.join(map(str, members(bits)))}]"
