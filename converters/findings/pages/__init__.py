"""What the page of a finding shows beside its help: a bad line, a good line, and when to ignore it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from converters.findings.pages.page import Page

_MODULES = ("tables", "timers", "schedules", "layers", "shells", "needs", "worlds", "aws", "migration")


def page_of(code: str) -> Page | None:
    """The page of one code; modules are read until one has it."""
    return next((found for _name, pages in _modules() if (found := pages.get(code)) is not None), None)


def every_page() -> dict[str, Page]:
    """All pages, by code."""
    return {code: page for _name, pages in _modules() for code, page in pages.items()}


def _modules() -> Iterator[tuple[str, dict[str, Page]]]:
    for name in _MODULES:
        yield name, import_module(f"converters.findings.pages.{name}").PAGES
