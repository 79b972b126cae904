"""``shared.tf``: what all jobs of an environment need."""

from __future__ import annotations

import json
from typing import Any

from converters.frame.channels import Destination
from converters.frame.frame import LOCK_EXPIRY, LOCK_KEY, QUEUE_DAYS, Role
from converters.frame.policies import queue_policy, topic_policy
from converters.frame.telling import filter_policy
from migrate.aws.cluster import PROVIDERS
from migrate.aws.ownership import Owner, Tags
from migrate.aws.roles import POLICY, tags_for
from migrate.export.hcl import Block, Json, Raw, quoted
from migrate.export.marks import ACCOUNT
from migrate.export.marks import mark as mark_of
from migrate.export.terraform_links import REFERENCE, identifier, role_word
from migrate.export.terraform_parts import Files, Items, alarm_of, delivery, keep, log_group, transformer
from migrate.export.units import Export


def add_shared(out: Files) -> None:
    frame, tags, file = out.frame, out.exported.tags, "shared.tf"
    for name in frame.clusters:
        _cluster(out, name, tags)
    for role in frame.roles:
        _role(out, role, tags_for(role, tags))
    if frame.log_group:
        log_group(out, file, "shared", frame.log_group, tags)
    if frame.lock_table:
        _lock_table(out, frame.lock_table, tags)
    if frame.schedule_group:
        name = frame.schedule_group
        out.add(file, "aws_scheduler_schedule_group", "jobs", [("name", name), ("tags", tags)], name)
    _queue(out, tags)
    _topic(out, tags)
    _telling(out, tags)
    alarm_of(out, file, "dead_letters", frame.queue_alarm, tags)


def shared_addresses(exported: Export) -> list[str]:
    """Of what jobs name; a cluster is always read, as others may have made it."""
    frame = exported.frame
    there = {
        "aws_cloudwatch_log_group.shared": frame.log_group,
        "aws_dynamodb_table.locks": frame.lock_table,
        "aws_scheduler_schedule_group.jobs": frame.schedule_group,
        "aws_sqs_queue.dead_letters": frame.queue,
        "aws_sns_topic.failures": frame.topic,
        "aws_sfn_state_machine.notify": frame.notifier,
    }
    roles = [f"aws_iam_role.{role_word(role.name)}" for role in frame.roles]
    return roles + [address for address, name in there.items() if name]


def _cluster(out: Files, name: str, tags: Tags) -> None:
    """Made only where ``new_clusters`` says so, and never changed: one that is there has settings of its own."""
    word = identifier(name)
    count = ("count", Raw(f'contains(var.new_clusters, "{name}") ? 1 : 0'))
    kept: Items = [("ignore_changes", Raw("all")), ("prevent_destroy", True)]
    items: Items = [count, ("name", name), ("tags", tags), Block("lifecycle", (), kept)]
    made = out.add("shared.tf", "aws_ecs_cluster", word, items)
    items = [count, ("cluster_name", Raw(f"{made}[0].name")), ("capacity_providers", PROVIDERS)]
    items.append(Block("lifecycle", (), [("ignore_changes", Raw("all"))]))
    providers = out.add("shared.tf", "aws_ecs_cluster_capacity_providers", word, items)
    items = [("cluster_name", name), ("depends_on", [Raw(made), Raw(providers)])]
    out.read("aws_ecs_cluster", word, Block("data", ("aws_ecs_cluster", word), items))


def _role(out: Files, role: Role, tags: Tags) -> None:
    word = role_word(role.name)
    address = out.add(
        "shared.tf",
        "aws_iam_role",
        word,
        [
            ("name", role.name),
            ("description", role.description),
            ("assume_role_policy", Json(role.trust)),
            *([("permissions_boundary", role.boundary)] if role.boundary else []),
            ("tags", tags),
        ],
        role.name,
    )
    out.add(
        "shared.tf",
        "aws_iam_role_policy",
        word,
        [("name", POLICY), ("role", Raw(f"{address}.id")), ("policy", Json(role.policy))],
        # Import id of an inline policy: ROLE:POLICY.
        f"{role.name}:{POLICY}",
    )


def _lock_table(out: Files, name: str, tags: Tags) -> None:
    items: Items = [
        ("name", name),
        ("billing_mode", "PAY_PER_REQUEST"),
        ("hash_key", LOCK_KEY),
        ("tags", tags),
        Block("attribute", (), [("name", LOCK_KEY), ("type", "S")]),
        # DynamoDB itself refuses to delete it, whatever becomes of this file.
        ("deletion_protection_enabled", True),
        Block("ttl", (), [("attribute_name", LOCK_EXPIRY), ("enabled", True)]),
        keep(),
    ]
    out.add("shared.tf", "aws_dynamodb_table", "locks", items, name)


def _queue(out: Files, tags: Tags) -> None:
    frame = out.frame
    if frame.queue is None:
        return
    # The import of a queue is its URL, whose domain differs in China.
    domain = "amazonaws.com.cn" if frame.place.region.startswith("cn-") else "amazonaws.com"
    url = f"https://sqs.{frame.place.region}.{domain}/{ACCOUNT}/{frame.queue}"
    items: Items = [("name", frame.queue), ("message_retention_seconds", QUEUE_DAYS * 86_400), ("tags", tags)]
    address = out.add("shared.tf", "aws_sqs_queue", "dead_letters", items, url)
    policy = Json(queue_policy(frame.queue_arn, frame.place.account))
    items = [("queue_url", Raw(f"{address}.id")), ("policy", policy)]
    out.add("shared.tf", "aws_sqs_queue_policy", "dead_letters", items, url)


