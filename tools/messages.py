"""The message catalogues: ``python -m tools.messages`` collects every text that people read, merges them into the
catalogue of each language and compiles it. What is not translated yet is listed, and the exit code is then 1.

Texts come from ``_()``, ``N_()`` and ``ngettext()`` in the code, from the report's templates, and from the titles and helps
of the findings. Texts that are gone leave the catalogues.
"""

from __future__ import annotations

import ast
import io
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from converters.findings.codes import CATALOGUE
from migrate.terminal.language import DOMAIN, LANGUAGES, LOCALE

ROOT = Path(__file__).parent.parent
CODE = ROOT / "migrate"
TEMPLATES = ROOT / "migrate" / "report" / "templates"
TRANSLATIONS = LANGUAGES[1:]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLURALS = {"ja": "nplurals=1; plural=0;"}
"""How many forms a count has, in gettext's words (CLDR's plural rules)."""
_HEADER = "# Texts of cron2fargate. Made by `python -m tools.messages`; translations are edited by hand.\n#"

# babel writes a place without a line for None, which its annotations do not say.
_NO_LINE = cast(int, None)


def template() -> Catalog:
    """Every text there is now, with the files it stands in."""
    catalog = Catalog(project="cron2fargate", header_comment=_HEADER, fuzzy=False)
    for path, message, comments in [*_from_code(), *_from_templates()]:
        catalog.add(message, locations=[(str(path.relative_to(ROOT)), _NO_LINE)], auto_comments=comments)
    for code in CATALOGUE.values():
        for text in (code.title, code.help):
            catalog.add(text, locations=[("converters/findings/codes.py", _NO_LINE)], auto_comments=[code.code])
    return catalog


def _from_code() -> Iterator[tuple[Path, str | tuple[str, ...], list[str]]]:
    for path in sorted(CODE.rglob("*.py")):
        yield from _extracted(path, "python")


def _from_templates() -> Iterator[tuple[Path, str | tuple[str, ...], list[str]]]:
    for path in sorted(TEMPLATES.rglob("*")) if TEMPLATES.is_dir() else []:
        if path.suffix in {".j2", ".jinja", ".html", ".md", ".txt", ".svg"}:
            yield from _extracted(path, "jinja2.ext:babel_extract")


def _extracted(path: Path, method: str) -> Iterator[tuple[Path, str | tuple[str, ...], list[str]]]:
    options = {"silent": "false"} if method != "python" else {}
    source = io.BytesIO(path.read_bytes())
    for _line, message, comments, _context in extract(method, source, KEYWORDS, ("Translators:",), options):
        yield path, message, comments


def computed_texts() -> Iterator[str]:
    """``path:line`` of each ``_()`` or ``ngettext()`` whose text is put together before it is looked up, so that no
    catalogue can have it: an f-string, a sum, or the result of ``"...".format()``."""
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            if called in KEYWORDS and isinstance(node, ast.Call):
                texts = node.args[: 2 if called == "ngettext" else 1]
                if any(_is_computed(text) for text in texts):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}"


def _is_computed(text: ast.expr) -> bool:
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute):
        return text.func.attr in {"format", "join", "replace"}
    return isinstance(text, (ast.JoinedStr, ast.BinOp))


def place(language: str, suffix: str = "po") -> Path:
    """The catalogue of a language."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.{suffix}"


def catalogue(language: str) -> Catalog:
    """The catalogue as it stands on the disk."""
    if not place(language).exists():
        return Catalog(language)
    with place(language).open("rb") as file:
        return read_po(file, language, DOMAIN)


def merged(language: str, texts: Catalog) -> Catalog:
    """The texts of now with the translations of before."""
    known = catalogue(language)
    # The header has no dates, so that the same texts always give the same file.
    found = Catalog(language, project="cron2fargate", header_comment=_HEADER, fuzzy=False)
    for message in _messages(texts):
        old = known.get(message.id if isinstance(message.id, str) else message.id[0])
        kept = old.string if old is not None and isinstance(old.id, tuple) == isinstance(message.id, tuple) else None
        found.add(message.id, kept, locations=message.locations, auto_comments=message.auto_comments)
    return found


def open_texts(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    return [str(message.id) for message in _messages(catalog) if not _strings(message) or not all(_strings(message))]


def placeholders(text: str) -> set[str]:
    """The names that stand in braces or as ``%(name)s``; two texts must agree in them."""
    return set(re.findall(r"\{(\w*)[^{}]*\}", text)) | set(re.findall(r"%\((\w+)\)", text))


def mistakes(catalog: Catalog) -> list[str]:
    """Translations that would lack a value, or ask for one that is not given."""
    found = []
    for message in _messages(catalog):
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set().union(*(placeholders(text) for text in texts))
        found += [f"{texts[0]!r}: {one!r}" for one in _strings(message) if one and placeholders(one) != wanted]
    return found


def po_bytes(catalog: Catalog) -> bytes:
    """The catalogue as text: sorted by file, without line numbers and dates, so that a diff shows what changed."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_by_file=True, include_lineno=False, omit_header=False)
    dates = (
        b'"POT-Creation-Date',
        b'"PO-Revision-Date',
        b'"Generated-By',
        b'"Report-Msgid-Bugs-To',
        b'"Last-Translator',
        b'"Language-Team',
    )
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(dates))


def mo_bytes(catalog: Catalog) -> bytes:
    """The catalogue as the program loads it, in the layout of GNU gettext's manual, "The Format of GNU MO Files".

    Written here and not by Babel: that puts its own version into the header (`Generated-By`), so that the same texts gave
    other bytes after each of its releases.
    """
    pairs = sorted(
        (_joined(message.id), _joined(strings))
        for message in _messages(catalog)
        if (strings := _strings(message)) and all(strings)
    )
    plural = PLURALS[str(catalog.locale_identifier)]
    # The language is what the report writes into <html lang>.
    header = f"Language: {catalog.locale}\nContent-Type: text/plain; charset=utf-8\nPlural-Forms: {plural}\n"
    return _mo([(b"", header.encode()), *pairs])


def _joined(texts: str | Sequence[str]) -> bytes:
    """Singular and plural stand together, with a zero byte between them."""
    return (texts if isinstance(texts, str) else "\0".join(texts)).encode()


def _mo(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """Header, table of the texts, table of their translations, then both as zero-terminated strings; no hash table."""
    count, head = len(pairs), 28
    at = head + 16 * count
    tables: list[int] = []
    for side in (0, 1):
        for pair in pairs:
            tables += [len(pair[side]), at]
            at += len(pair[side]) + 1
    numbers = [0x950412DE, 0, count, head, head + 8 * count, 0, head + 16 * count, *tables]
    strings = b"".join(pair[side] + b"\0" for side in (0, 1) for pair in pairs)
    return struct.pack(f"<{len(numbers)}I", *numbers) + strings


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def main() -> int:
    texts = template()
    LOCALE.mkdir(exist_ok=True)
    (LOCALE / f"{DOMAIN}.pot").write_bytes(po_bytes(texts))
    left = list(computed_texts())
    for language in TRANSLATIONS:
        place(language).parent.mkdir(parents=True, exist_ok=True)
        place(language).write_bytes(po_bytes(merged(language, texts)))
        found = catalogue(language)
        place(language, "mo").write_bytes(mo_bytes(found))
        left += [f"{language}: not translated: {text}" for text in open_texts(found)]
        left += [f"{language}: placeholders differ: {text}" for text in mistakes(found)]
    print("\n".join(left) or "every text is translated")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
