"""What a command needs of its host, by its words: paths, sockets, mail, ssh, services, variables, the clock."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from converters.commands.dialects.saying import sayings
from converters.commands.dialects.variables import OWN
from converters.commands.idioms.environment_files import files_read, files_substituted
from converters.commands.idioms.own_locks import is_lock_file
from converters.commands.idioms.peeling import Peeling
from converters.commands.idioms.registry import LOST
from converters.commands.idioms.wishes import SOURCED, Dependency
from converters.commands.shell.own_processes import reaches_others
from converters.commands.shell.words import Simple
from converters.findings.codes import Finding

_PROGRAMS: dict[str, str] = {
    name: kind
    for kind, names in (
        ("mail", "mail mailx sendmail mutt msmtp ssmtp"),
        ("ssh", "ssh scp sftp rsync autossh sshpass"),
        ("sudo", "sudo su doas runuser gosu su-exec"),
        ("service", "systemctl service initctl rc-service supervisorctl monit invoke-rc.d launchctl start-stop-daemon"),
        ("docker", "docker docker-compose podman nerdctl crictl nsenter"),
        ("directory of jobs", "run-parts anacron run-cron"),
        ("process", "kill pkill killall renice"),
        (
            "administration",
            "shutdown reboot poweroff halt iptables ip6tables nft ufw mount umount fdisk mdadm smartctl",
        ),
        ("administration", "hwclock ntpdate sntp modprobe sysctl apt apt-get aptitude dpkg yum dnf zypper apk pacman"),
        (
            "administration",
            "freshclam certbot certbot-auto acme.sh logrotate newsyslog updatedb fstrim zfs zpool btrfs",
        ),
        ("administration", "lvcreate atrun adjkerntz vcgencmd rtcwake crontab e2scrub_all unattended-upgrade periodic"),
        ("administration", "tmpreaper tmpwatch firewall-cmd"),
    )
    for name in names.split()
}
_HOST_KINDS = frozenset({"service", "docker", "administration", "device"})
_CODES = {
    "path": "C470",
    "home path": "C470",
    "mail": "C471",
    "local service": "C472",
    "ssh": "C473",
    "sudo": "C474",
    "service": "C475",
    "docker": "C476",
    "state": "C477",
    "directory of jobs": "C478",
    "administration": "C479",
    "process": "C479",
    "device": "C479",
    SOURCED: "C452",
}
_LOCAL = re.compile(
    r"\blocalhost(?::\d+)?\b|\b127\.0\.0\.\d+(?::\d+)?\b|\[::1\]|(?<![\w/])(?:/var)?/run/[\w./\-]*\.sock(?:et)?\b"
    r"|/tmp/[\w./\-]*\.sock\b|\bhost\.docker\.internal\b"
)
# An absolute path that is not the tail of an address (`host:'/srv/x'`), an option's value behind `+` or a variable's.
_PATH = re.compile(r"(?<![\w.~:}$/\-+%@])(?<!:['\"])/(?:[\w.+@\-]+/?)+")
_HOME_PATH = re.compile(r"(?:~|\$HOME|\$\{HOME\})(?:/[\w.+@\-/]*)?")
# Where programs keep what they need the next time.
# A task's disk is new at each start (docs "Fargate task ephemeral storage").
_STATE = re.compile(r"/(?:tmp|run|var/(?:tmp|lib|spool|cache|run|backups|lock))/")
_SYSTEM = tuple(f"{prefix}/{name}/" for prefix in ("", "/usr", "/usr/local") for name in ("bin", "sbin"))
_SYSTEMD = "/run/systemd/system"
# Of a container these are its own streams.
_CONTAINER = ("/proc/1/fd/", "/proc/self/")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")
# A name set in the text is no name of the environment.
_SET_HERE = re.compile(r"(?:^|[;&|(\s])(?:export\s+|for\s+|read\s+)?([A-Za-z_]\w*)(?:=|\s+in\s)")
# POSIX utilities read(1p) and getopts(1p), bash's mapfile and printf -v: names that the text itself fills.
_FILLED = re.compile(r"(?:^|[;&|({\s])(?:(?:read|mapfile|readarray|getopts)\s+([^;&|)\n<>]*)|printf\s+-v\s+(\w+))")
# `cd` alone, or with a word that may come out empty: both go to HOME.
_GOES_HOME = re.compile(r"(?:^|[;&|({\s])cd(?=\s*(?:$|[;&|)}]|\$[\w{(]))")
# date as a command; `--date` and `mydate` are none.
_CLOCK = re.compile(r"(?:^|[\s;&|(`])(?:/bin/|/usr/bin/)?date(?=[\s`)]|$)")
_ELSEWHERE = re.compile(r"^-\w*e|^--rsh|(?:^|[\"'=])(?!/)[\w.@${}-]+:|rsync://")
_TERMINAL = re.compile(r"/dev/(?:pts/\d+|tty\d*|console)")
_RELATIVE_PROGRAM = re.compile(r"(?!/)[\w.\-]+/\S")
_RELATIVE_SCRIPT = re.compile(r"(?![/\-])[\w.\-/]+\.(?:py|rb|php|pl|sh|js|ts|jar)$")
# A path below here with nothing in it that an address, an image's name or a sed script has; or `.` itself.
_RELATIVE_PATH = re.compile(r"(?!(?:s|y|tr)/)(?:\.{1,2}(?:/[\w.+@/\-]*)?|[\w.+@\-]+/[\w.+@/\-]*)")
# Programs whose operands are addresses, objects of a cluster, branches or texts: `kubectl exec deploy/web`,
# `wget a.example.com/b`, `git push origin feature/x`, `nmap 10.0.0.0/8`. A file stands behind an option (their manuals).
_NO_FILES = frozenset(
    [
        "curl",
        "wget",
        "http",
        "https",
        "lynx",
        "links",
        "elinks",
        "w3m",
        "kubectl",
        "oc",
        "helm",
        "k3s",
        "nmap",
        # Their words are names of processes (pgrep(1), pidof(8), killall(1)).
        "pgrep",
        "pkill",
        "pidof",
        "killall",
        "ping",
        "traceroute",
        "dig",
        "host",
        "whois",
        "git",
        "gh",
        "glab",
        "echo",
        "printf",
        "logger",
        "expr",
        "docker",
        "podman",
        "skopeo",
        "crane",
        "aws",
        "gcloud",
        "gsutil",
        "az",
        "heroku",
        "ansible",
        "salt",
        "puppet",
        "iptables",
        "ip6tables",
        "ip",
        "route",
        "ufw",
        "composer",
        "npm",
        "yarn",
        "pnpm",
        "npx",
        "pip",
        "pip3",
        "gem",
        "cargo",
        "go",
        "date",
        "hg",
        "svn",
        "logcli",
    ]
)
# Behind these everything is another machine's.
_THERE = frozenset({"ssh", "autossh", "mosh"})
# Consoles of frameworks whose commands are written with a slash: Yii's guide, Craft CMS, CodeIgniter.
_CONSOLES = frozenset({"yii", "craft", "spark", "cake"})
_OPENED = re.compile(r"(?<![\w.])(\d{1,3})(?:>>?|<>?)\s*([^\s;&|()'\"<>]+)")
_TO_FILES = frozenset({">", ">>", "<", ">|", "<>", "&>", "&>>"})


def find_dependencies(peeling: Peeling, remaining: str) -> None:
    """Note everything of the host that the remaining text needs, each with a finding."""
    note_text(peeling, remaining)
    for dependency in peeling.dependencies:
        _tell(peeling, dependency)
    _relative_paths(peeling, remaining)


def note_text(peeling: Peeling, text: str) -> None:
    """Note the programs of the tree, and the paths and addresses in ``text``."""
    for simple in peeling.script.simple_commands():
        _program(peeling, simple)
    for file in (*files_read(peeling.script), *files_substituted(text)):
        peeling.need(SOURCED, file.path, file.reader)
    for match in _LOCAL.finditer(text):
        peeling.need("local service", match[0])
    held = set(_held(peeling, text))
    for path in _paths(_without_remote(peeling, text)):
        if path not in held:
            _path(peeling, path)
    for match in _HOME_PATH.finditer(text):
        peeling.need("home path", match[0])


def _without_remote(peeling: Peeling, text: str) -> str:
    """The text without what `ssh HOST 'TEXT'` runs there: its files are another machine's."""
    for simple in peeling.script.simple_commands():
        if simple.name in _THERE and " " in simple.words[-1].text:
            text = text.replace(simple.words[-1].text, "''")
    return text


