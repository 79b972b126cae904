"""Who outside AWS is told: an API destination and a rule for each channel, and what the channel's own API is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converters.frame.place import Place
from converters.workflows.notifier import DETAIL_TYPE, SOURCE


@dataclass(frozen=True, slots=True)
class Destination:
    """An API outside AWS that is told, and the rule of the same name that does it.

    ``secret`` names the secret whose value stands for ``{secret}`` in ``endpoint`` or ``key``; where it holds JSON,
    ``secret_key`` names the member of it.
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

    @property
    def written_for(self) -> list[str]:
        """What a connection that is there was written for, but for the version of the secret."""
        return [self.endpoint, self.header, self.key, *([self.secret_key] if self.secret_key else [])]


def destinations(
    place: Place,
    *,
    slack_secret: str | None,
    datadog_secret: str | None,
    datadog_site: str,
    quiet_jobs: Sequence[str],
    slack_key: str | None = None,
    datadog_key: str | None = None,
) -> list[Destination]:
    """Slack's incoming webhook keeps its token in the address, Datadog's key stands in a header."""
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
                {"title": "$.detail.title", "text": "$.detail.text", "job": "$.detail.job", "kind": "$.detail.kind"},
                '{"title": <title>, "text": <text>, "alert_type": "error", "source_type_name": "cron2fargate", '
                # Datadog v1 events: an aggregation key has 100 characters at most.
                '"aggregation_key": <job>, "tags": ["job:<job>", "kind:<kind>"]}',
                _told(place, ()),
                datadog_key,
            )
        )
    return found


def _told(place: Place, quiet: Sequence[str]) -> dict[str, object]:
    """What the notifier says of the jobs of this environment, but for those that are to be quiet."""
    job = {"job": [{"anything-but": sorted(quiet)}]} if quiet else {}
    return {"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"owner": [place.scope], **job}}
