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
class Endpoint:
    """An address of somebody's own that is told: its secret stands in ``header``, behind ``prefix``."""

    address: str
    header: str
    secret: str
    secret_key: str | None = None
    prefix: str = ""


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


def destinations(
    place: Place,
    *,
    slack_secret: str | None,
    datadog_secret: str | None,
    datadog_site: str,
    quiet_jobs: Sequence[str],
    slack_key: str | None = None,
    datadog_key: str | None = None,
    pagerduty_secret: str | None = None,
    pagerduty_key: str | None = None,
    pagerduty_region: str = "us",
    endpoint: Endpoint | None = None,
) -> list[Destination]:
    """Slack's incoming webhook keeps its token in the address, Datadog's key stands in a header, PagerDuty's in the body."""
    found = []
    if slack_secret:
        found.append(
            Destination(
                place.name("slack"),
                slack_secret,
                # Slack's token is the path of its URL; a connection must have some authorization, so a header of no
                # meaning.
                "https://hooks.slack.com/services/{secret}",
                "X-Cron2fargate",
                "slack",
                {"text": "$.detail.text"},
                '{"text": <text>}',
                _told(place, quiet_jobs),
                slack_key,
            )
        )
    if datadog_secret:
        found.append(
            Destination(
                place.name("datadog"),
                datadog_secret,
                f"https://api.{datadog_site}/api/v1/events",
                "DD-API-KEY",
                "{secret}",
                {
                    "title": "$.detail.title",
                    "text": "$.detail.text",
                    "job": "$.detail.job",
                    "kind": "$.detail.kind",
                    "alert": "$.detail.alert",
                },
                '{"title": <title>, "text": <text>, "alert_type": <alert>, "source_type_name": "cron2fargate", '
                # Datadog v1 events: an aggregation key has 100 characters at most.
                '"aggregation_key": <job>, "tags": ["job:<job>", "kind:<kind>"]}',
                _told(place, ()),
                datadog_key,
            )
        )
    if pagerduty_secret:
        found.append(
            Destination(
                place.name("pagerduty"),
                pagerduty_secret,
                PAGERDUTY[pagerduty_region],
                # EventBridge puts the secret parameters of a connection into the body it sends; a connection must have some
                # authorization beside them, so a header of no meaning (EventBridge API, ConnectionHttpParameters).
                "X-Cron2fargate",
                "pagerduty",
                {**_PAGERDUTY, "time": "$.time"},
                _PAGERDUTY_TEMPLATE,
                _told(place, ()),
                pagerduty_key,
                "routing_key",
            )
        )
    if endpoint:
        found.append(
            Destination(
                place.name("https"),
                endpoint.secret,
                endpoint.address,
                endpoint.header,
                f"{endpoint.prefix}{{secret}}",
                {"time": "$.time", "detail": "$.detail"},
                '{"version": 1, "time": <time>, "detail": <detail>}',
                _told(place, ()),
                endpoint.secret_key,
            )
        )
    return found


def _told(place: Place, quiet: Sequence[str]) -> dict[str, object]:
    """What the notifier says of the jobs of this environment, but for those that are to be quiet."""
    job = {"job": [{"anything-but": sorted(quiet)}]} if quiet else {}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"owner": [place.scope], **job}}
