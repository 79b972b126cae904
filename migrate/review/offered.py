"""What stands in the editor when a question is answered as text: what holds now, and an example that can be taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from converters.specs.untyped import fields, first
from migrate.document.job import Job
from migrate.review.book import Book
from migrate.review.times import kind_of
from migrate.terminal.language import N_, _

EXAMPLES: Mapping[str, str] = {
    "changed": "decision: skip",
    "decision": "decision: keep",
    "finding": "decision: skip",
    "fleet": "fleet: each",
    "fleet-known": "fleet: each",
    "backend": "backend: scheduler",
    "clock": "backend: scheduler",
    "lock": "lock: 600",
    "timeout": "timeout: 900",
    "writer": "accepted: [writer]",
    "image": "image: registry.example.com/app:1.4",
    "size": "cpu: 512\nmemory: 1024",
    "room": "cpu: 512\nmemory: 1024",
    "disk": "accepted: [disk]",
    "keys": "awsKeys: role",
    "secrets": "secrets: {DB_PASSWORD: /cron/nightly/DB_PASSWORD}",
    "environment": "environment: {REGION: eu-central-1}",
    "user": 'user: "33:33"',
    "runas": 'user: "33:33"',
    "after": "after: [load-orders]",
    "start": "start: workflow",
    "notify": "notify: {email: [ops@example.com]}",
    "owner": "owner: web team",
    "name": "name: nightly-report",
}
"""Topic -> lines that would answer its question."""

_HEAD = (
    N_("# Decide by text. Keys: {keys}."),
    N_("# They hold for: {jobs}"),
    N_("# Save and leave the editor to decide; leave the text as it is to go back to the question."),
)
_OF_SPEC: Mapping[str, Callable[[Mapping[str, object]], object]] = {
    "image": lambda spec: _container(spec).get("image"),
    "cpu": lambda spec: spec.get("cpu"),
    "memory": lambda spec: spec.get("memory"),
    "lock": lambda spec: fields(spec.get("lock")).get("wait", "skip") if spec.get("lock") else None,
    "timeout": lambda spec: spec.get("timeout"),
    "user": lambda spec: _container(spec).get("user"),
    "secrets": lambda spec: _container(spec).get("secrets"),
    "environment": lambda spec: _container(spec).get("environment"),
    "after": lambda spec: spec.get("after"),
    "start": lambda spec: spec.get("start"),
    "notify": lambda spec: spec.get("notify"),
    "owner": lambda spec: fields(spec.get("legacy")).get("owner"),
}
"""Key of a decision -> where its value stands in an ecs.yml."""


def heading(topic: str, jobs: Sequence[Job], book: Book, names: str, keys: Iterable[str]) -> str:
    """The comment above the decision: its keys, whom it is for, what holds now for what is asked, and an example."""
    rows = [row.format(keys=", ".join(keys), jobs=names) for row in map(_, _HEAD)]
    example = EXAMPLES.get(topic)
    if example is not None:
        lines = example.split("\n")
        rows += [_("# Now:"), *(_now(line.partition(":")[0], jobs, book) for line in lines)]
        rows += [_("# For example:"), *(f"#   {line}" for line in lines)]
    return "\n".join(rows) + "\n"


def _now(key: str, jobs: Sequence[Job], book: Book) -> str:
    values = list(dict.fromkeys(_text(_value(key, job, book)) for job in jobs))
    more = [_("and {n} more").format(n=len(values) - 3)] if len(values) > 3 else []
    return f"#   {key}: {', '.join([*values[:3], *more])}"


def _value(key: str, job: Job, book: Book) -> object:
    """As decided, else as proposed; None where neither says anything."""
    decided = book.decision(job).plain().get(key)
    if decided is not None:
        return decided
    if key == "name":
        return book.name(job)
    if key == "backend":
        return book.backend(job) or kind_of(job)
    spec = book.spec(job)
    return _OF_SPEC[key](spec) if key in _OF_SPEC and spec is not None else None


def _text(value: object) -> str:
    import json

    if value is None or value in ([], {}, ""):
        return _("not decided")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _container(spec: Mapping[str, object]) -> Mapping[str, object]:
    return first(spec.get("containers"))
