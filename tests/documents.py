"""Documents for tests: written as the JSON that a scan prints, as much of it as a test needs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from migrate.document.from_json import document_from, job_from
from migrate.document.job import Job
from migrate.document.model import Document
from migrate.document.to_json import as_mapping

LEAST = {"name": "a", "source": {"path": "p", "line": 1}, "schedule": "* * * * *"}


def document_of(value: Mapping[str, Any]) -> Document:
    """The document of this JSON."""
    jobs = [LEAST | job for job in copy.deepcopy(value.get("jobs", []))]
    return document_from({**copy.deepcopy(dict(value)), "jobs": jobs})


def job_of(value: Mapping[str, Any]) -> Job:
    """The job of this JSON."""
    return job_from(LEAST | copy.deepcopy(dict(value)))


def json_of(document: Document) -> dict[str, Any]:
    """A document as its JSON."""
    return as_mapping(document)
