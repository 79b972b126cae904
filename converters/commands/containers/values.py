"""Values of container options: sizes, processors, platforms, mounts; text in, numbers and mounts out."""

from __future__ import annotations

import math
import re

from converters.commands.containers.wish import Mount

# go-units, RAMInBytes: a decimal number and a binary unit, in any case, with or without `iB` or `B`.
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([kmgtp]?)(?:i?b)?", re.I)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
# ECS, ContainerDefinition: at least 6 MiB; the largest Fargate task has 32 processors and 244 GiB.
_LEAST, _MOST, _MOST_CPU = 6, 249856, 32768
# Lazily up to the colon that an absolute path follows: `${DATA:-/srv}:/data:ro`.
_VOLUME = re.compile(r"(?P<source>.+?):(?P<target>/[^:]*)(?::(?P<options>[\w,=-]+))?", re.S)
_ARCHITECTURES = {"amd64": "X86_64", "x86_64": "X86_64", "arm64": "ARM64", "aarch64": "ARM64"}


def mebibytes(text: str) -> int | None:
    """``512m``, ``1.5g``, ``2GiB`` as MiB for a container; ``None`` where no Fargate task has so much, or it is no size."""
    found = _SIZE.fullmatch(text)
    size = math.ceil(float(found[1]) * _UNITS[found[2].lower()] / 2**20) if found else 0
    return max(size, _LEAST) if 0 < size <= _MOST else None


def cpu_units(text: str) -> int | None:
    """``1.5`` processors as CPU units; ``None`` where no Fargate task has so many, or it is no number."""
    found = re.fullmatch(r"\d*\.?\d+|\d+\.", text)
    units = math.ceil(float(text) * 1024) if found else 0
    return units if 0 < units <= _MOST_CPU else None


def architecture(text: str) -> str | None:
    """``linux/arm64/v8`` or ``arm64`` as ECS says it; ``None`` for what Fargate does not have."""
    os, slash, processor = text.lower().partition("/")
    if slash and os != "linux":
        return None
    return _ARCHITECTURES.get((processor if slash else os).removesuffix("/v8"))


def volume(text: str) -> Mount:
    """The value of ``-v``: ``SOURCE:TARGET[:OPTIONS]``, or ``TARGET`` alone."""
    found = _VOLUME.fullmatch(text)
    if found is None:
        return Mount("", text)
    read_only = "ro" in (found["options"] or "").split(",")
    return Mount(found["source"], found["target"], "reads" if read_only else "writes")


def mount(text: str) -> Mount:
    """The value of ``--mount``: ``type=bind,source=/a,target=/b,readonly``."""
    values: dict[str, str] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        values[key.strip().lower()] = value.strip()
    source = values.get("source") or values.get("src") or ""
    target = values.get("target") or values.get("destination") or values.get("dst") or ""
    said = values.get("readonly", values.get("ro", "false"))
    kind = values.get("type", "volume")
    return Mount("" if kind == "tmpfs" else source, target, "writes" if said in ("false", "0") else "reads")