def _held(peeling: Peeling, text: str) -> Iterator[str]:
    """Files that are only locked, whatever they are called: they are told as locks."""
    lockers = [[word.value or "" for word in one.words] for one in peeling.script.simple_commands() if one.name in LOST]
    for words in lockers:
        # One lock may start the next: `flock A flock B CMD`.
        behind = [words[at + 1 :] for at, word in enumerate(words) if word.rpartition("/")[2] in LOST]
        yield from (next((word for word in after if "/" in word), "") for after in behind)
    descriptors = {word for words in lockers for word in words[1:] if word.isdecimal()}
    yield from (match[2] for match in _OPENED.finditer(text) if match[1] in descriptors)


def _relative_paths(peeling: Peeling, remaining: str) -> None:
    """What is found from the directory where cron starts a job, its user's home; a known one becomes the container's."""
    # With a directory of its own the text says where it starts.
    if peeling.working_directory is not None:
        return
    home = peeling.start
    for value in _relative(peeling):
        if home is not None:
            peeling.working_directory = home
            then = f"the container starts in `{home}` too."
        else:
            then = "a container does not."
        peeling.find("C456", f"`{value}` is found from the home directory, where cron starts a job; {then}")


def _relative(peeling: Peeling) -> Iterator[str]:
    """The relative programs, scripts, folders and targets of the text, up to where it changes its directory."""
    for simple in peeling.script.simple_commands():
        moves = simple.name in ("cd", "pushd")
        for index, word in enumerate(simple.words):
            value = word.value or ""
            # runit's chpst has an option of that name.
            if index and (value == "-/" or simple.name in _NO_FILES | _THERE or _console(simple, index)):
                continue
            if index == 0:
                found = _RELATIVE_PROGRAM.match(value)
            else:
                found = _RELATIVE_SCRIPT.match(value) or _RELATIVE_PATH.fullmatch(value)
                found = found or (re.match(r"[\w.]", value) if moves else None)
            if found:
                yield value
        if moves:
            return
        for redirect in simple.redirects:
            value = redirect.target.value or ""
            if redirect.operator in _TO_FILES and re.match(r"[\w.]", value):
                yield value


