"""A job that a container engine runs: what it needs in its container it has; what of the host it was given is a need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from converters.commands.containers.wish import Container, Mount
from converters.worlds.need import Need, Needs
from converters.worlds.places import place_of

INSIDE = "in the container, as before"
"""The note of what the container's own image holds: it ran in it until now."""


class Rule(NamedTuple):
    """What a kind of need makes of a job; its sentence stands in the need."""

    answer: Literal["changed", "unmet", "unknown"]
    fate: Literal["decide", "stay"]
    code: str


RULES: dict[str, Rule] = {
    "container": Rule("unknown", "decide", "C801"),
    "volume": Rule("unmet", "decide", "C802"),
    "network": Rule("unknown", "decide", "C803"),
    "privilege": Rule("unmet", "stay", "C804"),
    "beside": Rule("unknown", "decide", "C805"),
    "option": Rule("unmet", "decide", "C806"),
    "image": Rule("unmet", "decide", "C807"),
    "compose": Rule("unknown", "decide", "C808"),
    "expansion": Rule("unknown", "decide", "C809"),
    "lives on": Rule("changed", "decide", "C495"),
    "never ran": Rule("unmet", "decide", "C491"),
}
# Of a running container these are its own too, and no task has them: services beside it, its state, its part of the work.
_OF_A_RUNNING_ONE = frozenset({"service", "part", "state"})
# What the text itself does, wherever it runs.
_OF_THE_TEXT = frozenset({"background", "endless", "schedule", "shell", "host", "metadata", "terminal"})
_DESTROYS = frozenset({"deletes", "mirrors", "moves"})
# systemd-timesyncd and glibc: the zone, and nothing else of the host. A task gets it as TZ.
_ZONE = re.compile(r"/etc/(?:localtime|timezone)$|/usr/share/zoneinfo(?:/|$)")
_CERTIFICATES = re.compile(r"/etc/ssl(?:/certs)?(?:/|$)|/etc/pki(?:/|$)|/usr/share/ca-certificates(?:/|$)")
_SOCKETS = re.compile(r"(?:/var)?/run/(?:docker|podman|containerd|crio)\b.*|.*/docker\.sock$")


def needs_inside(inner: Needs, beside: Needs, container: Container) -> Needs:
    """The needs of a job in a container: ``inner`` those of its whole text, ``beside`` of what of it ran on the host."""
    outside = {(one.kind, one.subject, one.role) for one in beside.needs}
    kept: list[Need] = []
    for one in inner.needs:
        if (one.kind, one.subject, one.role) in outside:
            kept.append(one)
        else:
            kept += _seen_inside(one, container)
    kept += _told(container)
    return inner._replace(needs=tuple(kept), programs=(container.call, *inner.programs), start="", held=not outside)


def _seen_inside(need: Need, container: Container) -> Iterable[Need]:
    """A need of the text inside: met by the image, or of the host after all."""
    if need.kind == "program" or (need.kind == "file" and need.role == "runs"):
        return (need._replace(note=INSIDE),)
    if need.kind == "file":
        return _file_inside(need, container)
    if need.kind in _OF_THE_TEXT or (container.running and need.kind in _OF_A_RUNNING_ONE):
        return (need,)
    if need.kind == "service" and container.host_network:
        return (need,)
    return ()


def _file_inside(need: Need, container: Container) -> Iterable[Need]:
    """A file of the container: deleting is still the worst case where it lies on the host, or in a container that lives on."""
    if need.role not in _DESTROYS:
        return ()
    if container.running:
        return (need,)
    mount = _mount_of(need.subject, container.mounts)
    if mount is None or not mount.source:
        return ()
    below = need.subject[len(mount.target.rstrip("/")) :]
    return (need._replace(subject=mount.source.rstrip("/") + below),)


def _mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The innermost mount that holds a path of the container."""
    holding = [one for one in mounts if f"{path}/".startswith(one.target.rstrip("/") + "/")]
    return max(holding, key=lambda one: len(one.target), default=None)


def _told(container: Container) -> Iterator[Need]:
    """The needs that the line itself tells: what the container is, and what it is given."""
    if container.running:
        yield _need(container, "container", container.name, "enters", _of_running(container))
    elif container.unread:
        sentence = f"`{container.call}` starts the service `{container.name}`, and {container.unread}."
        yield _need(container, "compose", container.name, "runs", sentence)
    for mount in container.mounts:
        yield from _of_mount(mount, container)
    for one in container.told:
        kind = "never ran" if one.kind == "terminal" else one.kind
        yield _need(container, kind, one.subject, "asks", one.sentence)


def _need(container: Container, kind: str, subject: str, role: str, sentence: str) -> Need:
    return Need(kind, subject, role, 0, 0, container.call, note=sentence)


def _of_running(container: Container) -> str:
    what = "service" if container.compose is not None else "container"
    return (
        f"`{container.call}` works in the running {what} `{container.name}`: with its variables, files and localhost as they "
        "are then. A task is a container of its own."
    )


def _of_mount(mount: Mount, container: Container) -> Iterator[Need]:
    """What a mount brings into the container; a place that begins empty is as in a task."""
    source, target = mount.source, mount.target
    if not source or _ZONE.match(source):
        return
    given = f"`{container.call}` gives the container "
    if _SOCKETS.match(source):
        yield _need(container, "privilege", source, "asks", f"{given}the engine of this host, by `{source}`.")
    elif mount.of_host and place_of(source).kind in ("kernel", "system", "device"):
        yield _need(container, "privilege", source, "reads", f"{given}`{source}`: {place_of(source).name}.")
    elif mount.of_host and mount.access == "reads" and _CERTIFICATES.match(source):
        yield _need(
            container, "volume", source, "reads", f"{given}the certificates of this host: put them into the image."
        )
    elif mount.of_host:
        how = ", to read" if mount.access == "reads" else ""
        yield _need(container, "volume", source, mount.access, f"{given}`{source}` of this host as `{target}`{how}.")
    else:
        yield _need(container, "volume", source, mount.access, f"{given}the volume `{source}` as `{target}`.")
