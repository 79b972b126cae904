"""Who writes a line of a table: Ansible, Puppet, Chef, Salt, whenever, a panel, a package. Markers in, owners out.

An owner puts back what it finds changed, so a line is gone only when its owner lets go of it. What each does with a line that
was commented out was run with Ansible 2.16, Puppet 7.23 and Salt 3008, and read in the sources of the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from converters.findings.few import few
from converters.tables.crontab import Line

Reach = Literal["next", "below", "file"]


class Owner(NamedTuple):
    """``title`` is how people call it, ``does`` what it does to a line that was commented out, ``change`` what has to be
    changed at the owner's so that the line stays away (``{name}``: what it calls the line, ``{path}``: the table).

    ``hides``: its marker has to go out of use with the line, or the owner takes the next job for the marked one.
    """

    title: str
    does: str
    change: str
    hides: bool = False


_PUTS_BACK = "puts the line back at its next run, and the job would run on both sides"
OWNERS: Mapping[str, Owner] = {
    # plugins of community.general and ansible.builtin: cron.py looks for `#Ansible: NAME` and replaces the next line,
    # whatever it is, so the line has to stay right below its marker.
    "ansible": Owner(
        "Ansible", _PUTS_BACK, "set `state: absent` in the task (ansible.builtin.cron) named {name}, and let it run"
    ),
    "ansible-file": Owner(
        "Ansible", _PUTS_BACK, "take the line out of the template or file that Ansible writes to {path}, and let it run"
    ),
    # cron_core, provider/cron/crontab.rb: a comment that holds `Puppet Name: X` anywhere names the next job line.
    # blockinfile.py: what stands between its two markers is written anew; without them the block is appended again.
    "ansible-block": Owner(
        "Ansible",
        _PUTS_BACK,
        "take the line out of the block of the blockinfile task {name} for {path}, and let it run",
    ),
    "puppet": Owner(
        "Puppet", _PUTS_BACK, "set `ensure => absent` in the cron resource {name}, and let it run", hides=True
    ),
    "puppet-file": Owner("Puppet", _PUTS_BACK, "take the line out of the file resource of {path}, and let it run"),
    # lib/chef/provider/cron.rb: the lines after `# Chef Name: X` up to the job are its own.
    "chef": Owner("Chef", _PUTS_BACK, "set `action :delete` in the cron resource {name}, and let it run", hides=True),
    "chef-file": Owner("Chef", _PUTS_BACK, "set `action :delete` in the cron_d resource of {path}, and let it run"),
    # salt/modules/cron.py, list_tab(): the last comment with SALT_CRON_IDENTIFIER names the next job line.
    "salt": Owner(
        "Salt", _PUTS_BACK, "replace cron.present by `cron.absent` for {name}, and apply the state", hides=True
    ),
    "salt-file": Owner("Salt", _PUTS_BACK, "take the line out of the file.managed of {path}, and apply the state"),
    # lib/whenever/command_line.rb: the block between its two markers is written anew, and one marker alone is an error.
    "whenever": Owner(
        "whenever",
        "writes its whole block anew at the next deployment, and the job would run on both sides",
        "take the job out of schedule.rb ({name}), and run `whenever --update-crontab` or deploy",
    ),
    "forge": Owner("Laravel Forge", _PUTS_BACK, "delete the job under Scheduler in Forge's panel ({name})"),
    "cpanel": Owner(
        "cPanel",
        "shows and edits the same table, and hides a line that is commented out",
        "delete the job under Cron Jobs in cPanel, so that nobody brings it back there",
    ),
    "plesk": Owner(
        "Plesk",
        "writes the user's table anew from its database at the next edit or repair",
        "disable the task under Scheduled Tasks in Plesk",
    ),
    "hestia": Owner(
        "Hestia or Vesta",
        "removes the user's table and builds it anew whenever one of the jobs is changed",
        "run `v-suspend-cron-job USER JOB` for it",
    ),
    "acme.sh": Owner(
        "acme.sh",
        "adds its line again with --install and --upgrade where none is there",
        "run `acme.sh --uninstall-cronjob` when its certificates come from somewhere else",
    ),
    "package": Owner(
        "a Debian package",
        "keeps a changed file, asks at the next upgrade, and replaces it where somebody says yes",
        "answer that question with no (`--force-confold`), or remove the package {name} after the move",
    ),
    "terraform": Owner("Terraform", _PUTS_BACK, "take the line out of the resource that writes {path}, and apply it"),
    "cfengine": Owner("CFEngine", _PUTS_BACK, "take the line out of the promise that edits {path}"),
    # Rudder's agent is CFEngine with policies of its server; what it edits by hand comes back within minutes.
    "rudder": Owner(
        "Rudder", _PUTS_BACK, "take the line out of the directive that writes {path}, and update the policies"
    ),
    # ISPConfig, server/plugins-available/cron_plugin.inc.php: /etc/cron.d/ispc_USER is written anew from the database.
    "ispconfig": Owner(
        "ISPConfig",
        "writes the file anew from its database when one of the site's jobs is changed",
        "switch the job off under Sites, Cron Jobs in ISPConfig",
    ),
    # DirectAdmin, data/users/USER/crontab.conf: the user's table is made from it.
    "directadmin": Owner(
        "DirectAdmin",
        "makes the user's table anew from its crontab.conf at the next change",
        "delete the job under Cronjobs in DirectAdmin",
    ),
    # Froxlor, lib/Froxlor/Cron/CronConfig.php.
    "froxlor": Owner(
        "Froxlor", "writes the file anew from its database", "switch the job off under Cronjob settings in Froxlor"
    ),
    # Webmin, cron-lib.pl create_wrapper(): modules start by a wrapper in /etc/webmin/MODULE.
    "webmin": Owner(
        "Webmin",
        "writes the line again when the schedule is saved in its module",
        "switch the schedule off in Webmin's module",
    ),
    # BT-Panel, class/crontab.py: each job is a script /www/server/cron/HASH.
    "aapanel": Owner(
        "aaPanel (BT-Panel)",
        "writes the line again when the job is saved or enabled in the panel",
        "disable the task under Cron in the panel",
    ),
    "cloud-init": Owner(
        "cloud-init",
        "writes the file anew on every new machine",
        "take it out of write_files in the user data of {path}'s machines",
    ),
    # Magento 2, lib/internal/Magento/Framework/Crontab/CrontabManager.php: the block between its two comments is its own.
    "magento": Owner(
        "Magento",
        "writes its whole block anew with `cron:install --force`, and the job would run on both sides",
        "run `bin/magento cron:remove`, and take `cron:install` out of the deployment",
    ),
    # django-crontab, crontab.py: add_jobs() appends a line for each of settings.CRONJOBS, remove_jobs() drops its own.
    "django-crontab": Owner(
        "django-crontab",
        "writes all its lines anew with `manage.py crontab add`, and the job would run on both sides",
        "take the job out of CRONJOBS in the settings of {name}, and run `manage.py crontab add`",
    ),
    # Back In Time, common/schedule.py: the line below its comment is found, removed and written again by the programme.
    "backintime": Owner(
        "Back In Time",
        "writes the line again when its profile is saved",
        "set the schedule of the profile to disabled in Back In Time",
    ),
    "nix": Owner("NixOS", _PUTS_BACK, "take it out of services.cron.systemCronJobs, and switch"),
}


class Mark(NamedTuple):
    """How an owner marks what is its own: a whole comment line, how far it reaches, what ends it.

    ``next``: the next job, with its variables between. ``strict``: nothing may stand between. ``below``: all that follows,
    up to ``end``.
    """

    owner: str
    line: re.Pattern[str]
    reach: Reach
    end: re.Pattern[str] | None = None
    strict: bool = False


def _mark(owner: str, line: str, reach: Reach, end: str | None = None, *, strict: bool = False) -> Mark:
    return Mark(owner, re.compile(line), reach, re.compile(end) if end else None, strict)


# Puppet's own HEADER stands above tables of which it owns single lines, and so does Salt's "Lines below here".
MARKS = (
    _mark(
        "ansible-block",
        r"#.*\bBEGIN\b.*\bANSIBLE MANAGED BLOCK\b[ :-]*(?P<name>.*?)\s*$",
        "below",
        r"#.*\bEND\b.*\bANSIBLE MANAGED BLOCK\b",
    ),
    _mark("ansible", r"#Ansible: (?P<name>.+?)\s*$", "next", strict=True),
    _mark("puppet", r"\s*#.*Puppet Name: (?P<name>.+?)\s*$", "next"),
    _mark("chef", r"# Chef Name: (?P<name>.+?)\s*$", "next"),
    _mark("salt", r"#(?P<name>[^\n]*SALT_CRON_IDENTIFIER:.+?)\s*$", "next"),
    _mark("salt", r"# Lines below here are managed by Salt, do not edit", "below"),
    _mark(
        "whenever",
        r"# Begin Whenever generated tasks for: (?P<name>.+?)(?: at: .*)?\s*$",
        "below",
        r"# End Whenever generated tasks for: ",
    ),
    _mark("magento", r"#~ MAGENTO START\b", "below", r"#~ MAGENTO END\b"),
    _mark("backintime", r"#Back In Time system entry, this will be edited by the gui:", "next", strict=True),
    _mark("forge", r"# Laravel Forge Scheduler (?P<name>\S+)", "next"),
    _mark("chef-file", r"#\s*(?:Generated|This file (?:is|was) (?:generated|managed)) by Chef\b", "file"),
    # ansible_managed and its kin in other tools' templates, as they stand rendered at the head of a file.
    _mark(
        "ansible-file",
        r"(?i)#(?!.*\b(?:begin|end)\b.*ansible managed block)"
        r".*\b(?:ansible managed|(?:managed|generated|deployed|maintained) (?:by|with|via) ansible)",
        "file",
    ),
    _mark(
        "puppet-file",
        r"(?i)#(?! HEADER:).*\b(?:managed|generated|controlled|maintained) (?:by|with|via) puppet",
        "file",
    ),
    _mark(
        "salt-file",
        r"(?i)#.*\b(?:managed|generated|controlled|maintained) (?:by|with|via) salt(?:stack)?\b(?!, do not edit)",
        "file",
    ),
    _mark("chef-file", r"(?i)#.*\b(?:managed|controlled|maintained) (?:by|with|via) chef\b", "file"),
    _mark("terraform", r"(?i)#.*\b(?:managed|generated|deployed) (?:by|with|via) terraform", "file"),
    _mark("cfengine", r"(?i)#.*\b(?:managed|generated|controlled|maintained) (?:by|with|via) cfengine", "file"),
    _mark("rudder", r"(?i)#.*\b(?:managed|generated|controlled|maintained|edited) (?:by|with|via) rudder", "file"),
    _mark("froxlor", r"# automatically generated cron-configuration by froxlor", "file"),
    _mark("ispconfig", r"(?i)#.*\b(?:managed|generated|created|written) (?:by|with|via) ispconfig", "file"),
    _mark("directadmin", r"(?i)#.*\b(?:managed|generated|created|written) (?:by|with|via) directadmin", "file"),
    # Debian's own habit for files in /etc/cron.d, where no database of packages tells: "crontab entries for the X package".
    _mark(
        "package",
        r"(?i)#\s*/etc/cron\.d/\S+: crontab (?:entries|fragment|entry|file) for (?:the )?(?P<name>[a-z0-9][a-z0-9+.-]*?)"
        r"(?: package)?\.?\s*$",
        "file",
    ),
    _mark("cloud-init", r"(?i)#.*\b(?:created|managed|generated|written) (?:by|with|via) cloud-init", "file"),
    _mark("nix", r"(?i)#.*\b(?:managed|generated) (?:by|with|via) nixos", "file"),
    _mark("cpanel", r"""SHELL\s*=\s*["']?/usr/local/cpanel/""", "file"),
    _mark("plesk", r"""SHELL\s*=\s*["']?/(?:usr/local|opt)/psa/""", "file"),
    _mark("hestia", r"""PATH\s*=.*/usr/local/(?:hestia|vesta)/bin""", "file"),
    _mark("hestia", r"""CONTENT_TYPE="text/plain; charset=utf-8"\s*$""", "file"),
)
"""Exact markers, and the sentence at a file's head."""