def _console(simple: Simple, index: int) -> bool:
    """Whether a word is an operand of a framework's console: `php yii queue/run`."""
    return any((word.value or "").rpartition("/")[2] in _CONSOLES for word in simple.words[:index])


def _program(peeling: Peeling, simple: Simple) -> None:
    name = simple.name
    if name is None:
        return
    kind = _PROGRAMS.get(name)
    # rsync(1): a copy between two local paths speaks to nobody.
    if name == "rsync" and not any(_ELSEWHERE.search(word.text) for word in simple.words[1:]):
        kind = None
    if kind is not None and reaches_others(peeling.text, [word.text for word in simple.words]):
        peeling.need(kind, name)


def _paths(text: str) -> Iterator[str]:
    for match in _PATH.finditer(text):
        path = match[0].rstrip(".,")
        # `/var/backups/shop-$(date +%F)`: the part before an expansion names nothing; the directory does.
        cut = text[match.end() : match.end() + 1] in ("$", "`") and not path.endswith("/")
        yield path.rpartition("/")[0] + "/" if cut else path


def _path(peeling: Peeling, path: str) -> None:
    if path.startswith(_CONTAINER) or len(path) < 2:
        return
    if path.startswith("/dev/"):
        # These devices exist in every container, and a terminal is a place to print at.
        if not _TERMINAL.fullmatch(path) and not path.startswith(
            (
                "/dev/std",
                "/dev/fd",
                "/dev/u",
                "/dev/zero",
                "/dev/random",
                "/dev/null",
                "/dev/tcp/",
                "/dev/udp/",
            )
        ):
            peeling.need("device", path)
        return
    if path.startswith(_SYSTEM):
        peeling.need("program", path)
    elif path == _SYSTEMD:
        # Debian's package lines ask for /run/systemd/system and leave the work to a timer where it exists.
        peeling.find(
            "C462",
            f"`{path}` tells whether systemd runs: on a host it mostly does, in a container it does not. "
            "What this line left to a systemd timer, or did without one, is decided here.",
        )
    elif _STATE.match(path) and (is_lock_file(path) or _LOCAL.fullmatch(path)):
        pass  # told as a lock, or as a service of this machine
    elif _STATE.match(path):
        peeling.need("state", path)
    elif not _in_application(peeling, path):
        peeling.need("path", path)


def _in_application(peeling: Peeling, path: str) -> bool:
    directory = peeling.working_directory
    return (
        directory is not None and posixpath.commonpath([directory, path.rstrip("/")]) == directory and directory != "/"
    )


