"""API destinations (Slack, Datadog, PagerDuty, an address) and their connections, which hold the key.

Neither can be tagged, so a description says whose it is, and which version of the secret it was made with. The value of
the secret is read only when it is written there; a plan asks for its version alone.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from converters.frame.channels import Destination
from migrate.aws.ownership import Owner, described, digest
from migrate.aws.session import Aws
from migrate.aws.shared import ask
from migrate.aws.steps import Change, Step
from migrate.errors import UserError

CONNECTION = "connection"
KIND = "api destination"
_JOB = "shared"
_REHEARSED = "rehearsal"


def arn_of(aws: Aws, name: str) -> str | None:
    """The ARN, which AWS ends with a random part; None where there is none."""
    found = ask(aws.client("events").describe_api_destination, Name=name)
    return str(found["ApiDestinationArn"]) if found else None


def plan(aws: Aws, destination: Destination, owner: Owner) -> list[Step]:
    """UserError where the secret is missing, or something of that name is not ours."""
    events, name = aws.client("events"), destination.name
    marks = replace(owner, job=_JOB)
    wanted = marks.describe(digest(*destination.written_for, _version(aws, destination)))
    connection = ask(events.describe_connection, Name=name)
    api = ask(events.describe_api_destination, Name=name)
    for kind, live in ((CONNECTION, connection), (KIND, api)):
        # One of before names no environment; its next writing does.
        found = described(str(live.get("Description", ""))) if live else marks
        if (found.owner, found.job) != (owner.owner, _JOB) or found.environment not in (None, "", owner.environment):
            raise UserError(f"the {kind} {name} exists and its description does not name {owner.owner}; rename yours")
    return [
        _step(CONNECTION, name, connection, wanted, lambda aws: _put_connection(aws, destination, wanted, connection)),
        _step(KIND, name, api, wanted, lambda aws: _put_api(aws, destination, wanted, api)),
    ]


def _step(kind: str, name: str, live: dict[str, Any] | None, wanted: str, write: Any) -> Step:
    if live is None:
        return Step(kind, name, "add", [], lambda aws, made: write(aws))
    before = str(live.get("Description", ""))
    if before == wanted:
        return Step(kind, name, "same")
    return Step(kind, name, "change", [Change("Description", before, wanted)], lambda aws, made: write(aws))


def _version(aws: Aws, destination: Destination) -> str:
    """Of the secret that is current."""
    found = ask(aws.client("secretsmanager").describe_secret, SecretId=destination.secret)
    if found is None:
        if aws.offline:
            return _REHEARSED
        raise UserError(
            f"there is no secret {destination.secret} in {aws.where}, and {destination.name} needs it; "
            "put it into Secrets Manager, or remove the notification from cron2fargate.yml"
        )
    versions = found.get("VersionIdsToStages", {})
    return next((str(version) for version, stages in versions.items() if "AWSCURRENT" in stages), "")


def _secret(aws: Aws, destination: Destination) -> str:
    found = ask(aws.client("secretsmanager").get_secret_value, SecretId=destination.secret)
    if found is None and aws.offline:
        return _REHEARSED
    text = _member(str((found or {}).get("SecretString", "")), destination).strip()
    if not text or any(char.isspace() or char in '"{}' for char in text):
        raise UserError(f"the secret {destination.secret} is not one plain word, as {destination.name} needs it")
    return text.removeprefix(destination.endpoint.partition("{secret}")[0])


def _member(text: str, destination: Destination) -> str:
    """The part of a secret that is asked for; UserError where it is no JSON, or has no such member."""
    if destination.secret_key is None:
        return text
    try:
        value = json.loads(text)[destination.secret_key]
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"the secret {destination.secret} holds no JSON with a member {destination.secret_key}, as {destination.name} "
            "needs it"
        ) from None
    return str(value)


def _put_connection(aws: Aws, destination: Destination, description: str, live: dict[str, Any] | None) -> None:
    key = destination.key
    if "{secret}" in key:
        key = key.replace("{secret}", _secret(aws, destination))
    parameters: dict[str, Any] = {"ApiKeyAuthParameters": {"ApiKeyName": destination.header, "ApiKeyValue": key}}
    if destination.body:
        # Merged into each body as it is sent, and kept with the key in a secret of EventBridge's own.
        body = {"Key": destination.body, "Value": _secret(aws, destination), "IsValueSecret": True}
        parameters["InvocationHttpParameters"] = {"BodyParameters": [body]}
    events = aws.client("events")
    (events.create_connection if live is None else events.update_connection)(
        Name=destination.name,
        Description=description,
        AuthorizationType="API_KEY",
        AuthParameters=parameters,
    )


def _put_api(aws: Aws, destination: Destination, description: str, live: dict[str, Any] | None) -> None:
    endpoint, events = destination.endpoint, aws.client("events")
    if "{secret}" in endpoint:
        endpoint = endpoint.replace("{secret}", _secret(aws, destination))
    (events.create_api_destination if live is None else events.update_api_destination)(
        Name=destination.name,
        Description=description,
        ConnectionArn=events.describe_connection(Name=destination.name)["ConnectionArn"],
        InvocationEndpoint=endpoint,
        HttpMethod="POST",
    )
