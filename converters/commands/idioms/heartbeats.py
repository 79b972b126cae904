"""Pings that tell a monitor that the job ran: ``&& curl -fsS https://hc-ping.com/..``. They stay in the text."""

from __future__ import annotations

import re

from converters.commands.idioms.peeling import Peeling
from converters.commands.shell.syntax import Pipeline
from converters.commands.shell.words import Simple

_PINGERS = frozenset({"curl", "wget", "http", "fetch"})
_URL = re.compile(r"https?://[^\s'\"|;&<>`]+")
_MONITORS = re.compile(
    r"hc-ping\.com|healthchecks?\b|cronitor\.(?:io|link)|deadmanssnitch\.com|nosnch\.in|betteruptime\.com|betterstack\.com"
    r"|uptimerobot\.com|cronhub\.io|heartbeat|uptime-?kuma|/api/push/|sentry\.io/api/\d+/cron|ohdear\.app|/ping\b",
    re.I,
)

# Incoming webhooks of chats and pagers.
_CHATS = re.compile(
    r"hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|api\.telegram\.org|webhook\.office\.com|ntfy\.sh|pushover\.net"
    r"|events\.pagerduty\.com|api\.opsgenie\.com|slack\.com/api|chat\.googleapis\.com|/hooks?/|notify|webhook",
    re.I,
)


def ping_url(simple: Simple) -> str | None:
    """The URL of a command that only pings a monitor."""
    if simple.name not in _PINGERS:
        return None
    urls = [match[0] for word in simple.words if (match := _URL.search(word.text))]
    # A second address may be data that is fetched: then it works, and does not only tell.
    return urls[0] if len(urls) == 1 and _MONITORS.search(urls[0]) else None


def tells_monitor(name: str, source: str) -> bool:
    """Whether a command asks the address of a monitor or of a chat: it tells, and is none of the work."""
    return name in _PINGERS and bool(_MONITORS.search(source) or _CHATS.search(source))


def is_heartbeat(pipeline: Pipeline) -> bool:
    """``curl`` or ``wget`` of a monitor's address, alone in its pipeline."""
    simple = pipeline.simple
    return simple is not None and ping_url(simple) is not None


def note_heartbeats(peeling: Peeling) -> None:
    """Every ping in what is left."""
    for simple in peeling.script.simple_commands():
        url = ping_url(simple)
        if url is None and simple.name == "cronitor" and "exec" in simple.values[:2]:
            url = "cronitor exec"
        if url is not None and url not in peeling.heartbeats:
            peeling.heartbeats.append(url)
            # Without its query, which may be a token, and without `/$?`, the status that it tells.
            shown = url.partition("?")[0].removesuffix("/$")
            peeling.find("C465", f"It tells a monitor that it ran ({shown}); the ping stays in the command.")
