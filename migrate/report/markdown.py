"""The migration report as Markdown, made to be read in a pull request.

Every text that comes from a crontab is shown inert: it can neither format the page, nor mention somebody, nor hide
characters. Secrets are masked before a document gets here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

Job = Mapping[str, Any]

# Controls, what turns the direction of text, what has no width, and halves of characters: never shown as they are.
# (Not U+E0100 to U+E01EF: they choose between variants of a kanji, as names need it.)
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# What means something in the middle of a line: markup, mentions, references, links, entities.
_MARKUP = re.compile(r"[*`\[\]<|\\@]|~~|!\[|#\d|://|www\.|&#?\w+;|^_|_$|(?<=\W)_|_(?=\W)|^(?:[-+=#>]+|\d+[.)])$|^[#>]")
_QUOTED = re.compile(r"(?:`(?P<ticked>[^`\n]+)`|(?P<expression>\b(?:cron|rate|at)\([^()`\n]*\)))")
_SHOWN_STRETCHES = 12
_STATUS = {"ready": "ready", "review": "needs a decision", "blocked": "blocked"}


def render_markdown(document: Mapping[str, Any], *, title: str = "Migration report") -> str:
    """The document of ``scan --format json`` as GitHub Markdown, ending in a newline."""
    jobs: Sequence[Job] = document.get("jobs", ())
    sections = [
        [f"# {prose(title)}", "", *_summary(document, jobs)],
        _attention(jobs, document),
        _jobs(jobs),
        _details(jobs),
        _notes(jobs),
        _problems(document.get("problems", ())),
        _skipped(document.get("skipped", ())),
        _lines(document.get("lines", {})),
        _second_opinions(document),
    ]
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def visible(text: str, *, tabs: bool = False) -> str:
    """``text`` with every character that cannot be seen spelled out (``\\x1b``, ``\\u202e``); ``tabs`` keeps tabs."""
    if text.isprintable():  # the usual case; no character of _UNSEEN counts as printable
        return text
    return _UNSEEN.sub(lambda match: match[0] if tabs and match[0] == "\t" else _spelled(match[0]), text)


def code(text: str) -> str:
    """A code span that shows exactly ``text``, whatever backticks it has."""
    shown = visible(text)
    if not shown.strip():
        return f"<code>{'&nbsp;' * len(shown)}</code>"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
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
    return re.sub(r"(?<=`)\x00(?=`)", " ", "\x00".join(pieces)).replace("\x00", "")


def fenced(text: str) -> list[str]:
    """A code block of one or more lines, fenced by more backticks than ``text`` has in a row."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [fence, *(visible(line, tabs=True) for line in text.split("\n")), fence]


