"""Names, lengths and sizes that AWS would refuse, or take and then fail on: no call is made for these."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from converters.frame.frame import frame
from converters.frame.telling import told_of_all
from migrate.aws import rules, validate
from migrate.aws.wanted import want
from migrate.aws.wishes import wish
from migrate.checks.model import Context, Line, ok, problem
from migrate.errors import UserError
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from converters.specs.model import Spec


def check(context: Context) -> Iterator[Line]:
    """A line for each job that AWS would refuse, and one that names the largest of the others."""
    largest: tuple[int, str] = (0, "")
    good = 0
    for spec in context.specs:
        try:
            length, problems = _look(context, spec)
        except UserError as error:
            length, problems = 0, [str(error)]
        for text in problems:
            yield problem("C612", _("{name}: {text}"), name=spec.name, text=text)
        if not problems:
            good, largest = good + 1, max(largest, (length, spec.name))
    if good:
        most = validate.MAX_TASK_DEFINITION
        yield ok(
            ngettext(
                "{good} job; the task definition of {job} has {length:,} of {most:,} bytes",
                "{good} jobs; the largest task definition is {job} with {length:,} of {most:,} bytes",
                good,
            ),
            good=good,
            job=largest[1],
            length=largest[0],
            most=most,
        )
    yield from _shared(context)


def _shared(context: Context) -> Iterator[Line]:
    """What the shared part is too large for, and who hears of more jobs than asked for."""
    aws = context.aws
    shared = frame(wish(aws.place(context.owner), context.env, context.specs))
    for text in shared.problems:
        yield problem("C612", "{text}", text=text)
    number = sum(len(spec.expressions) for spec in context.specs if spec.schedule.timezone is None)
    most = validate.FEW_RULES if aws.region in validate.FEWER_RULES else validate.MAX_RULES
    if number > most:
        yield problem("C623", _("{n} rules; an event bus takes {most} by default"), n=number, most=most)
    for text in told_of_all(shared.told_of_all):
        yield problem("C622", "{text}", text=text)


def _look(context: Context, spec: Spec) -> tuple[int, list[str]]:
    """Bytes of the task definition, and what is wrong. UserError for what ``register`` would refuse as well."""
    env = context.env
    # Only lengths matter here: the cluster need not be there.
    cluster = context.aws.arn("ecs", f"cluster/{(env.cluster or spec.cluster or 'default').rpartition('/')[2]}")
    wanted = want(context.aws, spec, cluster, env.events_role, context.owner, [])
    problems: list[str] = []
    for number, expression in enumerate(spec.expressions, start=1):
        problems += validate.rule_problems(rules.rule_name(context.aws.named(spec.name), number), expression)
        problems += validate.target_problems(wanted.target_of(expression))
    return len(json.dumps(wanted.definition).encode()), list(dict.fromkeys(problems))
