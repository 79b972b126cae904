"""The workflow that tells of failures: made, and updated where its definition or role differs."""

from __future__ import annotations

from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.settling import settled
from migrate.aws.shared import ask, differences, document, foreign, listed, ours, tags_of
from migrate.aws.steps import Step

KIND = "notifier"


def plan(
    aws: Aws,
    name: str,
    definition: str,
    role: str,
    tags: Tags,
    *,
    kind: str = KIND,
    said: str = "a workflow that tells of failures",
) -> Step:
    states, arn = aws.client("stepfunctions"), aws.arn("states", f"stateMachine:{name}")
    live = ask(states.describe_state_machine, stateMachineArn=arn)
    if live is None:

        def create(aws: Aws, made: object) -> None:
            settled(
                aws.client("stepfunctions").create_state_machine,
                name=name,
                definition=definition,
                roleArn=role,
                type="STANDARD",
                tags=listed(tags, lower=True),
            )

        return Step(kind, name, "add", [], create, said)
    theirs = tags_of(states.list_tags_for_resource(resourceArn=arn)["tags"])
    if not ours(theirs, tags):
        return foreign(kind, name, theirs)
    changes = differences(
        {"definition": document(live["definition"]), "roleArn": live["roleArn"]},
        {"definition": document(definition), "roleArn": role},
    )

    def update(aws: Aws, made: object) -> None:
        settled(
            aws.client("stepfunctions").update_state_machine, stateMachineArn=arn, definition=definition, roleArn=role
        )

    return Step(kind, name, "change", changes, update) if changes else Step(kind, name, "same")