_SENTENCES = {
    "path": "It uses `{}`, outside a known application directory: the image or a volume must hold it.",
    "home path": "It uses `{}` in the user's home directory: the image or a volume must hold it.",
    "mail": "It sends mail with `{}`: a container has no mail server. Use SES or a notification.",
    "local service": "It talks to `{}` on this machine: in a container that is the container itself. Give it the real address.",
    "ssh": "It uses `{}`: keys and known hosts must come as secrets, and the network must reach the other side.",
    "sudo": "It uses `{}`: containers have one user each, and the tool may be missing.",
    "service": "It steers services of this host with `{}`: it cannot run in a container.",
    "docker": "It steers containers of this host with `{}`: start that work as a task of its own instead.",
    "state": "It keeps state in `{}`: a task begins with an empty disk. Use EFS or S3, or make sure it may begin anew.",
    "directory of jobs": "`{}` runs every job of a directory: move each of them by itself.",
    "administration": "`{}` looks after this host itself: with the host gone, so is the need, or the job must stay.",
    "process": "`{}` reaches for another process of this host, which a container does not see.",
    "device": "It uses the device `{}`, which a container does not have.",
    SOURCED: "It reads shell settings from `{}`: the container needs that file, or its variables as environment.",
}


def _tell(peeling: Peeling, dependency: Dependency) -> None:
    if dependency.kind in _CODES:
        finding = told_of(dependency)
        peeling.find(finding.code, finding.message)


def told_of(dependency: Dependency) -> Finding:
    """What is said of a need of one of the kinds that have a sentence."""
    sentence = _SENTENCES[dependency.kind]
    # envdir(8) is gone from the text: a variable of the first line of each file.
    if dependency.kind == SOURCED and dependency.name.endswith("/*"):
        sentence = "Each file of `{}` was a variable of its own: name them under `environment` or `secrets` in ecs.yml."
    return Finding(_CODES[dependency.kind], sentence.format(dependency.name))


def find_reads(peeling: Peeling, remaining: str) -> tuple[str, ...]:
    """The variables of the environment that the remaining shell text reads, sorted; ``HOME`` for a tilde, ``TZ`` for a
    clock."""
    # In single quotes nothing is expanded.
    outside = re.sub(r"'[^']*'", "''", remaining)
    names = {match[1] or match[2] for match in _VARIABLE.finditer(outside)}
    names -= {match[1] for match in _SET_HERE.finditer(outside)}
    filled = {word for match in _FILLED.finditer(outside) for word in f"{match[1] or ''} {match[2] or ''}".split()}
    names -= filled | ({"OPTARG", "OPTIND"} if "getopts" in outside else set())
    # bash's own variables, which no environment sets.
    names -= OWN.keys() if peeling.layer.interpreter[0].endswith("bash") else {"RANDOM"}
    if _GOES_HOME.search(outside) or re.search(r"(?:^|[\s=:])~(?:/|\s|$)", outside):
        names.add("HOME")
    # cron sets HOME, LOGNAME, SHELL and PATH; PWD is the shell's own.
    for name in sorted(names - set(peeling.variables()) - {"HOME", "PWD", "PATH"}):
        says = "which cron sets and a container does not" if name == "LOGNAME" else "which cron does not set here"
        peeling.find("C457", f"It reads `${name}`, {says}: it is empty unless the container sets it.")
    if _CLOCK.search(remaining):
        names.add("TZ")
        peeling.find("C446", "It reads the clock: a container's zone is UTC. Set TZ to the zone of the old machine.")
    return tuple(sorted(names))


def find_dialect(peeling: Peeling, remaining: str) -> None:
    """What the shells read in different ways, in the command as it was written: what idioms take away, cron's shell read."""
    outer = peeling.layers[0]
    known = {**peeling.known_at_first, "HOME": ""}
    paused = {"C431", "C432"} & {finding.code for finding in peeling.findings}  # they tell of $RANDOM themselves
    for sentence in sayings(outer.text, outer.interpreter[0], peeling.world.sh, known, remaining):
        if not (paused and "RANDOM" in sentence):
            peeling.find("C450", sentence)


def verdict(peeling: Peeling) -> tuple[str, tuple[str, ...]]:
    """``portable``, ``needs work`` or ``keep on a host``, and the reasons."""
    # One dependency that only a host can fill decides; all others can be met by an image, a volume or a setting.
    host = [d for d in peeling.dependencies if d.kind in _HOST_KINDS]
    if host:
        return "keep on a host", tuple(_SENTENCES[d.kind].format(d.name) for d in host)
    reasons = tuple(finding.message for finding in peeling.findings if finding.severity != "info")
    if peeling.container is not None:
        kept = tuple(one.sentence for one in peeling.container.told if one.kind == "privilege")
        if kept:
            return "keep on a host", kept
        reasons += tuple(one.sentence for one in peeling.container.told)
    return ("needs work", reasons) if reasons else ("portable", ())