_COMMANDS = (
    ("acme.sh", re.compile(r"acme\.sh[\"']? --cron\b")),
    ("webmin", re.compile(r"/(?:usr/local/)?etc/(?:web|user)min/[\w-]+/[\w-]+\.pl\b")),
    ("aapanel", re.compile(r"/www/server/cron/[0-9a-f]{32}\b")),
    ("directadmin", re.compile(r"/usr/local/directadmin/(?:dataskq|scripts/)")),
    # cPanel's and Plesk's own interpreters, by which their users' jobs start.
    ("cpanel", re.compile(r"/usr/local/bin/ea-php\d+\b|/opt/cpanel/ea-php\d+/")),
    ("plesk", re.compile(r"/opt/plesk/(?:php|node)/\d")),
    ("hestia", re.compile(r"/usr/local/(?:hestia|vesta)/bin/v-")),
    # django-crontab names its project in a comment at the line's end.
    ("django-crontab", re.compile(r"\bcrontab run [0-9a-f]{32}\b.*# django-cronjobs for (?P<name>.+?)\s*$")),
    ("ispconfig", re.compile(r"/usr/local/ispconfig/server/(?:server|cron)\.sh\b")),
)
_BY_NAME = (("ispconfig", re.compile(r"ispc_(?:chrooted_)?[\w.-]+$")),)
"""What a table is called by those that write no word of themselves into it."""
_HEAD = 15  # lines of a file's head in which such a sentence stands


