"""What a text is when it is no crontab: YAML, Ruby, a shell script, passwd, a log; or a template that nobody rendered yet.

Text in; out comes a noun phrase with what to give instead, or None for what a daemon could read. Each format is a row of a
table: one mark in the first line that counts, or marks in lines of which the daemon refuses more than it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from converters.schedules.dialects import DIALECTS
from converters.tables.crontab import Line, read

_LOOKED_AT = 400  # lines: enough to tell a kind, little enough for a log of gigabytes
_LONGEST = 2000  # characters of a line that patterns meet


class Format(NamedTuple):
    """A kind of text: its name, a pattern of a line that shows it, how many such lines are needed, what to give."""

    what: str
    line: re.Pattern[str]
    least: int
    give: str

    @property
    def yaml(self) -> bool:
        return "YAML" in self.what or "playbook" in self.what


def _format(what: str, line: str, least: int, give: str) -> Format:
    return Format(what, re.compile(line), least, give)


_TABLE = "give the crontab itself"
FORMATS = (
    _format("a diff", r"(?:---|\+\+\+) \S|@@ -\d|diff --git ", 1, "give the crontab that it changes"),
    _format(
        "a configuration of Apache",
        r"\s*<(?:VirtualHost|Directory|DirectoryMatch|IfModule|Location|Files)\b",
        1,
        _TABLE,
    ),
    _format("an XML or HTML page", r"(?i)\s*<(?:!doctype|\?xml|html|head|body|[a-z]{1,20}[ >])", 1, _TABLE),
    _format("PHP code", r"\s*<\?(?:php|=)", 1, "give the line that starts it"),
    _format(
        "a log of cron",
        r"(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\d\S*) \S+ \S*(?:cron|CRON)\S*\[\d+\]:",
        1,
        "give it with --log, beside the table",
    ),
    _format("a log of a web server", r"\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]+ [+-]\d{4}\] ", 1, _TABLE),
    _format(
        "the list of systemd's timers",
        r"NEXT\s+LEFT\s|\d+ timers listed",
        1,
        "give the server's tree, so that its timers are told",
    ),
    _format(
        "the list of at's jobs",
        r"\d+\s[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4} \w \S+\s*$",
        1,
        "give the server's tree, so that what waits in at's queue is told",
    ),
    _format("a log", r"\[?(?:\d{4}-\d\d-\d\d[T ][\d:.,]{8}|[A-Z][a-z]{2} [ \d]\d [\d:]{8} )\S* ?\S", 2, _TABLE),
    _format(
        "a mail", r"From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} +\d", 1, "give the crontab of the host that it comes from"
    ),
    _format(
        "a mail",
        r"(?:From|To|Subject|Return-Path|Received|Delivered-To|Message-I[dD]|X-Cron-Env|MIME-Version|Date): ",
        2,
        "give the crontab of the host that it comes from",
    ),
    _format("a shadow file", r"[^:\s#]+:[!*$][^:]*:\d*:\d*:", 1, "never hand it out"),
    _format("a passwd file", r"[^:\s#]+:[^:]*:\d+:\d+:[^:]*:[^:]*:\S*\s*$", 1, "give the server's tree that holds it"),
    _format("a group file", r"[a-z_][a-z0-9_-]*:[^:]*:\d+:[\w,.-]*\s*$", 2, "give the server's tree that holds it"),
    _format("an fstab", r"(?:UUID=|LABEL=|/dev/)\S+\s+(?:/|none|swap)\S*\s+\w+", 1, "give the server's tree"),
    _format(
        "a hosts file", r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*::[0-9a-f:]*)\s+[A-Za-z]", 2, "give the server's tree"
    ),
    _format(
        "a sudoers file",
        r"Defaults(?:[:@!>]\S+)?\s+\S|[%\w.-]+\s+ALL\s*=",
        2,
        "give the server's tree",
    ),
    _format(
        "a systemd unit",
        r"\[(?:Unit|Service|Timer|Install|Path|Socket|Mount)\]\s*$",
        1,
        "give the server's tree, so that its timers are told, or write a crontab line that starts what it starts",
    ),
    _format("a Dockerfile", r"(?i:FROM) [\w./:@${}-]+(?: (?i:AS) \S+)?\s*$", 1, "give the crontab that it copies"),
    _format("a Dockerfile", r"(?:RUN|COPY|ADD|WORKDIR|ENTRYPOINT|CMD|EXPOSE) \S", 2, "give the crontab that it copies"),
    _format(
        "a Jenkinsfile",
        r"\s*(?:pipeline|node|agent|stages?|triggers|steps)\b\s*(?:\([^)]*\))?\s*\{",
        1,
        "write its schedule and what it runs as a line of a crontab",
    ),
    _format("JSON", r'\s*(?:[\[{]\s*$|[\[{]\s*["{\[]|"[^"]*"\s*:)', 1, _TABLE),
    _format(
        "whenever's schedule.rb",
        r"\s*(?:every\s+\S.*\bdo\b|every\s*\(|set :\w+,|job_type :)",
        1,
        "give what `whenever` prints, or the user's crontab",
    ),
    _format(
        "a recipe of Chef",
        r"(?:cron|cron_d|file|template|execute|package|service|directory|cookbook_file|user) ['\"][^'\"]+['\"] do\s*$",
        1,
        "give the crontab of a host that it was run on",
    ),
    _format(
        "a manifest of Puppet",
        r"\s*(?:@{0,2}(?:cron|file|package|service|exec|user|augeas)\s*\{\s*(?:$|['\"$\[])|node\s+['\"/\w.]+\s*\{"
        r"|class [\w:]+\s*(?:\(|\{|inherits))",
        1,
        "give the crontab of a host that it was run on",
    ),
    _format("a configuration of Monit", r"\s*(?i:check (?:process|system|filesystem|file|host|program)) \S", 1, _TABLE),
    _format(
        "a configuration of nginx",
        r"\s*(?:(?:http|events|server|stream|location\s.+|upstream \w+)\s*\{|(?:listen|server_name|user|worker_\w+|include"
        r"|proxy_pass|root|index|access_log|error_log|pid) [^;]*;\s*$)",
        2,
        _TABLE,
    ),
    _format(
        "SQL",
        r"(?i)\s*(?:--\s|(?:create|drop|alter)\s+(?:table|database|index|view|event|extension|function)\b|insert\s+into\b"
        r"|select\s.+(?:\(|\bfrom\b)|update\s+\S+\s+set\b|delete\s+from\b|(?:begin|commit);|/\*!\d)",
        1,
        "write what starts it as a line of a crontab",
    ),
    _format("Terraform code", r'(?:resource|variable|module|provider|data)\s+"[\w-]+"', 1, _TABLE),
    _format(
        "PowerShell code",
        r"\s*(?:\$\w+ = \S|(?:Register|New|Get|Set|Import|Start|Write)-[A-Z]\w+|param\s*\()",
        1,
        "give the crontab that starts it",
    ),
    _format(
        "a batch file",
        r"(?i)\s*(?:@echo o|schtasks /|@?rem \s*\S|setlocal\b|goto )",
        1,
        "give the crontab that starts it",
    ),
    _format(
        "Go code", r"package \w+\s*$|func (?:\([^)]*\) )?\w+\(|import (?:\(|\")", 2, "give the crontab that starts it"
    ),
    _format(
        "Java code",
        r"\s*(?:@Scheduled\(|package [\w.]+;|import (?:static )?[\w.]+(?:\.\*)?;|(?:public|private|protected) )",
        1,
        "give the crontab that starts it",
    ),
    _format(
        "Python code",
        r"(?:from [\w.]+ import |import [\w., ]+$|def \w+\(|class \w+|if __name__|@\w[\w.]*\(.*\)\s*$)",
        1,
        "give the crontab that starts it",
    ),
    _format(
        "Ruby code",
        r"\s*(?:require(?:_relative)? ['\"]|module [A-Z]|class [A-Z]\w*|def \w+|end\s*$)",
        2,
        "give the crontab that starts it",
    ),
    _format(
        "JavaScript code",
        r"\s*(?:(?:const|let|var) [\w{}, ]+ = |module\.exports|import .* from ['\"]|export default|function \w*\()",
        1,
        "give the crontab that starts it",
    ),
    _format("Perl code", r"\s*(?:use (?:strict|warnings)|my [$@%]\w+ =|package [\w:]+;)", 1, _TABLE),
    _format(
        "YAML of App Engine",
        r"cron:\s*$|\s*(?:- )?(?:url:\s+['\"]?/|schedule:\s+['\"]?(?:every |\d+(?:st|nd|rd|th)? ))",
        3,
        "it asks an address by a schedule of its own; write both as lines of a crontab",
    ),
    _format(
        "what crontab prints of its options",
        r"crontab: |[Uu]sage:\s+crontab\b|\s+crontab \[",
        1,
        "give what `crontab -l` prints",
    ),
    _format("a Makefile", r"\.(?:PHONY|SUFFIXES|DEFAULT_GOAL|ONESHELL)\b", 1, "give the crontab itself"),
    _format(
        "a playbook of Ansible",
        r"\s*(?:- hosts:|(?:ansible\.builtin\.)?cron:\s*$)",
        1,
        "give the crontab of a host that it was run on",
    ),
    _format(
        "YAML of Elastic Beanstalk",
        r"(?:files|container_commands|option_settings|commands):\s*$",
        1,
        "give the table in it as a file of its own, in a directory cron.d if its lines name a user",
    ),
    _format(
        "YAML of Salt",
        r"\s*(?:- )?(?:cron|file|pkg|service|cmd|user)\.\w+:",
        1,
        "give the crontab of a host that it was applied to",
    ),
    _format(
        "YAML of Kubernetes",
        r"(?:apiVersion|kind): \w",
        1,
        "write its schedule and command as a line of a crontab",
    ),
    _format(
        "YAML",
        r"\s*(?:---\s*$|(?:- )?[\w.$\"'/<-]+:(?:\s+[|>\"'\[{&*!\w/$.-].*|\s*)$|- [\w\"'./])",
        2,
        "give the table in it as a file of its own",
    ),
    _format("an INI or TOML file", r"\[\[?[\w ./:\"'-]+\]\]?\s*$", 1, "give the table itself"),
    _format(
        "a configuration of logrotate", r"\s*(?:/\S+ .*\{|/\S+\s*\{|rotate \d+|missingok|notifempty)\s*$", 1, _TABLE
    ),
    _format("a Makefile", r"[\w.%/-]+:(?: [\w./% -]*)?$|\.PHONY:", 2, "give the crontab itself"),
    _format(
        "a shell script",
        r"\s*(?:set -[a-z]|if \[|if !? ?\w|fi\b|then\b|else\b|done\b|esac\b|for \w+ in |while |function \w+|[\w-]+\(\) ?\{"
        r"|exit\b|(?:echo|printf|cat|export|source|cd|mkdir|rm|cp|chmod|crontab|service|sudo|apt-get|yum|exec)\b)",
        1,
        "give the crontab that starts it, or what it installs",
    ),
    _format("the answer of crontab -l where there is no table", r"no crontab for \S+\s*$", 1, "that user has no jobs"),
    _format(
        "a CSV table",
        r"(?:[A-Za-z][\w -]*|\"[^\"]*\")(?:,(?:[A-Za-z][\w -]*|\"[^\"]*\")){2,}\s*$",
        1,
        "write its schedules and commands as lines of a crontab",
    ),
    _format("Markdown", r"```|\[[^\]]+\]\(http|\*\*\w|\|[ -]*\|", 1, "give the crontab that it shows"),
)
"""Kinds that were found where a crontab was meant: issue threads, .ebextensions, playbooks, a directory given for a file."""

MAGIC = (
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "gzip data; unpack it first"),
    (b"BZh", "bzip2 data; unpack it first"),
    (b"\xfd7zXZ", "xz data; unpack it first"),
    (b"(\xb5/\xfd", "zstd data; unpack it first"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"SQLite format 3", "a database of SQLite"),
    (b"-----BEGIN ", "a key or a certificate; keep it where it is"),
)
"""First bytes of what is no text of a table (file(1)'s magic, and RFC 7468)."""


def other_format(text: str) -> Format | None:
    """The kind of a text that is no crontab; None where a daemon could read it, or where nothing tells what it is."""
    rows = text.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    counting = [row[:_LONGEST] for row in rows if row.strip() and not row.lstrip().startswith("#")]
    if not counting:
        return None
    table = read("\n".join(rows).rstrip("\n") + "\n", DIALECTS["cronie"], system=False)
    refused = [line for line in table.lines if line.kind == "invalid"]
    first = next((line for line in table.lines if line.kind in ("invalid", "job", "environment")), None)
    if first is not None and first.kind == "invalid" and (len(refused) > 1 or len(counting) == 1):
        found = next((one for one in FORMATS if one.line.match(first.text[:_LONGEST]) and _holds(one, counting)), None)
        # An ordinary table may begin with a line that somebody typed: words of a shell prove nothing above jobs.
        if found is not None and not (found.what == "a shell script" and len(refused) < len(counting)):
            return _nearer(found, counting)
    if len(refused) <= sum(line.kind == "job" for line in table.lines):
        return None
    kinds = _script(rows[0], counting), *(one for one in FORMATS if _holds(one, _texts(refused)))
    found = next((one for one in kinds if one is not None), None)
    return found and _nearer(found, counting)


def _nearer(found: Format, rows: list[str]) -> Format:
    """Of YAML, whose: a playbook and Beanstalk's begin like any other."""
    if found.what != "YAML":
        return found
    return next(one for one in FORMATS if one is found or (one.yaml and _holds(one, rows)))


def _texts(lines: list[Line]) -> list[str]:
    return [line.text[:_LONGEST] for line in lines]


def _holds(one: Format, rows: list[str]) -> bool:
    return sum(one.line.match(row) is not None for row in rows) >= one.least


_INTERPRETERS = (
    ("python", "Python code"),
    ("ruby", "Ruby code"),
    ("perl", "Perl code"),
    ("node", "JavaScript code"),
    ("php", "PHP code"),
)


def _script(first: str, rows: list[str]) -> Format | None:
    """By a first line `#!`, unless the text shows itself to be something else."""
    if not first.startswith("#!"):
        return None
    what = next((what for name, what in _INTERPRETERS if name in first), "a shell script")
    found = next(one for one in FORMATS if one.what == what)
    return found if not any(other.line.match(rows[0]) for other in FORMATS if other is not found) else None


class Template(NamedTuple):
    """A mark that nobody filled in: whose it is, the mark as it stands, and its line (from 1)."""

    engine: str
    mark: str
    line: int


class _Engine(NamedTuple):
    """Where a mark counts: ``anywhere``, in the ``fields`` (times, user, first word of the command), or in ``times``."""

    name: str
    mark: re.Pattern[str]
    where: str


_ENGINES = (
    _Engine("ERB", re.compile(r"<%[=#-]? ?[^%]{0,200}%>"), "anywhere"),
    _Engine("Jinja", re.compile(r"\{%-? *\w[^%]{0,200}%\}"), "anywhere"),
    _Engine("PHP", re.compile(r"<\?(?:php|=)"), "anywhere"),
    _Engine("Jinja, Helm or Mustache", re.compile(r"\{\{[^{}]{0,200}\}\}"), "fields"),
    _Engine("FatPack or Perl", re.compile(r"!!\(\*=[^*]{0,200}\*\)!!"), "fields"),
    _Engine("autoconf", re.compile(r"@@?[A-Za-z_]\w*@@?"), "fields"),
    _Engine("sed", re.compile(r"__[A-Za-z]\w*__|_[A-Z][A-Z_]*_(?=[ \t/])|%[A-Z_]{2,}%|%\([a-z_]+\)s"), "fields"),
    _Engine(
        "a shell or envsubst",
        re.compile(r"\$\(\([^()]{0,100}\)\)|\$\([^()]{0,200}\)|\$\{[^{}]{0,100}\}|\$\w+"),
        "times",
    ),
    _Engine("a person", re.compile(r"<[A-Za-z][\w -]*>|\[[A-Za-z][\w -]*\]"), "times"),
    _Engine("Ruby or Python", re.compile(r"#?\{[A-Za-z_][\w.]*\}"), "times"),
)
"""Marks of the usual engines. A command may hold `{{.Names}}` (docker --format) and `${VAR}` (the shell's own), so those
count only where no shell reads them."""

_SETS = re.compile(r"""(?:[^\s="']+|"[^"]*"|'[^']*')[ \t]*=""")
_SIGN = re.compile(r"[{<\[$@_%!]")
_BLANKS = re.compile(r"[ \t]+")
_TIMES = 5


def template_of(text: str, *, system: bool) -> Template | None:
    """The first mark of a template that stands where a daemon reads it; None for a text that is rendered."""
    return next(_marks(text, system), None)


def _marks(text: str, system: bool) -> Iterator[Template]:
    for number, row in enumerate(text.split("\n"), start=1):
        body = row[:_LONGEST].strip(" \t\r")
        if (body[:1] in ("", "#") and body[:2] != "#{") or not _SIGN.search(body):
            continue
        for engine in _ENGINES:
            found = engine.mark.search(body)
            if found and _counts(engine.where, body, found.start(), system):
                yield Template(engine.name, found[0], number)
                break


def _counts(where: str, body: str, at: int, system: bool) -> bool:
    if where == "anywhere":
        return True
    # MAILTO={{ mail }}; PATH=${PATH} is a value like any other, and `{a}` a name: load_env() of cron takes any word before `=`.
    if _SETS.match(body):
        return where == "fields" and body[at : at + 2] in ("{{", "@@", "__")
    before = _BLANKS.split(body[:at].strip(" \t")) if body[:at].strip(" \t") else []
    if at and body[at - 1] not in " \t":
        before = before[:-1]  # the mark stands within this word: */{{ minutes }}
    index = len(before) + (_TIMES - 1 if before and before[0].startswith("@") and "{" not in before[0] else 0)
    if where == "times":
        return index < _TIMES
    return index < _TIMES or (body[at - 1 : at] in ("", " ", "\t") and index <= _TIMES + system)
