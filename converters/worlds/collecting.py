"""Collects the needs of one text: files by role, addresses, services, and the statuses that are no failure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from converters.programs.catalogue import program, service
from converters.programs.operands import Reading
from converters.worlds.calls import Call, Decides, is_relative, joined, say
from converters.worlds.flags import FLAG, USED, decides_of_file
from converters.worlds.leaving import leaves_by
from converters.worlds.name_servers import tells_address
from converters.worlds.need import Ending, Need
from converters.worlds.places import is_lock, place_of
from converters.worlds.products import Product
from converters.worlds.requests import purpose
from converters.worlds.senses import is_panels, steering_of
from converters.worlds.userland import refused_by_busybox, refused_by_gnu
from converters.worlds.words import FRONT_CONTROLLERS

_NO_FILE = re.compile(
    r"/dev/(?:null|zero|u?random|full|std(?:in|out|err)|fd/\d+|tty\d*|pts/\d+|console)$|/proc/(?:self|1)/fd/\d+$|-$|&?\d$"
)
LOCAL = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal)$", re.I)
# docs "Instance metadata": the link-local address, its IPv6 form (on Nitro), and Google's name for the same.
# `instance-data` is a name of the same address in EC2's own resolver.
_METADATA = frozenset(
    {"169.254.169.254", "fd00:ec2::254", "[fd00:ec2::254]", "metadata.google.internal", "instance-data"}
)
# libpq, "Connection Strings": KEYWORD = VALUE; of several hosts the first is tried first.
_CONNINFO = re.compile(r"(?:^|\s)host(?:addr)?\s*=\s*'?([^\s',]+)")
_SAYS_WHERE = re.compile(r"://|host(?:addr)?\s*=|(?:^|\s)service\s*=")
_SOCKET = re.compile(r"/dev/(?:tcp|udp)/([^/]+)/([^/]+)")
_BY_SERVICE = re.compile(r"(?:^|\s)service\s*=")
_REPLACES = frozenset({"mv", "cp", "echo", "printf", "sponge"})
READ_ROLES = frozenset({"reads", "searches", "script", "edits", "moves", "names", "enters"})


class Collector:
    """Collects the needs of one text; equal needs once, the first place counts."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.found: list[Need] = []
        self.endings: list[Ending] = []
        self.programs: list[str] = []
        self.seen: set[tuple[str, str, str]] = set()
        self.written: set[str] = set()
        self.asked: Mapping[tuple[int, int], Decides] = {}
        self.locks: frozenset[int] = frozenset()
        self.passed_on: set[str] = set()
        self.sending = False
        self.left: list[tuple[Call, str]] = []
        self.start = ""
        self.gated: set[str] = set()
        self.answering: frozenset[tuple[int, int]] = frozenset()

    def begins(self, call: Call, what: str) -> None:
        """Something counts from the directory in which the job begins."""
        if not call.moved and not self.start:
            self.start = what

    def need(
        self, kind: str, subject: str, role: str, span: tuple[int, int], by: str, *, test: bool = False, note: str = ""
    ) -> None:
        key = kind, subject if kind != "part" else f"{subject} {by}", role
        if key not in self.seen and subject:
            self.seen.add(key)
            self.found.append(Need(kind, subject, role, *span, by, self.origin, test, note))
        elif kind == "host" and not note:
            # Told or asked at first, and then it works there.
            same = [
                at for at, one in enumerate(self.found) if (one.kind, one.subject, one.role) == (kind, subject, role)
            ]
            for at in same:
                self.found[at] = self.found[at]._replace(note="", test=self.found[at].test and test)

    def file(self, call: Call, path: str, role: str, by: str, note: str = "") -> None:
        """A path with a role, seen from where the command works."""
        # Descriptors and devices that every container has are no files of the host.
        # `. <(sed ..)`: the shell names a pipe there.
        if not path or _NO_FILE.match(path) or path.startswith(("&", "<(", ">(")):
            return
        if is_relative(path):
            self.begins(call, path)
        subject = joined(call.directory, path)
        if role in ("writes", "makes", "appends"):
            self.written.add(subject)
        elif role in READ_ROLES | {"deletes"} and self.made_here(subject):
            if role == "moves" and by == "mv":
                self.passed_on.add(subject)
            # What the text has made itself it may read, move and delete: nothing of the host is asked.
            # Made here and sent elsewhere before the task ends: the only way a file survives.
            if self.sending or place_of(subject).kind == "scratch":
                self.need("file", subject, "sends", (call.start, call.end), by)
            return  # it reads or clears away what it has just made itself
        self.need("file", subject, role, (call.start, call.end), by, test=asks(call), note=note)
        # What a program that nobody knows is handed below /tmp it has made or used up before the next command looks.
        if role == "names" and place_of(subject).kind == "scratch":
            self.written.add(subject)

    def code(self, call: Call, text: str, name: str) -> None:
        """The places of data that source text names as literals, and whether it deletes: `rmtree('/srv/x')`."""
        entry = program(name)
        if entry is not None and entry.family == "languages":
            role = "deletes" if _DELETES.search(text) else "reads"
            for path in DATA.findall(text):
                self.file(call, path, role, name)

    def made(self, call: Call, product: Product, by: str) -> None:
        """What a program leaves beside the files that its words name. Of a whole directory only one for what is temporary is
        taken for the job's own: elsewhere other files lie beside what it brings."""
        subject = joined(call.directory, product.path)
        # Where nobody said where to put it, `wget URL` was about the request as often as about the file.
        if product.kept and not subject.startswith("~"):
            self.file(call, product.path, "writes", by)
            return
        if product.saved:
            self.need("remains", posixpath.basename(product.path), "writes", (call.start, call.end), by)
        if not product.whole:
            self.need("product", subject, "writes", (call.start, call.end), by)
        if not product.whole or place_of(subject).kind == "scratch":
            self.written.add(subject)

    def handed(self, call: Call, words: list[str], name: str) -> None:
        """Words handed to a program that nobody knows: an action for its service, or paths where it will read or write."""
        if steering_of(name, words) is not None and not is_panels(call.said(0)):
            self.need("action", words[0], "steers", (call.start, call.end), name)
        for word in words:
            path = word.partition("=")[2] if word.startswith("-") else word
            if name in FRONT_CONTROLLERS and path is word:
                continue
            if path.startswith(("/", "~/")) and not path.startswith("/dev/"):
                self.file(call, path, "names", name)

    def leaves(self, call: Call, name: str, words: list[str], *, known: bool) -> None:
        """A program that goes to the background by itself, or by a word of its command line."""
        if by := leaves_by(name, words, known=known):
            note = "" if by == name else f"by `{by}`"
            self.need("background", name, "runs", (call.start, call.end), name, note=note)

    def small(self, call: Call, name: str) -> None:
        """Options and dates that the program of another system refuses: BusyBox's in an image, GNU's where BSD wrote it."""
        if refused := refused_by_gnu(name, call.words[1:]):
            self.need("userland", f"{name} {refused}", "asks", (call.start, call.end), name, note="gnu")
        elif refused := refused_by_busybox(name, call.words[1:]):
            self.need("userland", f"{name} {refused}", "asks", (call.start, call.end), name, note="busybox")

    def left_behind(self) -> None:
        """What was sent to the background and not waited for ends with the command (`facts`: PID 1 ends, all ends)."""
        # Children of process 1 die with it, also those of nohup and setsid.
        for call, name in self.left:
            self.need("background", name, "runs", (call.start, call.end), name)

    def in_place(self) -> None:
        """A file that is read, then replaced by what was made of it, is changed; what was only made to be moved there is no
        product: ``tail x > x.tmp && mv x.tmp x`` changes x."""
        files = {(one.subject, one.role): index for index, one in enumerate(self.found) if one.kind == "file"}
        gone = {files[path, "writes"] for path in self.passed_on if (path, "writes") in files}
        for (path, role), index in files.items():
            written = files.get((path, "writes"), -1)
            if role == "reads" and written > index and self.found[written].by in _REPLACES:
                self.found[index] = self.found[index]._replace(role="edits", by=self.found[written].by)
                gone.add(written)
        self.found = [one for index, one in enumerate(self.found) if index not in gone]

    def signs(self) -> None:
        """What is deleted though it decided before what runs, or after it was read, is nothing that was left over."""
        read = {one.subject for one in self.found if one.kind == "file" and one.role == "reads"}
        signs = set()
        for index, one in enumerate(self.found):
            if one.kind != "file" or one.role != "deletes" or one.note:
                continue
            if not is_lock(one.subject) and decides_of_file(one.subject, self.gated):
                self.found[index] = one._replace(note=FLAG)
                signs.add(one.subject)
            elif one.subject in read and place_of(one.subject).kind == "scratch":
                self.found[index] = one._replace(note=USED)
        for index, one in enumerate(self.found):
            # The question and what becomes of its answer are told in one sentence.
            if one.kind == "file" and one.role in ("asks", "reads", "searches") and one.subject in signs & self.gated:
                self.found[index] = one._replace(role="asks", test=True, note=FLAG)

    def made_here(self, path: str) -> bool:
        return any(path == one or path.startswith(one.rstrip("/") + "/") for one in self.written)

    # --- redirections, addresses, services, statuses

    def redirects(self, call: Call) -> None:
        for redirect in call.redirects:
            operator = redirect.operator
            if redirect.fd in self.locks:
                continue  # a lock, which nobody reads
            target = say(redirect.target, call.known)
            # `2>&1` and `>&-` name no file.
            if operator in (">&", "<&") and (target.isdigit() or target == "-"):
                continue
            if (there := _SOCKET.fullmatch(target)) is not None:
                # bash(1), REDIRECTION: no file, a connection.
                self.address(call, f"{there[1]}:{there[2]}", call.name or "sh", "host", secure=False)
            elif operator in ("<", "<>"):
                self.file(call, target, "reads", call.name or "sh")
            elif operator in (">", ">|", "&>", ">&"):
                self.file(call, target, "writes", call.name or "sh")
            elif operator in (">>", "&>>"):
                self.file(call, target, "appends", call.name or "sh")

    def address(self, call: Call, value: str, name: str, kind: str, *, secure: bool, role: str = "asks") -> None:
        """A host name or a URL: this machine, another one, or a file."""
        span = call.start, call.end
        # A database's name alone says nothing of where it is.
        if kind == "database" and not _SAYS_WHERE.search(value):
            return
        if kind == "database" and "://" not in value and _BY_SERVICE.search(value):
            # libpq, "The Connection Service File": it says where, and is its user's own.
            self.need("login", "~/.pg_service.conf", "asks", span, name, note="`PGSERVICEFILE`")
            return
        if kind == "database" and "://" not in value and (told := _CONNINFO.search(value)) is not None:
            value, kind = told[1], "host"
        if value.startswith("file:"):
            self.file(call, value.removeprefix("file://").removeprefix("file:"), "reads", name)
            return
        host, port, scheme = _host(value)
        if kind == "url" and tells_address(value):
            self.need("own address", host, "steers", span, name)
        # curl 169.254.169.254 in a cron script asks which instance this is: Fargate has none to tell of.
        if host.lower() in _METADATA:
            self.need("metadata", host, "asks", span, name)
        elif LOCAL.match(host) or (kind == "host" and host.startswith("/")):
            self.need("service", f"{host}:{port}" if port else host, role, span, name, test=asks(call))
        elif host:
            self.need("host", host, role, span, name, test=asks(call), note=purpose(call, self.answering))
            if scheme == "https" and secure:
                self.need("certificates", host, "asks", span, name)

    def service(self, call: Call, reading: Reading, name: str) -> None:
        """The service that a client asks, on this machine unless something says otherwise."""
        if reading.program.service is None:
            return
        one = service(reading.program.service)
        told = [o for o in reading.operands if o.role in ("host", "url", "socket") and o.value]
        told += [o for o in reading.operands if o.role == "database" and _SAYS_WHERE.search(o.value)]
        # -h HOST, a URL or a socket says where; else the client's default holds.
        if told and "local" not in reading.flags:
            return
        variable = next((name for name in one.variables if call.known.get(name)), None)
        if variable is not None:
            value = call.known[variable]
            # A variable that names another machine (PGHOST, MYSQL_HOST) or a socket's directory.
            if not LOCAL.match(value) and not value.startswith("/"):
                self.need("host", value, "asks", (call.start, call.end), name, note=f"by ${variable}")
                return
        subject = one.title + (f" at localhost:{one.port}" if one.port else " of this machine")
        self.need("service", subject, "asks", (call.start, call.end), name, test=asks(call))

    def ends_of(self, call: Call, name: str, reading: Reading | None = None) -> None:
        """Statuses that are no failure, where the command's status is the whole's."""
        if call.negated:
            # POSIX 2.9.2: 1 where the command did well. Its own statuses other than 0 all become 0.
            if call.decides in ("last", "guard"):
                self.endings.append(Ending(f"! {name}", (1,), "what stands behind `!` did well", call.decides))
            return
        entry = reading.program if reading is not None else program(name)
        # `test X && Y`: where the answer is no the list ends with 1, and cron did not mind.
        if call.decides == "guard" and name in _ASKING and (entry is None or not entry.ends):
            self.endings += _no(name, [call.said(at) for at in range(1, len(call.words))], call)
        if entry is None or call.decides not in ("last", "guard"):
            return
        flags, more = (reading.flags, reading.ends) if reading is not None else (set(), set())
        # `strict` is an option that makes the benign statuses errors.
        statuses = tuple(sorted(more if "strict" in flags else {*entry.ends, *more}))
        if statuses:
            why = next(iter(entry.ends.values()), "")
            self.endings.append(Ending(entry.name, statuses, why, call.decides))