@dataclass(frozen=True, slots=True)
class Owned:
    """One line's owner: a key of ``OWNERS``, what the owner calls the line (or empty), the line of its marker (or 0)."""

    by: str
    name: str = ""
    marker: int = 0

    @property
    def owner(self) -> Owner:
        return OWNERS[self.by]

    def does(self, lines: int = 1) -> str:
        """What the owner does to so many lines of its own that were commented out."""
        return _of_many(self.owner.does, lines)

    def change(self, path: str, *others: str, lines: int = 1) -> str:
        """What has to be changed at the owner's, of this line and of those with other names."""
        names = list(dict.fromkeys(name for name in (self.name, *others) if name))
        called = few([f"'{name}'" for name in names], 3)
        text = _of_many(self.owner.change, lines).format(name=called or "of this job", path=path)
        return text.replace(" (of this job)", "").replace(" of this job", "" if lines > 1 else " of this job")


def _of_many(text: str, lines: int) -> str:
    """The sentence of one line, said of several."""
    if lines == 1:
        return text
    return re.sub(r"\b(the|its) (line|job|task|schedule|cron resource)\b(?!s|\w)", r"\1 \2s", text)


def owned_lines(lines: Sequence[Line], package: str = "", table: str = "") -> dict[int, Owned]:
    """Number of a job's line -> its owner, for every line that has one. ``package``: of the whole file, where known;
    ``table``: the name of the file."""
    named = next((Owned(by) for by, name in _BY_NAME if name.fullmatch(table)), None)
    whole = (Owned("package", package) if package else None) or _of_file(lines) or named
    reach = _Reach()
    found: dict[int, Owned] = {}
    for line in lines:
        if line.kind == "comment":
            reach.comment(line)
        elif line.kind == "job":
            owned = reach.job(line) or _by_command(line) or whole
            if owned is not None:
                found[line.number] = owned
        else:
            reach.other(line)
    return found


