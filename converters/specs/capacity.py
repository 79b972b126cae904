"""What a job runs on: launch type FARGATE, one capacity provider, or several with the share of each.

Facts: API reference "CapacityProviderStrategyItem" and "RunTask" (at most 20 providers, base on one of them, a weight above 0
on one at least); ECS guide "Capacity providers": a strategy holds providers of Fargate or of instances, never both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from converters.specs.strict_yaml import Document, Problem
from converters.specs.wishes import Wish

OF_FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})
MAX_PROVIDERS = 20


class Provider(Wish):
    """One capacity provider of several."""

    capacity_provider: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")] = Field(
        description="FARGATE, FARGATE_SPOT, or one of EC2; the cluster must have it."
    )
    base: int = Field(
        default=0, ge=0, le=100_000, description="Tasks that run on it before any weight counts; of one provider only."
    )
    weight: int = Field(
        default=0, ge=0, le=1000, description="Its share of the tasks beyond base; with 0 it gets none of them."
    )


def _together(providers: list[Provider]) -> list[Provider]:
    """What ECS refuses of a strategy, or takes and then never starts a task by."""
    names = [one.capacity_provider for one in providers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]} stands twice; keep one")
    if providers and not any(one.weight for one in providers):
        raise ValueError("no provider has a weight above 0, and ECS then starts no task; give one of them weight: 1")
    based = [one.capacity_provider for one in providers if one.base]
    if len(based) > 1:
        raise ValueError(f"{' and '.join(based[:2])} have a base; only one provider can")
    if OF_FARGATE & set(names) and (others := sorted(set(names) - OF_FARGATE)):
        raise ValueError(f"{others[0]} is one of EC2, and ECS does not mix those with FARGATE and FARGATE_SPOT")
    return providers


Strategy = Annotated[list[Provider], AfterValidator(_together), Field(max_length=MAX_PROVIDERS)]


def strategy(only: str | None, several: Sequence[Provider]) -> list[dict[str, str | int]]:
    """A capacityProviderStrategy by the names of ECS; [] stands for launch type FARGATE. Base 0 is AWS's own default and
    left out; the order means nothing, so it changes nothing."""
    if only:
        return [{"capacityProvider": only, "weight": 1}]
    return [
        {"capacityProvider": one.capacity_provider, "weight": one.weight, **({"base": one.base} if one.base else {})}
        for one in sorted(several, key=lambda one: one.capacity_provider)
    ]


def two_answers(document: Document, top: dict[str, object]) -> Iterator[Problem]:
    """One provider and a strategy would be two answers to one question."""
    if top.get("capacityProvider") and top.get("capacityProviderStrategy"):
        message = "capacityProvider says what the job runs on already; keep one"
        yield document.problem(("capacityProviderStrategy",), message, key=True)
