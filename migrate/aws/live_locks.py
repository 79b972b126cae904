"""What workflows on AWS say of locks, beside those of a run: how many runs each of them lets go at once.

A job that is registered by itself asks for as many holders as it names; those of another number are another run's, or another
workspace's checkout. What counts is the definition that is there, for it is the one that the next start carries out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from converters.workflows.lock_runs import Taker, taken_by
from migrate.aws import state_machines, tag_index
from migrate.aws.at_once import at_once
from migrate.aws.errors import error_code
from migrate.aws.ownership import GONE, SPEC
from migrate.aws.seen import Seen

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.session import Aws

_MACHINE = ":stateMachine:"


def live_takers(aws: Aws, owner: str, specs: Collection[Spec]) -> list[Taker]:
    """The locks of workflows on AWS that are no part of this run. AWS is asked only where the run has a lock that is not
    shared, and then for the definition of each other workflow of the owner."""
    if not any(spec.lock is not None and not spec.lock.shared for spec in specs):
        return []
    mine = {aws.named(spec.name) for spec in specs}
    names = sorted(set(_names(aws, owner)) - mine)
    found = at_once(aws, [partial(_taker, aws, owner, name) for name in names])
    return [one for one in found if one is not None]


def _names(aws: Aws, owner: str) -> Iterator[str]:
    """By the owner's tags; where these may not be read, of all workflows. What has left the workspace starts no more."""
    known = tag_index.index(aws if aws.seen else replace(aws, seen=Seen(owner)))
    if not known:
        yield from state_machines.listed(aws)
    for arn, tags in known.items():
        if _MACHINE in arn and tags.get(SPEC) != GONE:
            yield arn.rpartition(":")[2]


def _taker(aws: Aws, owner: str, name: str) -> Taker | None:
    from botocore.exceptions import ClientError

    arn = aws.arn("states", f"stateMachine:{name}")
    try:
        answer = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    except ClientError as error:
        # It went meanwhile: the index still has it.
        if error_code(error) == "StateMachineDoesNotExist":
            return None
        raise
    keys = aws.place(owner).keys
    found = taken_by(state_machines.parsed(answer["definition"]), state_machines.table_name(aws, owner))
    begin = f"{keys}/" if keys else ""
    if found is None or not found.lock.startswith(begin) or answer.get("status") == "DELETING":
        return None
    return replace(found, place=f"the workflow {name} on AWS", lock=found.lock.removeprefix(begin))