def _spelled(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


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
        out.append(code(together) if _MARKUP.search(words[position]) else together)
        out.extend(re.sub(r"\s+", " ", blank) for blank in words[end + 1 : end + 2])
        position = end + 2
    return "".join(out)


def _joins(following: Sequence[str]) -> bool:
    """Whether the next word goes into the same span: it needs one, or is a number or ``?`` before one that does."""
    first, *rest = following
    return bool(_MARKUP.search(first) or (re.fullmatch(r"[\d?]+", first) and rest and _MARKUP.search(rest[-1])))


def _cell(text: str) -> str:
    """A code span for a table: a pipe ends the cell even inside backticks, so such text goes as escaped HTML."""
    shown = visible(text)
    if not re.search(r"[|`\\]", shown):
        return code(text)
    escaped = re.sub(r"[^\w ./:,;=+?-]", lambda match: f"&#{ord(match[0])};", shown)
    return f"<code>{re.sub('_', '&#95;', escaped)}</code>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def _summary(document: Mapping[str, Any], jobs: Sequence[Job]) -> Iterator[str]:
    total = len(jobs)
    exact = sum(1 for job in jobs if _is_exact(job))
    counts = {status: sum(1 for job in jobs if job.get("status") == status) for status in _STATUS}
    window = document.get("window") or {}
    through = _through(str(window.get("until", "")))
    parts = [f"**{total} {_plural(total, 'job')}**"]
    if total:
        parts.append(f"**{exact}** proven exact{f' through {through}' if through else ''}")
        parts.extend(f"**{counts[status]}** {_STATUS[status]}" for status in ("review", "blocked") if counts[status])
    yield f"{', '.join(parts)}."
    facts = []
    if document.get("timezone"):
        facts.append(f"Time zone of the crontabs: {code(str(document['timezone']))}")
    if window.get("from") and window.get("until"):
        facts.append(f"runs compared from {_day(window['from'])} to {_day(window['until'])}")
    if document.get("tzdata"):
        facts.append(f"tzdata {code(str(document['tzdata']))}")
    if facts:
        yield from ("", f"{'; '.join(facts)}.")


def _attention(jobs: Sequence[Job], document: Mapping[str, Any]) -> list[str]:
    lines = []
    for job in jobs:
        serious = [one for one in job.get("findings", ()) if one.get("severity") != "info"]
        if serious or job.get("status", "ready") != "ready":
            why = "; ".join(f"{prose(one['message'])} ({one['code']})" for one in serious) or "needs a decision"
            lines.append(f"- {code(job['name'])}: {why}")
        elif not _is_exact(job):
            lines.append(f"- {code(job['name'])}: its runs differ: {_difference(job)}")
    problems = len(document.get("problems", ()))
    if problems:
        lines.append(f"- {problems} {_plural(problems, 'line')} could not be read; see Problems")
    unread = sum(1 for one in document.get("skipped", ()) if one.get("code") in {"C110", "C111", "C112"})
    if unread:
        lines.append(f"- {unread} {_plural(unread, 'file')} passed over; see Files not read")
    return ["## Needs attention", "", *lines] if lines else []


def _jobs(jobs: Sequence[Job]) -> list[str]:
    if not jobs:
        return []
    head = ["Job", "Schedule", "Zone", "Becomes", "Status", "Runs", "Lost", "Extra", "Moved"]
    return ["## Jobs", "", *_table(head, map(_job_row, jobs), right=(6, 7, 8))]


def _job_row(job: Job) -> list[str]:
    target, parity = job.get("target") or {}, job.get("parity") or {}
    becomes = "<br>".join(_cell(one) for one in target.get("expressions", ()))
    if becomes and target.get("timezone"):
        becomes = f"{becomes}<br>in {_cell(target['timezone'])}"
    status = str(job.get("status", ""))
    verdict = ("exact" if parity.get("exact") else "differ") if parity else "not compared"
    counts = [f"{parity[key]:,}" if parity else "" for key in ("lost", "extra", "moved")]
    zone = _cell(job["timezone"]) if job.get("timezone") else ""
    return [_cell(job["name"]), _cell(job["schedule"]), zone, becomes, _STATUS.get(status, status), verdict, *counts]


def _details(jobs: Sequence[Job]) -> list[str]:
    """Only what is not plain: ready, exact and without a warning needs no more words than its row."""
    lines: list[str] = []
    for job in jobs:
        if not _is_plain(job):
            lines.extend(("", *_detail(job)))
    return ["## Details", *lines] if lines else []


def _detail(job: Job) -> Iterator[str]:
    source = job["source"]
    yield f"### {code(job['name'])}"
    yield ""
    user = f", user {code(job['user'])}" if job.get("user") else ""
    where = f"{source['path']}:{source['line']}"
    yield f"{code(where)}{user}"
    yield ""
    yield from fenced(job["line"])
    guard = (job.get("target") or {}).get("guard")
    if guard:
        yield from ("", f"Checked at run time: {code(str(guard))}")
    if job.get("findings"):
        yield ""
        for one in job["findings"]:
            help_text = f" {prose(one['help'])}" if one.get("help") else ""
            yield f"- **{one['code']}** ({one['severity']}): {_sentence(one['message'])}{help_text}"
    if job.get("parity") and not _is_exact(job):
        yield from _parity(job)


def _sentence(text: str) -> str:
    return prose(text) + ("" if text.endswith((".", "!", "?")) else ".")


def _parity(job: Job) -> Iterator[str]:
    parity = job["parity"]
    yield ""
    yield f"{parity['before']:,} runs before, {parity['after']:,} after: {_difference(job)}."
    moves = parity.get("moves") or ()
    if moves:
        yield ""
        for move in moves:
            yield f"- {move['runs']:,} {_plural(move['runs'], 'run')} {_shift(move['minutes'])}"
    differences = parity.get("first_differences") or ()
    if differences:
        rows = [
            [_cell(one["was"]) if one.get("was") else "–", _cell(one["is"]) if one.get("is") else "–"]
            for one in differences
        ]
        yield from ("", "The first differences:", "", *_table(["Was", "Is"], rows))
    yield from _stretches(job)
    yield from _options(job)


def _stretches(job: Job) -> Iterator[str]:
    """On which dates of the next two years anything differs, and when on the first of them."""
    found = job.get("differences") or ()
    if not found:
        return
    yield from ("", "In the next two years:", "")
    for one in found[:_SHOWN_STRETCHES]:
        dates = one["from"] if one["days"] == 1 else f"{one['from']} to {one['until']} ({one['days']} days)"
        times = ", ".join(f"{_time(pair['was'])} → {_time(pair['is'])}" for pair in one["first"])
        more = f" and {one['runs'] - len(one['first'])} more a day" if one["runs"] > len(one["first"]) else ""
        yield f"- {dates}: {times}{more}"
    if len(found) > _SHOWN_STRETCHES:
        yield f"- and {len(found) - _SHOWN_STRETCHES} more stretches: see report.json"


def _time(moment: str | None) -> str:
    return f"{moment[11:16]}Z" if moment else "none"


def _options(job: Job) -> Iterator[str]:
    """The ways side by side, where the zone's clocks change."""
    found = job.get("options") or ()
    if len(found) < 2:
        return
    rows = []
    for one in found:
        way = "rules in UTC" if one["backend"] == "rule" else f"Scheduler in {one['timezone']}"
        until = f", by season until {one['ends']}" if one.get("ends") else ""
        first = _cell(one["expressions"][0]) if one["expressions"] else ""
        rows.append(
            [prose(way + until), first, str(one["count"]), *(str(one[key]) for key in ("lost", "extra", "moved"))]
        )
    head = ["Way", "First expression", "Expressions", "Lost", "Extra", "Moved"]
    yield from ("", "The ways side by side:", "", *_table(head, rows))


def _notes(jobs: Sequence[Job]) -> list[str]:
    """What is only worth knowing, of the jobs that have no section of their own: by code, so that it stays short."""
    by_code: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for job in jobs:
        if _is_plain(job):
            for one in job.get("findings", ()):
                by_code[one["code"]].append((job["name"], one["message"]))
    lines = []
    for number in sorted(by_code):
        lines.append(f"- **{number}**")
        by_message: dict[str, list[str]] = defaultdict(list)
        for name, message in by_code[number]:
            by_message[message].append(name)
        lines.extend(f"  - {prose(text)}: {', '.join(map(code, names))}" for text, names in by_message.items())
    return ["## Notes", "", *lines] if lines else []


def _problems(problems: Sequence[Mapping[str, Any]]) -> list[str]:
    if not problems:
        return []
    rows = [
        [
            _cell(f"{one['path']}:{one['line']}"),
            one["code"],
            prose(one["message"]).replace("|", "&#124;"),
            _cell(one["text"]),
        ]
        for one in problems
    ]
    return ["## Problems", "", "No job was made of these lines.", "", *_table(["Where", "Code", "What", "Line"], rows)]


def _skipped(skipped: Sequence[Mapping[str, Any]]) -> list[str]:
    if not skipped:
        return []
    return ["## Files not read", "", *(f"- {code(one['path'])}: {prose(one['reason'])}" for one in skipped)]


def _lines(lines: Mapping[str, int]) -> list[str]:
    if not lines:
        return []
    parts = [
        f"{lines[kind]:,} {kind}" for kind in ("job", "environment", "comment", "blank", "invalid") if kind in lines
    ]
    return ["## Lines", "", f"{lines.get('total', 0):,} read: {', '.join(parts)}."]


def _second_opinions(document: Mapping[str, Any]) -> list[str]:
    from migrate.report.cross_check import markdown_section

    return markdown_section(document.get("cross_check"))


def _is_exact(job: Job) -> bool:
    return bool((job.get("parity") or {}).get("exact"))


def _is_plain(job: Job) -> bool:
    serious = any(one.get("severity") != "info" for one in job.get("findings", ()))
    return job.get("status") == "ready" and _is_exact(job) and not serious


def _difference(job: Job) -> str:
    parity = job.get("parity")
    if not parity:
        return "not compared"
    return ", ".join(f"{parity[key]:,} {key}" for key in ("lost", "extra", "moved"))


def _shift(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    length = " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
    return f"start {length} {'later' if minutes > 0 else 'earlier'}" if minutes else "start in the same minute"


def _day(moment: str) -> str:
    return code(str(moment)[:10])


def _through(until: str) -> str:
    """The last year that was compared whole, or the last day where the window ends within a year."""
    try:
        last = date.fromisoformat(until[:10]) - timedelta(days=1)
    except ValueError:
        return ""
    return str(last.year) if (last.month, last.day) == (12, 31) else last.isoformat()


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"
