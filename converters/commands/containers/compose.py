"""Compose files: which files a call reads, and what they say of its service. Texts in, options as of `docker run` out.

The format: compose-spec (github.com/compose-spec/compose-spec, 05-services.md); where files are looked for: docs.docker.com,
"How Compose works" (compose.yaml before docker-compose.yml, upwards from the directory of the call).
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import yaml

from converters.commands.containers.options import RUN, by_name
from converters.commands.containers.reading import Given
from converters.commands.containers.wish import Compose
from converters.commands.shell.words import Word

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = tuple(f"{posixpath.splitext(name)[0]}.override{posixpath.splitext(name)[1]}" for name in _NAMES)
_LARGEST = 200_000
_MOST_PAIRS = 20_000
_DEEPEST = 12
_OPTIONS = by_name(RUN)
# compose-spec, 12-interpolation.md: `$$` is a dollar; `${A:-x}`, `${A-x}`, `${A:?x}`, `${A:+x}`.
_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\})")
# Keys of a service that are an option of `docker run` under another name, with one value or a list of them.
_KEYS: Mapping[str, str] = {
    "user": "--user",
    "working_dir": "--workdir",
    "mem_limit": "--memory",
    "cpus": "--cpus",
    "platform": "--platform",
    "privileged": "--privileged",
    "devices": "--device",
    "cap_add": "--cap-add",
    "init": "--init",
    "shm_size": "--shm-size",
    "extra_hosts": "--add-host",
    "dns": "--dns",
    "pid": "--pid",
    "ipc": "--ipc",
    "network_mode": "--network",
    "links": "--link",
    "external_links": "--link",
    "volumes_from": "--volumes-from",
    "tmpfs": "--tmpfs",
    "env_file": "--env-file",
}


class Service(NamedTuple):
    """A service of a compose file. ``command`` and ``entry`` are ``None`` where the image's own hold; ``calls`` are services
    that it calls by name; ``built`` says that its image is built on the host."""

    image: str | None
    command: tuple[str, ...] | None
    entry: tuple[str, ...] | None
    options: tuple[Given, ...]
    calls: tuple[str, ...]
    built: bool


class Unread(Exception):  # noqa: N818 - it is an outcome, not an error
    """The files do not tell of the service; the message says why."""


def paths_of(compose: Compose) -> tuple[str, ...]:
    """The absolute paths that a call may read, so that somebody can look for them."""
    here = compose.directory
    if compose.files:
        found = [_joined(here, one) for one in compose.files]
    else:
        found = [f"{up}/{name}" for up in _upwards(compose.root or here) for name in (*_NAMES, *_OVERRIDES)]
    found = [one for one in found if one.startswith("/")]
    roots = {posixpath.dirname(one) for one in found} | ({_joined(here, compose.root)} if compose.root else set())
    own = [_joined(here, compose.variables)] if compose.variables else [f"{one}/.env" for one in sorted(roots)]
    return tuple(posixpath.normpath(one) for one in (*found, *own) if one.startswith("/"))


def service_of(compose: Compose, texts: Mapping[str, str], variables: Mapping[str, str]) -> Service:
    """What the files say of the service; raises `Unread`. ``texts`` are the files that are there, by path."""
    chosen = _chosen(compose, texts)
    if not chosen:
        raise Unread("its compose file was not read")
    root = posixpath.normpath(
        _joined(compose.directory, compose.root) if compose.root else posixpath.dirname(chosen[0])
    )
    known = {**_variables(compose, texts, root), **variables}
    merged: dict[str, object] = {}
    others: set[str] = set()
    for path in chosen:
        services = _mapping(_load(texts[path], path).get("services"))
        others |= set(services)
        merged = _merged(merged, _mapping(services.get(compose.service)))
    if not merged:
        raise Unread(f"`{chosen[0]}` has no service `{compose.service}`")
    if "extends" in merged:
        raise Unread(f"`{compose.service}` in `{chosen[0]}` extends another service")
    made = _filled(merged, known, 0)
    return _service(_mapping(made), others - {compose.service}, root)


def _chosen(compose: Compose, texts: Mapping[str, str]) -> list[str]:
    if compose.files:
        named = [posixpath.normpath(_joined(compose.directory, one)) for one in compose.files]
        return named if all(one in texts for one in named) else []
    for up in _upwards(compose.root or compose.directory):
        found = next((f"{up}/{name}" for name in _NAMES if f"{up}/{name}" in texts), None)
        if found is not None:
            beside = [f"{up}/{name}" for name in _OVERRIDES if f"{up}/{name}" in texts]
            return [found, *beside[:1]]
    return []


def _joined(directory: str | None, path: str | None) -> str:
    return posixpath.join(directory or "", path or "")


def _upwards(directory: str | None) -> Iterator[str]:
    """The directory and those above it, but not the root."""
    here = posixpath.normpath(directory) if directory and directory.startswith("/") else "/"
    for _ in range(_DEEPEST):
        if here == "/":
            return
        yield here
        here = posixpath.dirname(here)


class _Loader(yaml.SafeLoader):
    """Plain values only; merge keys are bounded, since ten aliases of ten aliases of ten are a thousand pairs."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MOST_PAIRS:
            raise yaml.YAMLError("too many merged keys")