def _no(name: str, words: list[str], call: Call) -> list[Ending]:
    """How a program that was only asked says no. curl(1), EXIT CODES: 22 with -f, else it ends with 0 whatever the server
    says, and 7 where nobody listens; where it brings a file it was not asked but sent."""
    if name != "curl":
        return [Ending(name, (1,), "the answer is no", "guard")]
    brings = any(
        re.match(r"-[A-Za-z]*[oOTdF]|--(?:output|remote-name|upload-file|data|form|json)", word) for word in words
    )
    if brings or any(one.operator in (">", ">>") and one.target.text != "/dev/null" for one in call.redirects):
        return []
    fails = any(re.match(r"-[A-Za-z]*f|--fail", word) for word in words)
    return [Ending(name, (22,) if fails else (7,), "the answer is no", "guard")]


def asks(call: Call) -> bool:
    """Whether a command only asks: another command's turn depends on its status."""
    # wget(1), --spider: it does not fetch, it asks whether the page is there.
    asking = call.name in _ASKING or (call.name == "wget" and any(word.text == "--spider" for word in call.words))
    return asking and call.decides in ("guard", "tested")


def locked_descriptors(calls: Iterable[Call]) -> frozenset[int]:
    """The descriptors that are opened for a lock alone: ``exec 9>F; flock -n 9 && JOB``."""
    words = (word.text for one in calls if one.name in ("flock", "lockf") for word in one.words[1:])
    return frozenset(int(word) for word in words if word.isdecimal() and 3 <= int(word) < 1024)


