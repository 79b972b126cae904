"""Who outside AWS is told: an API destination and a rule for each channel, and what the channel's own API is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converters.frame.place import Place
from converters.workflows.notifier import DETAIL_TYPE, SOURCE


@dataclass(frozen=True, slots=True)
class Destination:
    """An API outside AWS that is told, and the rule of the same name that does it.

    ``secret`` names the secret whose value stands for ``{secret}`` in ``endpoint`` or ``key``, or in each body as the member
    ``body``; where it holds JSON, ``secret_key`` names the member of it.
    """

    name: str
    secret: str
    endpoint: str
    header: str
    key: str
    paths: Mapping[str, str]
    template: str
    pattern: Mapping[str, object]
    secret_key: str | None = None
    body: str = ""

    @property
    def written_for(self) -> list[str]:
        """What a connection that is there was written for, but for the version of the secret."""
        body = [f"body:{self.body}"] if self.body else []
        return [self.endpoint, self.header, self.key, *([self.secret_key] if self.secret_key else []), *body]


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret in Secrets Manager by its name or ARN; ``key`` is the member of it, where it holds JSON."""

    secret: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Slack:
    """An incoming webhook, which keeps its token in its address. ``quiet`` jobs are never told."""

    kept: Kept
    quiet: tuple[str, ...] = ()

    def destination(self, place: Place) -> Destination:
        return Destination(
            place.name("slack"),
            self.kept.secret,
            # Slack's token is the path of its URL; a connection must have some authorization, so a header of no meaning.
            "https://hooks.slack.com/services/{secret}",
            "X-Cron2fargate",
            "slack",
            {"text": "$.detail.text"},
            '{"text": <text>}',
            _told(place, self.quiet),
            self.kept.key,
        )


@dataclass(frozen=True, slots=True)
class Datadog:
    """Datadog's events of version 1; its key stands in a header."""

    kept: Kept
    site: str

    def destination(self, place: Place) -> Destination:
        return Destination(
            place.name("datadog"),
            self.kept.secret,
            f"https://api.{self.site}/api/v1/events",
            "DD-API-KEY",
            "{secret}",
            {name: f"$.detail.{name}" for name in ("title", "text", "job", "kind", "alert")},
            '{"title": <title>, "text": <text>, "alert_type": <alert>, "source_type_name": "cron2fargate", '
            # Datadog v1 events: an aggregation key has 100 characters at most.
            '"aggregation_key": <job>, "tags": ["job:<job>", "kind:<kind>"]}',
            _told(place),
            self.kept.key,
        )


PAGERDUTY = {"us": "https://events.pagerduty.com/v2/enqueue", "eu": "https://events.eu.pagerduty.com/v2/enqueue"}
"""Service region -> where its events go (PagerDuty, "Events API v2 overview" and "Service regions")."""
_PAGERDUTY = {name: f"$.detail.{name}" for name in (
    "action", "incident", "title", "owner", "job", "kind", "reason", "slot", "log", "environment", "account", "region"
)}  # fmt: skip
_PAGERDUTY_TEMPLATE = (
    '{"event_action": <action>, "dedup_key": <incident>, "client": "cron2fargate", "payload": {"summary": <title>, '
    '"source": <owner>, "severity": "error", "timestamp": <time>, "component": <job>, "class": <kind>, "custom_details": '
    '{"reason": <reason>, "slot": <slot>, "log": <log>, "environment": <environment>, "account": <account>, '
    '"region": <region>}}}'
)


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """PagerDuty's events of version 2; the routing key stands in the body."""

    kept: Kept
    region: str = "us"

    def destination(self, place: Place) -> Destination:
        return Destination(
            place.name("pagerduty"),
            self.kept.secret,
            PAGERDUTY[self.region],
            # EventBridge puts the secret parameters of a connection into the body it sends; a connection must have some
            # authorization beside them, so a header of no meaning (EventBridge API, ConnectionHttpParameters).
            "X-Cron2fargate",
            "pagerduty",
            {**_PAGERDUTY, "time": "$.time"},
            _PAGERDUTY_TEMPLATE,
            _told(place),
            self.kept.key,
            "routing_key",
        )


@dataclass(frozen=True, slots=True)
class Https:
    """An address of somebody's own: its secret stands in ``header``, behind ``prefix``."""

    kept: Kept
    address: str
    header: str = "Authorization"
    prefix: str = ""

    def destination(self, place: Place) -> Destination:
        return Destination(
            place.name("https"),
            self.kept.secret,
            self.address,
            self.header,
            f"{self.prefix}{{secret}}",
            {"time": "$.time", "detail": "$.detail"},
            '{"version": 1, "time": <time>, "detail": <detail>}',
            _told(place),
            self.kept.key,
        )


Channel = Slack | Datadog | PagerDuty | Https


def _told(place: Place, quiet: Sequence[str] = ()) -> dict[str, object]:
    """What the notifier says of the jobs of this environment, but for those that are to be quiet."""
    job = {"job": [{"anything-but": sorted(quiet)}]} if quiet else {}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"owner": [place.scope], **job}}