def _load(text: str, path: str) -> Mapping[str, object]:
    if len(text) > _LARGEST:
        raise Unread(f"`{path}` is too large")
    try:
        return _mapping(yaml.load(text, _Loader))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unread(f"`{path}` cannot be read") from None


def _mapping(value: object) -> dict[str, object]:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def _merged(first: Mapping[str, object], second: Mapping[str, object]) -> dict[str, object]:
    """A file over the one before: mappings are joined, lists of volumes and the like appended (13-merge.md)."""
    made = dict(first)
    for key, value in second.items():
        before = made.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            made[key] = {**before, **value}
        elif isinstance(before, list) and isinstance(value, list) and key not in ("command", "entrypoint"):
            made[key] = [*before, *value]
        elif key == "environment" and before is not None:
            made[key] = {**_environment(before), **_environment(value)}
        else:
            made[key] = value
    return made


def _variables(compose: Compose, texts: Mapping[str, str], root: str) -> dict[str, str]:
    """The file of variables beside the compose file, which fills in its text and nothing else."""
    path = posixpath.normpath(_joined(compose.directory, compose.variables)) if compose.variables else f"{root}/.env"
    found = {}
    for line in texts.get(path, "").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
            bare = re.sub(r"\s#.*", "", value).strip()
            found[name.strip()] = bare[1:-1] if bare[:1] in "\"'" and bare[:1] == bare[-1:] and len(bare) > 1 else bare
    return found


def _filled(value: object, known: Mapping[str, str], depth: int) -> object:
    """``value`` with variables filled in, as deep as a service goes."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _one(found, known), value)
    if isinstance(value, list):
        return [_filled(one, known, depth + 1) for one in value[:500]]
    if isinstance(value, dict):
        return {str(key): _filled(one, known, depth + 1) for key, one in list(value.items())[:500]}
    return value


def _one(found: re.Match[str], known: Mapping[str, str]) -> str:
    if found[1]:
        return "$"
    value, how, other = known.get(found[2] or found[3]), found[4] or "", found[5] or ""
    there = bool(value) if how.startswith(":") else value is not None
    if how.endswith("+"):
        return other if there else ""
    if there or not how:
        return value or ""
    return other if how.endswith("-") else ""


def _service(found: Mapping[str, object], others: set[str], root: str) -> Service:
    environment = _environment(found.get("environment"))
    options = [_given("--env", f"{name}={value}" if value is not None else name) for name, value in environment.items()]
    for key, name in _KEYS.items():
        for value in _values(found.get(key)):
            if not _OPTIONS[name].valued:
                options += [_given(name, None)] if value is True else []
            else:
                text = str(value.get("path", "")) if isinstance(value, dict) else _said(value)
                options.append(
                    _given(name, posixpath.normpath(posixpath.join(root, text)) if key == "env_file" else text)
                )
    limits = _mapping(_mapping(_mapping(found.get("deploy")).get("resources")).get("limits"))
    options += [_given(f"--{key}", _said(limits[key])) for key in ("memory", "cpus") if key in limits]
    options += [_volume(one, root) for one in _values(found.get("volumes"))]
    said = " ".join(str(value) for value in environment.values())
    depends = found.get("depends_on")
    needed = {str(one) for one in depends} if isinstance(depends, list | dict) else set()
    calls = sorted(one for one in others if one in needed or re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", said))
    image = found.get("image")
    return Service(
        image=str(image) if image else None,
        command=_words(found.get("command")),
        entry=_words(found.get("entrypoint")),
        options=tuple(options),
        calls=tuple(calls) if found.get("network_mode") in (None, "bridge") else (),
        built="build" in found,
    )


def _values(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, dict):
        return [f"{key}:{one}" for key, one in value.items()]
    return list(value) if isinstance(value, list) else [value]


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _environment(value: object) -> dict[str, str | None]:
    if isinstance(value, list):
        pairs = (str(one).partition("=") for one in value)
        return {name: given if equals else None for name, equals, given in pairs}
    return {name: None if one is None else _said(one) for name, one in _mapping(value).items()}


def _words(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list):
        return tuple(map(_said, value))
    try:
        return tuple(shlex.split(value)) if isinstance(value, str) else None
    except ValueError:
        return (str(value),)


def _volume(value: object, root: str) -> Given:
    """The short form is that of ``-v``, the long one that of ``--mount``; a path with a dot counts from the project."""
    if not isinstance(value, dict):
        text = _said(value)
        if text.startswith(("./", "../", ".:")):
            source, colon, rest = text.partition(":")
            text = posixpath.normpath(posixpath.join(root, source)) + colon + rest
        return _given("--volume", text)
    source = _said(value.get("source", ""))
    if source.startswith("."):
        source = posixpath.normpath(posixpath.join(root, source))
    read_only = ",readonly" if value.get("read_only") is True else ""
    text = f"type={value.get('type', 'volume')},source={source},target={value.get('target', '')}{read_only}"
    return _given("--mount", text)


def _given(name: str, text: str | None) -> Given:
    word = Word(0, 0, text, text, (("text", text),)) if text is not None else None
    return Given(_OPTIONS[name], name, word)
