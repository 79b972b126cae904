"""The topic of failures, and who is told by e-mail: everybody of the settings, and each job's own people."""

from __future__ import annotations

import json
from typing import Any

from converters.frame.frame import Frame
from converters.frame.policies import topic_policy
from converters.frame.telling import EVERYBODY, filter_policy, filtered, told_by
from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.shared import ask, differences, document, foreign, listed, ours, tags_of
from migrate.aws.steps import Change, Step

KIND = "topic"
SUBSCRIPTION = "subscription"
PENDING = "PendingConfirmation"


def plan(aws: Aws, wanted: Frame, jobs: set[str], tags: Tags) -> list[Step]:
    """The topic and its subscriptions. ``jobs`` are those of this run: what an address is told of others stays."""
    name, emails, why = wanted.topic, wanted.emails, dict(wanted.told_of_all)
    sns, arn = aws.client("sns"), aws.arn("sns", name)
    policy = topic_policy(arn, aws.account)
    live = ask(sns.get_topic_attributes, TopicArn=arn)
    if live is None:
        step = Step(KIND, name, "add", [], lambda aws, made: _create(aws, name, policy, tags))
        return [step, *(_subscribe(arn, address, of, why.get(address)) for address, of in emails.items())]
    theirs = tags_of(sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
    if not ours(theirs, tags):
        return [foreign(KIND, name, theirs)]
    changes = differences({"Policy": document(live["Attributes"].get("Policy"))}, {"Policy": policy})

    def write(aws: Aws, made: object) -> None:
        _put_policy(aws, arn, policy)

    step = Step(KIND, name, "change", changes, write) if changes else Step(KIND, name, "same")
    known = _subscriptions(sns, arn)
    emails, more = filtered(emails, there=len(known.keys() - emails.keys()))
    why |= more
    return [
        step,
        *(_plan_address(sns, arn, address, of, known, jobs, why.get(address)) for address, of in emails.items()),
    ]


def _create(aws: Aws, name: str, policy: dict[str, Any], tags: Tags) -> None:
    arn = aws.client("sns").create_topic(Name=name, Tags=listed(tags))["TopicArn"]
    _put_policy(aws, arn, policy)


def _put_policy(aws: Aws, arn: str, policy: dict[str, Any]) -> None:
    aws.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))


def _subscriptions(sns: Any, arn: str) -> dict[str, str]:
    """E-mail address to the ARN of its subscription, which is no ARN until the address has confirmed it."""
    found: dict[str, str] = {}
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
        found |= {s["Endpoint"]: s["SubscriptionArn"] for s in page["Subscriptions"] if s["Protocol"] == "email"}
    return found


def _plan_address(
    sns: Any, arn: str, address: str, of: tuple[str, ...], known: dict[str, str], jobs: set[str], why: str | None
) -> Step:
    subscription = known.get(address)
    if subscription is None:
        return _subscribe(arn, address, of, why)
    if not subscription.startswith("arn:"):
        return Step(SUBSCRIPTION, address, "same", note="the address has not confirmed it yet")
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    before = document(attributes.get("FilterPolicy")) or {}
    others = [job for job in told_by(before) if job not in jobs]
    # Whoever is told of all jobs stays so: nobody may have asked this run to take that away. But what a job prints is for
    # its own people, so whom the settings name is given that filter.
    narrowed = of and (before or EVERYBODY in of)
    told, more = filtered({address: (*of, *others) if narrowed else ()})
    after, why = filter_policy(told[address]), more.get(address, why)
    if before == after:
        return Step(SUBSCRIPTION, address, "same")

    def write(aws: Aws, made: object) -> None:
        aws.client("sns").set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=json.dumps(after)
        )

    return Step(SUBSCRIPTION, address, "change", [Change("jobs", _said(before), _said(after))], write, why or "")


def _said(policy: dict[str, Any]) -> str:
    return (
        ", ".join(sorted("all" if job == EVERYBODY else job for job in told_by(policy))) or "all, and what they print"
    )


def _subscribe(arn: str, address: str, of: tuple[str, ...], why: str | None) -> Step:
    policy = filter_policy(of)

    def write(aws: Aws, made: object) -> None:
        attributes = {"FilterPolicy": json.dumps(policy)} if policy else {}
        aws.client("sns").subscribe(
            TopicArn=arn, Protocol="email", Endpoint=address, Attributes=attributes, ReturnSubscriptionArn=True
        )

    note = f"of {_said(policy)}{f', for {why}' if why else ''}; the address must confirm it"
    return Step(SUBSCRIPTION, address, "add", [], write, note)
