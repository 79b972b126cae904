"""Is the cluster there, and does it have the capacity providers that jobs name?"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.checks.model import Context, Line, each, ok, problem
from migrate.terminal.language import _


def check(context: Context) -> Iterator[Line]:
    """One line a cluster, and one for each capacity provider used on it."""
    named: dict[str, set[str]] = {}
    for spec in context.specs:
        cluster = context.env.cluster or spec.cluster
        if cluster is None:
            yield problem("C601", _("job {name} names no cluster; set cluster in cron2fargate.yml"), name=spec.name)
            continue
        named.setdefault(cluster, set()).update(str(one["capacityProvider"]) for one in spec.providers)
    yield from each(
        sorted(named), lambda name: f"cluster {name}", lambda name: _look(context, name, sorted(named[name]))
    )


def _look(context: Context, name: str, providers: list[str]) -> Iterator[Line]:
    if ("cluster", name) in context.coming:
        yield ok(_("cluster {name} is made by this run"), name=name)
        return
    found = context.aws.client("ecs").describe_clusters(clusters=[name])["clusters"]
    # A deleted cluster is described as INACTIVE for a while.
    active = [cluster for cluster in found if cluster.get("status") == "ACTIVE"]
    if not active:
        text = _("there is no active cluster {name} in {where}; register --create makes it")
        yield problem("C601", text, name=name, where=context.aws.where)
        return
    yield ok(_("cluster {name}"), name=name)
    # RunTask refuses a provider that the cluster does not have.
    has = active[0].get("capacityProviders", [])
    for provider in providers:
        if provider in has:
            yield ok(_("capacity provider {provider} of cluster {name}"), provider=provider, name=name)
        else:
            yield problem(
                "C602",
                _("cluster {name} has no capacity provider {provider}; it has: {has}"),
                name=name,
                provider=provider,
                has=", ".join(has) or "none",
            )
