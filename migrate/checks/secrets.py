"""Are the secrets, parameters and environment files there? Their values are never asked for."""

from __future__ import annotations

from collections.abc import Iterator

from converters.findings.few import counted
from migrate.aws import sidecars
from migrate.aws.errors import error_code
from migrate.checks.model import Context, Line, each, ok, problem
from migrate.terminal.language import _

BATCH = 50
"""Names that DescribeParameters takes in one filter."""


def sources(context: Context) -> list[str]:
    """Where variables, log options and notifications get their secrets from, each once."""
    found: list[str] = []
    for spec in context.specs:
        for box in spec.containers:
            found += box.secrets.values()
            found += [box.repository_credentials.credentials_parameter] if box.repository_credentials else []
            found += box.log_configuration.secret_options.values() if box.log_configuration else []
    for spec in context.specs[:1]:
        for one in sidecars.beside(context.aws, spec):
            found += [item["valueFrom"] for item in one.definition.get("secrets", [])]
    told = context.env.notifications
    named = [told.slack.webhook_secret] if told.slack else []
    named += [told.datadog.api_key_secret] if told.datadog else []
    named += [told.pagerduty.routing_key_secret] if told.pagerduty else []
    named += [told.https.secret] if told.https else []
    found += [
        name if name.startswith("arn:") else context.aws.arn("secretsmanager", f"secret:{name}") for name in named
    ]
    return list(dict.fromkeys(found))


def check(context: Context) -> Iterator[Line]:
    """One line a secret or parameter."""
    here, elsewhere, parameters = [], [], []
    for source in sources(context):
        parts = source.split(":")
        if parts[0] == "arn" and parts[3:5] != [context.aws.region, context.aws.account]:
            elsewhere.append(source)
        elif ":secretsmanager:" in source:
            # docs "Pass sensitive data": key, stage and version stand behind the name.
            # arn:…:secret:NAME:key:stage:version: what follows the name picks within the secret.
            here.append(":".join(parts[:7]))
        else:
            parameters.append(_parameter(source))
    yield from each(list(dict.fromkeys(here)), lambda arn: f"secret {arn}", lambda arn: _secret(context, arn))
    batches = [parameters[start : start + BATCH] for start in range(0, len(parameters), BATCH)]
    yield from each(batches, lambda names: counted(len(names), "parameter"), lambda names: _parameters(context, names))
    files = list(
        dict.fromkeys(arn for spec in context.specs for box in spec.containers for arn in box.environment_files)
    )
    yield from each(files, lambda arn: f"environment file {arn}", lambda arn: _file(context, arn))
    for source in elsewhere:
        yield problem("C611", _("secret {source} is of another account or region and cannot be checked"), source=source)


def _parameter(source: str) -> str:
    """The name of a parameter from its name or ARN; a name with levels starts with a slash."""
    if not source.startswith("arn:"):
        return source
    name = source.partition(":parameter/")[2]
    # An ARN has no slash before a name without levels.
    return f"/{name}" if "/" in name else name


def _file(context: Context, arn: str) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    bucket, _slash, key = arn.partition(":::")[2].partition("/")
    try:
        # HeadObject would need the right to read the object, and this only asks for its name.
        found = context.aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
        found = []
    if any(one["Key"] == key for one in found):
        yield ok(_("environment file {arn}"), arn=arn)
    else:
        yield problem("C610", _("there is no environment file {arn}; put it there, or mend the ARN"), arn=arn)


def _secret(context: Context, arn: str) -> Iterator[Line]:
    from botocore.exceptions import ClientError

    try:
        found = context.aws.client("secretsmanager").describe_secret(SecretId=arn)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield problem("C610", _("there is no secret {arn}; make it, or mend the ARN"), arn=arn)
        return
    # A secret that is scheduled for deletion cannot be read, but is described.
    if found.get("DeletedDate"):
        yield problem("C610", _("secret {arn} is marked for deletion"), arn=arn)
    else:
        yield ok(_("secret {arn}"), arn=arn)


def _parameters(context: Context, names: list[str]) -> Iterator[Line]:
    # Equals takes several names; GetParameters would need the right to read values.
    filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
    pages = context.aws.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=filters)
    there = {item["Name"] for page in pages for item in page["Parameters"]}
    for name in names:
        yield (
            ok(_("parameter {name}"), name=name)
            if name in there
            else problem("C610", _("there is no parameter {name}"), name=name)
        )
