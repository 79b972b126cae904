"""Pictures as SVG text. Every value is escaped and every unseen character spelled out; colours are classes of the page.

Nothing here has a ``style`` attribute, so that the page's Content-Security-Policy can forbid them.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from migrate.terminal.visible import visible

Value = str | int | float | None


def el(tag: str, *children: Markup | str, **attributes: Value) -> Markup:
    """One element: ``cls`` is its class, ``_`` in a name is ``-``; an attribute of None is left out."""
    shown = "".join(
        # The names are few and come by the ten thousand, so they are remembered.
        f' {_NAMES.get(key) or _name(key)}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Markup) else _escaped(child) for child in children)
    return Markup(f"<{tag}{shown}>{inside}</{tag}>" if inside else f"<{tag}{shown}/>")  # noqa: S704  # escaped above


def number(value: float) -> str:
    """A coordinate with one digit after the point at most."""
    # A tenth of a pixel is less than can be seen.
    return str(value) if isinstance(value, int) else f"{value:.1f}".removesuffix(".0")


def picture(
    title: str, description: str, width: float, height: float, parts: Iterable[Markup], role: str = "img"
) -> Markup:
    """A picture that scales with the page, told in words to those who do not see it. With links inside it is a ``group``."""
    return el(
        "svg",
        *parts,
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        # role="img" hides what is inside from screen readers, links too (WAI-ARIA 1.2, "Children Presentational").
        role=role,
        aria_label=f"{title}. {description}",
    )


def text(words: str, x: float, y: float, cls: str | None = None, anchor: str | None = None) -> Markup:
    return el("text", words, x=x, y=y, cls=cls, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> Markup:
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, cls=cls)


def rect(x: float, y: float, width: float, height: float, cls: str, hint: str = "", **more: Value) -> Markup:
    """A rectangle; ``hint`` is shown where the pointer rests."""
    inside = (el("title", hint),) if hint else ()
    # A tool tip that needs no script: browsers show an SVG's <title>.
    return el("rect", *inside, x=x, y=y, width=width, height=height, cls=cls, **more)


def path(d: str, cls: str) -> Markup:
    return el("path", d=d, cls=cls)


_NAMES = {"cls": "class"}


def _name(key: str) -> str:
    return _NAMES.setdefault(key, key.replace("_", "-"))


def _text(value: Value) -> str:
    return _escaped(value) if isinstance(value, str) else number(value or 0)


def _escaped(words: str) -> str:
    # Most are class names and numbers.
    return words if words.isalnum() and words.isascii() else str(escape(visible(words)))