class _Reach:
    """What the markers above reach, line by line."""

    def __init__(self) -> None:
        self.below: tuple[Mark, Owned] | None = None
        self.next: tuple[Mark, Owned] | None = None

    def comment(self, line: Line) -> None:
        if self.below is not None and self.below[0].end is not None and self.below[0].end.match(line.text):
            self.below = None
        found = next(((m, at) for m in MARKS if m.reach != "file" and (at := m.line.match(line.text))), None)
        if found is None:
            if self.next is not None and self.next[0].strict:
                self.next = None
            return
        mark, at = found
        name = _called(at.groupdict().get("name") or "")
        if mark.reach == "below":
            self.below = mark, Owned(mark.owner, name)
        else:
            self.next = mark, Owned(mark.owner, name, line.number)

    def job(self, line: Line) -> Owned | None:
        own, self.next = self.next, None
        return own[1] if own is not None else self.below[1] if self.below is not None else None

    def other(self, line: Line) -> None:
        """A variable belongs to the job below it; a blank or a broken line ends what has to stand together."""
        if self.next is not None and self.next[0].strict:
            self.next = None


def _called(name: str) -> str:
    """Salt writes `comment SALT_CRON_IDENTIFIER:ID`; the others the name itself."""
    return name.partition("SALT_CRON_IDENTIFIER:")[2].strip() or name.strip()


def _of_file(lines: Sequence[Line]) -> Owned | None:
    # A panel puts its SHELL above single jobs too, in the midst of a table; a comment speaks for the file at its head only.
    head = [
        line for at, line in enumerate(lines) if line.kind == "environment" or (line.kind == "comment" and at < _HEAD)
    ]
    found = ((m, m.line.match(line.text)) for line in head for m in MARKS if m.reach == "file")
    return next((Owned(m.owner, at.groupdict().get("name") or "") for m, at in found if at), None)


def _by_command(line: Line) -> Owned | None:
    found = ((by, at) for by, pattern in _COMMANDS if (at := pattern.search(line.text)))
    return next((Owned(by, at.groupdict().get("name") or "") for by, at in found), None)


def markers_to_hide(rows: Sequence[str], numbers: Sequence[int]) -> dict[int, int]:
    """Number of a marker that has to go out of use -> the line (one of ``numbers``) it belongs to.

    Left alone above a dead line, it would make Puppet, Salt or Chef take the next job for the marked one.
    """
    found = {}
    for number in numbers:
        at = number - 1
        while at > 0:
            row = rows[at - 1]
            mark = next((m for m in MARKS if m.reach == "next" and m.line.match(row)), None)
            if mark is not None:
                if OWNERS[mark.owner].hides:
                    found[at] = number
                break
            if not (row.lstrip(" \t").startswith("#") or re.match(r"[A-Za-z_]\w*\s*=", row)):
                break
            at -= 1
    return found
