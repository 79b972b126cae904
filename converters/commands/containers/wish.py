"""A command line's container as data: what the line says of its image, its size, its place, and what of the host it gets."""

from __future__ import annotations

from typing import Literal, NamedTuple

Access = Literal["reads", "writes"]


class Mount(NamedTuple):
    """What stands at ``target`` in the container: ``source`` is a path of the host, the name of a volume, or empty where it
    begins empty (an anonymous volume, a tmpfs)."""

    source: str
    target: str
    access: Access = "writes"

    @property
    def of_host(self) -> bool:
        return self.source.startswith(("/", "~", "$", "."))


class Told(NamedTuple):
    """Something of the line that no ecs.yml says. ``kind`` is a need's (``privilege``, ``option``, ``network``, ``terminal``,
    ``expansion``, ``beside``, ``background``), ``subject`` what it is about, ``sentence`` what is said of it."""

    kind: str
    subject: str
    sentence: str


class Compose(NamedTuple):
    """Where compose finds its service: ``files`` as given (none: it looks for the usual names, upwards from ``directory``),
    ``directory`` where it is called, ``root`` a project directory that was given, ``variables`` its file of variables."""

    service: str
    files: tuple[str, ...] = ()
    directory: str | None = None
    root: str | None = None
    variables: str | None = None


class Container(NamedTuple):
    """The container that a line starts, or works in.

    ``call``       the call in words: ``docker run``, ``docker compose exec``
    ``running``    it runs already (``exec``); ``name`` is its name, or its service's
    ``image``      the image, ``None`` where the line does not tell; ``entry`` says that the first word of the command is its
                   entry point, which takes the place of the image's own
    ``memory``     MiB, ``cpu`` CPU units (1024 are one processor), ``None`` where nothing limits it
    ``files``      files of variables on the host
    ``beside``     text of the host's shell around the call, which goes along: a pipe's other end, a redirection
    ``host_network``  localhost is the host's
    ``zone``       it has the zone of the host, by /etc/localtime
    ``unread``     why its compose file tells nothing of it, where it does not
    ``idle``       options that a task has no use for, with why where that is worth a clause
    """

    call: str
    running: bool = False
    name: str = ""
    image: str | None = None
    entry: bool = False
    memory: int | None = None
    cpu: int | None = None
    architecture: str | None = None
    init: bool = False
    files: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    told: tuple[Told, ...] = ()
    idle: tuple[tuple[str, str], ...] = ()
    beside: str = ""
    host_network: bool = False
    zone: bool = False
    compose: Compose | None = None
    unread: str = ""
