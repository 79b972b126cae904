"""What the document knows of the length of runs: measured in cron's log, and the time that pulling a read image takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converters.images.weight import seconds_to_start

if TYPE_CHECKING:
    from converters.artefact.crowding import Known
    from migrate.document.model import Document


def measured(document: Document) -> dict[str, Known]:
    """By the names of jobs; jobs of which nothing is known are left out."""
    from converters.artefact.crowding import Known

    found: dict[str, Known] = {}
    for job in document.jobs:
        durations = job.history.durations if job.history is not None else None
        longest = durations.max if durations is not None else None
        packed = job.image.packed if job.image is not None else 0
        if longest is not None or packed:
            found[job.name] = Known(longest, seconds_to_start(packed))
    return found