def _topic(out: Files, tags: Tags) -> None:
    """Subscriptions have no import: their ids are random, and subscribing twice is one subscription."""
    frame = out.frame
    address = out.add(
        "shared.tf", "aws_sns_topic", "failures", [("name", frame.topic), ("tags", tags)], frame.topic_arn
    )
    policy = Json(topic_policy(frame.topic_arn, frame.place.account))
    out.add(
        "shared.tf",
        "aws_sns_topic_policy",
        "failures",
        [("arn", Raw(f"{address}.arn")), ("policy", policy)],
        frame.topic_arn,
    )
    # By the address and not by its place in the list: who is subscribed anew must confirm again.
    for number, (mail, jobs) in enumerate(frame.emails.items(), start=1):
        only: Items = [("filter_policy", Json(filter_policy(jobs)))] if jobs else []
        items: Items = [("topic_arn", Raw(f"{address}.arn")), ("protocol", "email"), ("endpoint", mail), *only]
        subscribed = out.add("shared.tf", "aws_sns_topic_subscription", f"email_{identifier(mail)}", items)
        out.renamed(f"aws_sns_topic_subscription.email_{number}", subscribed)


def _telling(out: Files, tags: Tags) -> None:
    frame = out.frame
    machine = out.add(
        "shared.tf",
        "aws_sfn_state_machine",
        "notify",
        [
            ("name", frame.notifier),
            ("type", "STANDARD"),
            ("role_arn", Raw("aws_iam_role.notify.arn")),
            ("definition", Json(json.loads(frame.notifier_text))),
            ("tags", tags),
        ],
        frame.notifier_arn,
    )
    said = f"Jobs of {frame.place.owner} that failed; made by cron2fargate"
    target = frame.failure_target()
    _event_rule(out, "failed", frame.failure_rule, said, frame.failure_pattern, target, f"{machine}.arn", tags)
    for destination in frame.destinations:
        _destination(out, destination, tags)


def _event_rule(
    out: Files, word: str, name: str, said: str, pattern: Any, target: dict[str, Any], arn: str, tags: Tags
) -> None:
    items: Items = [("name", name), ("description", said), ("event_pattern", Json(pattern)), ("tags", tags)]
    rule = out.add("shared.tf", "aws_cloudwatch_event_rule", word, items, f"default/{name}")
    items = [
        ("rule", Raw(f"{rule}.name")),
        ("target_id", target["Id"]),
        ("arn", Raw(arn)),
        ("role_arn", Raw("aws_iam_role.notify.arn")),
        *transformer(target),
        *delivery(target),
    ]
    out.add("shared.tf", "aws_cloudwatch_event_target", word, items, f"{name}/{target['Id']}")


def _spec(destination: Destination, version: str) -> str:
    """The expression for what ``digest`` makes of a destination and the version of its secret."""
    known = quoted(json.dumps(destination.written_for)[:-1], str)[:-1]
    return f'substr(sha256({known}, \\"${{{version}}}\\"]"), 0, 12)'


# Terraform's state holds every value in clear: it must be kept as a secret itself.
def _destination(out: Files, destination: Destination, tags: Tags) -> None:
    """The secret is read when Terraform runs. It is in no file, but in Terraform's state, as all values are."""
    word = destination.name.rpartition("-")[2]
    out.blocks.setdefault("shared.tf", []).append(
        Block("data", ("aws_secretsmanager_secret_version", word), [("secret_id", destination.secret)])
    )
    read = f"data.aws_secretsmanager_secret_version.{word}"
    value = f"{read}.secret_string"
    if destination.secret_key:
        value = f"jsondecode({value})[{quoted(destination.secret_key, str)}]"
    # As register marks it, which writes the connection anew once the secret has another version.
    mark = Owner.at(out.frame.place, "shared").describe(mark_of(REFERENCE + _spec(destination, f"{read}.version_id")))
    connection = out.add(
        "shared.tf",
        "aws_cloudwatch_event_connection",
        word,
        [
            ("name", destination.name),
            ("description", mark),
            ("authorization_type", "API_KEY"),
            Block("auth_parameters", (), _authorization(destination, value)),
        ],
        destination.name,
    )
    api = out.add(
        "shared.tf",
        "aws_cloudwatch_event_api_destination",
        word,
        [
            ("name", destination.name),
            ("description", mark),
            ("http_method", "POST"),
            ("invocation_endpoint", _with_secret(destination.endpoint, value)),
            ("connection_arn", Raw(f"{connection}.arn")),
        ],
        destination.name,
    )
    said = f"Tells {word} of jobs of {out.frame.place.owner}; made by cron2fargate"
    target = out.frame.told_target(destination, "")
    _event_rule(out, word, destination.name, said, dict(destination.pattern), target, f"{api}.arn", tags)


def _authorization(destination: Destination, value: str) -> list[tuple[str, Any] | Block]:
    """``value`` is the expression that reads the secret."""
    found: list[tuple[str, Any] | Block] = [
        Block("api_key", (), [("key", destination.header), ("value", _with_secret(destination.key, value))])
    ]
    if destination.body:
        body: list[tuple[str, Any] | Block] = [
            ("key", destination.body),
            ("value", _with_secret("{secret}", value)),
            ("is_value_secret", True),
        ]
        found.append(Block("invocation_http_parameters", (), [Block("body", (), body)]))
    return found


def _with_secret(text: str, value: str) -> str | Raw:
    if "{secret}" not in text:
        return text
    before = text.partition("{secret}")[0]
    # Slack shows the whole address of a webhook, so the secret may hold that as well.
    plain = f'trimprefix({value}, "{before}")' if before else value
    return Raw(f'"{before}${{{plain}}}"' if before else plain)
