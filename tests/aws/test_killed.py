"""A run that ends between any two calls is mended by the next: both ways lead to the same AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.test_register import _legacy_rule
from tests.aws.world import Killed, World, new_world, spec

ZONE = {"timezone": "Asia/Tokyo"}
TWICE = ["rate(1 day)", "rate(2 days)"]


def _nothing(world: World) -> None:
    """An empty account."""


def _one(**more: Any) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.register(spec(**more), create=True)

    return prepare


# What is there before, and what is registered then.
SCENARIOS: dict[str, tuple[Callable[[World], None], dict[str, Any], dict[str, bool]]] = {
    "a new rule": (_nothing, {}, {"create": True}),
    "two new rules": (_nothing, {"expression": TWICE}, {"create": True}),
    "a new schedule": (_nothing, {"schedule": ZONE}, {"create": True}),
    "everything changed": (
        _one(),
        {"expression": "rate(3 days)", "schedule": {"taskCount": 2}, "container": {"image": "example/app:2"}},
        {},
    ),
    "an expression less": (
        _one(expression=TWICE),
        {"expression": TWICE[1], "container": {"image": "example/app:2"}},
        {},
    ),
    "an expression more": (_one(expression=TWICE[0]), {"expression": TWICE}, {"create": True}),
    "a changed schedule": (_one(schedule=ZONE), {"expression": TWICE, "schedule": ZONE}, {"create": True}),
    "an adopted rule": (_legacy_rule, {}, {"adopt": True}),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_after_any_call_the_next_run_converges(name: str) -> None:
    prepare, wanted, how = SCENARIOS[name]
    with new_world() as world:
        prepare(world)
        calls = world.register(spec(**wanted), **how)
        undisturbed = world.state()
    assert calls
    for number in range(1, len(calls) + 1):
        with new_world() as world:
            prepare(world)
            with pytest.raises(Killed):
                world.register(spec(**wanted), **how, kill_after=number)
            world.register(spec(**wanted), **how)
            assert world.state() == undisturbed, f"killed after {calls[:number]}"
            assert world.register(spec(**wanted), **how) == []


def test_an_adoption_cut_short_never_starts_the_job_twice() -> None:
    for number in range(1, 6):
        with new_world() as world:
            _legacy_rule(world)
            with pytest.raises(Killed):
                world.register(spec(), adopt=True, kill_after=number)
            assert len(world.rule("job").targets) == 1