def asked_processes(calls: Iterable[Call]) -> Mapping[tuple[int, int], Decides]:
    """Where processes are listed only to be asked for, and what the answer decides: ``ps | grep -q x && JOB``,
    ``[ $(ps aux | grep -c x) -gt 0 ] && JOB``."""
    listed = {(one.start, one.end) for one in calls if one.name in LISTS_PROCESSES}
    found: dict[tuple[int, int], Decides] = {}
    for one in calls:
        if one.name == "ps" and one.decides in ("guard", "tested"):
            found[one.start, one.end] = one.decides
        if not asks(one) and not (one.name in _GREPS and one.decides == "last" and _is_quiet(one)):
            continue
        fed = one.fed
        while fed is not None:
            found[fed.start, fed.end] = one.decides
            fed = fed.fed
        found |= {(start, end): one.decides for start, end in listed if one.start < start and end < one.end}
    return {span: decides for span, decides in found.items() if span in listed}


def answering(calls: Iterable[Call]) -> frozenset[tuple[int, int]]:
    """Where commands stand whose output only a test reads: ``curl URL | grep -q ok || JOB``."""
    found: set[tuple[int, int]] = set()
    for one in calls:
        if asks(one) or (one.name in _GREPS and _is_quiet(one)):
            fed = one.fed
            while fed is not None:
                found.add((fed.start, fed.end))
                fed = fed.fed
    return frozenset(found)


