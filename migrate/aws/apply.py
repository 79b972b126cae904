"""Writing a plan, step by step. A run that is cut short between any two calls is mended by the next."""

from __future__ import annotations

from collections.abc import Callable

from migrate.aws.errors import aws_errors
from migrate.aws.plan import JobPlan
from migrate.aws.session import Aws
from migrate.aws.steps import Made, Step
from migrate.errors import UserError


def apply_plans(aws: Aws, plans: list[JobPlan], done: Callable[[JobPlan, Step], None]) -> int:
    """Writes what the plans say and calls ``done`` after each step; returns the number of steps.

    Raises UserError at the first failure: what was written stays and is valid, the next register goes on from there.
    """
    written = 0
    for plan in plans:
        made = Made()
        for step in plan.to_write:
            if step.write is None:
                continue
            try:
                with aws_errors(aws.where):
                    step.write(aws, made)
            except UserError as error:
                after = f" after {written} change(s)" if written else ""
                raise UserError(
                    f"{plan.name}: {step.kind} {step.name}: {error}; stopped{after}, register again to go on",
                    error.exit_code,
                ) from error
            written += 1
            done(plan, step)
    return written
