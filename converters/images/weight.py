"""What an image's size costs each start: seconds to pull it, and a share of the task's own disk.

Fargate keeps no images: each start pulls all of it. AWS publishes no rate; what was measured stands in ``RATES``, and the
slowest counts, for a start that is foretold too early hides a lock that is still held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from converters.expressions.left_tests import START_SECONDS
from converters.findings.codes import Finding
from converters.images.facts import Image

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Rate:
    """One measurement: packed MiB a second, and where it was read."""

    mib_per_second: float
    source: str


RATES = (
    Rate(31.0, "a start with a large image on Fargate, gzip layers; measured by others (facts 4.1)"),
    # 55 s from RunTask to ready, of which download is about 76 % (AWS News Blog, SOCI): 2,575 MiB in 42 s.
    Rate(61.0, "drorspei.com 2026-01: 2,700 MB image, 55 s from run task to ready (facts aws-2, 4)"),
)
PULL = min(rate.mib_per_second for rate in RATES)
USUAL_MIB = 300.0
"""Packed size of an image that nobody has read."""
SHARED_DISK = 20
"""GiB of a Fargate task, for its image and its data (docs "Fargate task ephemeral storage")."""
LARGEST_DISK = 200
_ROOM = 2
"""GiB below which what is left beside the image is said."""
TOO_LARGE = "C429"


def pull_seconds(packed: float) -> float:
    """Seconds that pulling so many packed bytes takes."""
    return packed / MIB / PULL


def start_seconds(image: Image | None) -> int:
    """Seconds from a start to a running command. What is assumed of any start holds an image of the usual size."""
    return seconds_to_start(image.packed if image is not None else 0)


def seconds_to_start(packed: float) -> int:
    """The same of an image of so many packed bytes, 0 where nobody has read it."""
    if not packed:
        return START_SECONDS
    return ceil(max(0.0, START_SECONDS - pull_seconds(USUAL_MIB * MIB)) + pull_seconds(packed))


def disk_taken(packed: int, unpacked: int) -> float:
    """GiB of the task's disk that an image takes: it lies there packed and unpacked (docs "Fargate task ephemeral storage":
    "the pulled, compressed, and the uncompressed container image")."""
    return (packed + unpacked) / GIB


def said_of_size(image: Image | None) -> Iterator[Finding]:
    """C429 where the image leaves no room, or little, on the disk that every task has."""
    taken = disk_taken(image.packed, image.unpacked) if image is not None else 0.0
    if image is None or taken <= SHARED_DISK - _ROOM:
        return
    whole = f"`{image.name}` takes {taken:.1f} GiB of the task's disk ({image.packed / GIB:.1f} packed, "
    whole += f"{image.unpacked / GIB:.1f} unpacked)"
    if taken > LARGEST_DISK:
        yield Finding(TOO_LARGE, f"{whole}, and no task has more than {LARGEST_DISK}: it cannot run on Fargate")
    elif taken > SHARED_DISK:
        yield Finding(
            TOO_LARGE, f"{whole}, and a task has {SHARED_DISK} unless `ephemeralStorage` asks for more: the pull fails"
        )
    else:
        yield Finding(
            TOO_LARGE, f"{whole}, which leaves {SHARED_DISK - taken:.1f} GiB of {SHARED_DISK} to what the job writes"
        )


def disk_needed(taken: float) -> int | None:
    """GiB to ask for, so that as much is left beside the image as a task usually has; None where no task has so much."""
    wanted = ceil(taken) + SHARED_DISK
    return None if taken > LARGEST_DISK - _ROOM else min(wanted, LARGEST_DISK)
