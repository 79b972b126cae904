"""Text of crontabs made inert for Markdown: it can neither format the page, nor mention somebody, nor hide characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from migrate.terminal.visible import visible

# What means something in the middle of a line: markup, mentions, references, links, entities.
_MARKUP = re.compile(r"[*`\[\]<|\\@]|~~|!\[|#\d|://|www\.|&#?\w+;|^_|_$|(?<=\W)_|_(?=\W)|^(?:[-+=#>]+|\d+[.)])$|^[#>]")
_QUOTED = re.compile(r"(?:`(?P<ticked>[^`\n]+)`|(?P<expression>\b(?:cron|rate|at)\([^()`\n]*\)))")


def code(text: str) -> str:
    """A code span that shows exactly ``text``, whatever backticks it has."""
    shown = visible(text)
    # CommonMark 6.1 strips nothing of a span of blanks alone, but browsers fold them: nobody would see how many.
    if not shown.strip():
        return f"<code>{'&nbsp;' * len(shown)}</code>"
    # CommonMark 6.1: the fence must be a run of backticks that the text does not have.
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    # A backtick or blank at the border: one blank on each side is stripped again.
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


@lru_cache(maxsize=4096)  # a finding has the same help for every job
def prose(text: str) -> str:
    """A sentence in which every word that could be read as markup, a mention or a link stands in a code span."""
    out, position = [], 0
    for quoted in _QUOTED.finditer(text):
        out += [_words(text[position : quoted.start()]), code(quoted["ticked"] or quoted["expression"])]
        position = quoted.end()
    # Two spans that touch would be read as one with other borders.
    pieces = filter(None, [*out, _words(text[position:])])
    # NUL cannot stand in visible text any more, so it marks the borders safely.
    return re.sub(r"(?<=`)\x00(?=`)", " ", "\x00".join(pieces)).replace("\x00", "")


def fenced(text: str) -> list[str]:
    """A code block of one or more lines, fenced by more backticks than ``text`` has in a row."""
    # CommonMark 4.5: a fence is closed by one at least as long.
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [fence, *(visible(line, tabs=True) for line in text.split("\n")), fence]


def _words(text: str) -> str:
    # Words stand at even places, the white space between them at odd ones.
    words = [part if index % 2 else visible(part) for index, part in enumerate(re.split(r"(\s+)", text))]
    out: list[str] = []
    position = 0
    while position < len(words):
        end = position
        # Neighbours share one span, so that "*/5 * * * *" reads as one piece.
        while end + 2 < len(words) and _MARKUP.search(words[position]) and _joins(words[end + 2 : end + 5]):
            end += 2
        together = "".join(words[position : end + 1])
        out.append((_spanned if out else code)(together) if _MARKUP.search(words[position]) else together)
        out.extend(re.sub(r"\s+", " ", blank) for blank in words[end + 1 : end + 2])
        position = end + 2
    return "".join(out)


def _spanned(words: str) -> str:
    """A code span; what only ends the clause or the sentence stands behind it."""
    text = words.rstrip(".,;:!?")
    if not text or re.search(r"&#?\w+$", text):  # the semicolon belongs to an entity
        text = words
    return code(text) + words[len(text) :]


def _joins(following: Sequence[str]) -> bool:
    """Whether the next word goes into the same span: it needs one, or is a number or ``?`` before one that does."""
    first, *rest = following
    return bool(_MARKUP.search(first) or (re.fullmatch(r"[\d?]+", first) and rest and _MARKUP.search(rest[-1])))


def cell(text: str) -> str:
    """A code span for a table: a pipe ends the cell even inside backticks, so such text goes as escaped HTML."""
    shown = visible(text)
    if not re.search(r"[|`\\]", shown):
        return code(text)
    # GFM "Tables": a pipe splits cells before code spans are seen; as an entity inside <code> it is only text.
    escaped = re.sub(r"[^\w ./:,;=+?-]", lambda match: f"&#{ord(match[0])};", shown)
    # Two underscores would still be emphasis around words, so they are spelled as entities too.
    return f"<code>{re.sub('_', '&#95;', escaped)}</code>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