def _is_quiet(call: Call) -> bool:
    return any(re.fullmatch(r"-[a-zA-Z]*q[a-zA-Z]*|--quiet|--silent", word.text) for word in call.words[1:])


# unlink of Perl, PHP, Python and Node; rmtree, os.remove; FileUtils.rm_rf, File.delete; fs.rmSync.
_DELETES = re.compile(
    r"\b(?:unlink|rmtree|remove_tree|rmdir|rm_r?f|rm_r|removedirs)|\brm(?:Sync)?\s*\(|\.(?:remove|delete)\b"
)
# A literal that begins where hosts keep their data: others may be the path of an address.
DATA = re.compile(r"""['"](/(?:srv|data|mnt|media|home|root|var|backups?|exports?)/[^'"\s$`]+)['"]""")

LISTS_PROCESSES = frozenset({"ps", "pgrep", "pidof"})
_GREPS = frozenset({"grep", "egrep", "fgrep"})
_ASKING = frozenset(
    {"test", "[", "[[", "grep", "egrep", "fgrep", "pgrep", "pidof", "curl", "ping", "diff", "cmp", "nc"}
)


def _host(value: str) -> tuple[str, str, str]:
    """``(host, port, scheme)`` of an address in any of its forms."""
    if "://" in value:
        scheme = value.partition("://")[0].lower()
        try:
            parts = urlsplit(value)
            host, port = parts.hostname or "", str(parts.port or "")
        except ValueError:
            host, port = value.partition("://")[2].partition("/")[0], ""
        return host or value.partition("://")[2].partition("/")[0], port, scheme
    # `curl localhost:9200/_cat`: an address without a scheme ends where its path begins.
    if not value.startswith("/"):
        value = value.partition("/")[0]
    # One colon and digits is a port; more colons are an IPv6 address.
    if value.count(":") == 1 and value.partition(":")[2].isdigit():
        host, _, port = value.partition(":")
        return host.rpartition("@")[2], port, ""
    first = value.rpartition("@")[2]
    return first.partition("/")[0] if not first.startswith("/") else first, "", ""
