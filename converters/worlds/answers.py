"""A need against both worlds -> an answer: met, changed, unmet or unknown, what it rests on, and what it makes of the job.

One rule a kind of need. What nobody looked at is *unknown* with the evidence ``not looked``; it is never taken for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from converters.programs.catalogue import program
from converters.worlds.answer import Answer, Fate, Worlds, stays
from converters.worlds.collecting import LISTS_PROCESSES
from converters.worlds.containers import INSIDE, RULES
from converters.worlds.file_answers import of_file
from converters.worlds.need import ASKS_LOGIN, DECIDED, LIMITED, Need
from converters.worlds.program_answers import of_fetched, of_program
from converters.worlds.senses import saves, steering_of
from converters.worlds.shells import dialect_message, shell_of
from converters.worlds.userland import is_busyboxes
from converters.worlds.users import of_user
from converters.worlds.zone_data import ZONE_DATA, of_zone


def answer(need: Need, worlds: Worlds) -> Answer:
    """The answer to one need."""
    if need.note == DECIDED:
        return Answer(need, "changed", "host")
    if need.note == INSIDE:
        return _in_container(need, worlds)
    if told := RULES.get(need.kind):
        return Answer(need, told.answer, "text", told.fate, told.code, need.note)
    rule = _RULES.get(need.kind)
    return rule(need, worlds) if rule is not None else Answer(need, "unknown", "not looked")


def _in_container(need: Need, worlds: Worlds) -> Answer:
    """The line itself names the image that it ran in; where that was read, it is asked all the same."""
    found = of_program(need, worlds) if worlds.image is not None and need.kind == "program" else None
    return found if found is not None and found.answer == "unmet" else Answer(need, "met", "image" if found else "text")


def _service(need: Need, worlds: Worlds) -> Answer:
    message = (
        f"`{need.by}` asks {need.subject}: in a container that is the container itself, where nobody answers. "
        "Give it the real address."
    )
    port, sockets = need.subject.rpartition(":")[2], worlds.host.sockets
    if sockets is None or not port.isdecimal():
        return Answer(need, "unmet", "text", "decide", "C472", message)
    listens = "something listens" if int(port) in sockets else "nothing listens now"
    return Answer(need, "unmet", "host", "decide", "C472", f"{message} On the host {listens} on port {port}.")


_NEAR = re.compile(r"[A-Za-z0-9_-]+$|.*\.(?:local|lan|internal|home|intra|localdomain)$")
_PRIVATE = re.compile(
    r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
)


def _host(need: Need, worlds: Worlds) -> Answer:
    """Another machine. A name without a dot is known by this host's own /etc/hosts or search list."""
    name = need.subject
    if need.role in ("deletes", "mirrors", "overwrites"):
        return _deletes_there(need)
    # /etc/hosts of a task is written by ECS: names of the old host's are unknown there.
    if worlds.host.names is not None and name in worlds.host.names:
        message = f"Only this host's /etc/hosts knows `{name}`, which `{need.by}` asks."
        return Answer(need, "unmet", "host", "decide", "C489", message)
    # Object stores are reached from anywhere.
    if need.by in _STORES:
        return Answer(need, "changed", "text")
    # RFC 1918, RFC 6598 (Tailscale's too) and link-local addresses, names without a dot or of home domains: only this
    # network resolves them.
    if not name.startswith("$") and (_PRIVATE.match(name) or _NEAR.match(name)):
        message = f"`{need.by}` asks `{name}`, a name or address of the network here: the task's network must reach it."
        return Answer(need, "unknown", "text", "decide", "C489", message)
    return Answer(need, "unknown", "text")


def _deletes_there(need: Need) -> Answer:
    """Deleting on another machine or in an object store: from an empty source, or by a name that may be empty."""
    printed = "BusyBox's date prints nothing for many of GNU's words."
    if need.role == "mirrors":
        message = (
            f"`{need.by}` makes a mirror on `{need.subject}` and deletes there what it does not find here: from an empty disk "
            "it deletes the good copy."
        )
    elif need.role == "overwrites":
        message = (
            f"`{need.by}` writes `{need.subject}`, a name that another program prints and that may come out empty: then each "
            f"run overwrites the one before. {printed}"
        )
    else:
        message = (
            f"`{need.by}` deletes at `{need.subject}` by a name or value that may come out empty (a variable, or what another "
            f"program prints): then it deletes all. {printed}"
        )
    return Answer(need, "unmet", "text", "decide", "C485", message)


_STORES = frozenset(
    ["aws", "s3cmd", "s5cmd", "gsutil", "rclone", "restic", "borg", "mc", "azcopy", "s4cmd", "duplicity", "kopia"]
)


def _part(need: Need, worlds: Worlds) -> Answer:
    """It steers or looks at a part of this host."""
    if need.test and need.role == "asks" and need.by in LISTS_PROCESSES:
        message = (
            # docs "Task definition parameters", pidMode: a container sees the processes of its own, or of its task.
            f"`{need.by}` asks for a process of this host, and the rest runs only where it is found: a container sees only its "
            "own. Take the test out, or keep the job beside that process."
        )
        return Answer(need, "unmet", "text", "decide", "C462", message)
    known = program(need.by) or program(need.by.partition(" ")[0])
    entry = known
    # A subcommand knows better than its program (`systemctl status` asks, `restart` steers).
    if known is not None and " " in need.by and known.sub:
        entry = known.sub.get(need.by.partition(" ")[2], known)
    fate: Fate = (entry.fate if entry is not None else None) or "decide"
    code = {"services": "C475", "containers": "C476", "crontabs": "C478", "logs": "C477"}.get(need.subject, "C479")
    verb = "leads to" if need.test else "is about"
    message = f"`{need.by}` {verb} the {need.subject} of this host. {need.note}".rstrip()
    return Answer(need, "unmet" if fate == "stay" else "changed", "program", fate, code, message)


def _own_address(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.by}` tells the name server at `{need.subject}` this host's address; a task has none that lasts."
    return Answer(need, "changed", "text", "drop", "C479", message)


def _mail(need: Need, worlds: Worlds) -> Answer:
    message = f"It sends mail with `{need.by}`: a container has no mail server. Use SES or a notification."
    return Answer(need, "unmet", "program", "decide", "C471", message)


def _keys(need: Need, worlds: Worlds) -> Answer:
    message = (
        f"`{need.by}` needs keys and known hosts of its user: they must come as secrets, and the network must reach."
    )
    return Answer(need, "unknown", "program", "decide", "C473", message)


def _login(need: Need, worlds: Worlds) -> Answer:
    way = f", or as {need.note}" if need.note else ""
    message = (
        f"`{need.by}` logs in with what its user keeps in `{need.subject}`, which a task does not have: it must come as a "
        f"secret{way}."
    )
    return Answer(need, "unmet", "program", "decide", "C473", message)


def _metadata(need: Need, worlds: Worlds) -> Answer:
    message = (
        # docs "Task metadata endpoint version 4": the variable is set in each container.
        f"`{need.by}` asks {need.subject}, the instance metadata of EC2: on Fargate nobody answers there. AWS_REGION and "
        "ECS_CONTAINER_METADATA_URI_V4 are set, and the task role gives credentials."
    )
    return Answer(need, "unmet", "text", "decide", "C490", message)


def _terminal(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.by}` wants a terminal: cron has none, so this has never worked as it stands."
    if need.note == ASKS_LOGIN:
        # getpass(3) and libpq's simple_prompt read standard input where there is no terminal, and cron's is empty.
        message = (
            f"`{need.by}` asks for the password at a terminal: cron has none, so the password is empty, and this has never "
            "worked but for an account without one. Give the password as a secret."
        )
    return Answer(need, "unmet", "program", "decide", "C491", message)


def _display(need: Need, worlds: Worlds) -> Answer:
    return stays(need, f"`{need.by}` needs a person's desktop.")


def _background(need: Need, worlds: Worlds) -> Answer:
    how = f" {need.note}" if need.note else ""
    message = (
        f"`{need.by}`{how} comes back at once and leaves its work in the background: the task ends then, and the work with it. "
        "Start it in the foreground."
    )
    return Answer(need, "unmet", "program", "decide", "C417", message)


def _endless(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.by}` runs until somebody ends it: that is a service, not a scheduled task."
    if need.note == LIMITED:
        message += " Its time limit ends each run, and on AWS a run that is ended so is a failed one."
    return Answer(need, "unmet", "program", "decide", "C463", message)


def _schedule(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` keeps a schedule of its own and starts other work: the crontab does not say what."
    return Answer(need, "unknown", "program", "move", "C466", message)


def _state(need: Need, worlds: Worlds) -> Answer:
    if need.note:
        message = (
            f"Nothing here names the place in which `{need.subject}` works ({need.note}): where that is on this host's disk, a "
            "task begins and ends with its own. Name it."
        )
        return Answer(need, "unknown", "program", "decide", "C477", message)
    message = (
        f"`{need.subject}` keeps state on this host's disk, or changes it there: a task begins and ends with its own."
    )
    return Answer(need, "unmet", "program", "decide", "C477", message)


def _directory(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` finds its work in the directory where cron starts it, a home that is not known here."
    return Answer(need, "unknown", "program", "decide", "C456", message)


def _identity(need: Need, worlds: Worlds) -> Answer:
    """Who and where it is: a task has another name each run, and the image's user unless ``user:`` says more."""
    if need.subject in ("hostname", "uname"):
        what = "the name of this host; a task is called after its address, another one each run. Write the name out"
    else:
        what = "the user of this host; a task has the image's, unless `user:` in ecs.yml names another"
    return Answer(need, "changed", "program", "decide", "C449", f"`{need.by}` prints {what}.")


def _builds(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` installs or builds software on this host: that belongs into the image."
    return Answer(need, "changed", "program", "drop", "C479", message)


def _task(need: Need, worlds: Worlds) -> Answer:
    """A task of a framework is a part of the application, whatever its name: `inventory:sync` works on the application's own
    tables, `queue:restart` speaks to workers by the cache. One that saves something writes it somewhere: a question."""
    if not saves(need.subject):
        return Answer(need, "unknown", "text")
    message = (
        f"By its name the task `{need.subject}` of `{need.by}` saves something: see where it writes, for what it writes to the "
        "container's disk is gone when the task ends."
    )
    return Answer(need, "unknown", "text", "decide", "C493", message)


def _action(need: Need, worlds: Worlds) -> Answer:
    """`gateway.sh stop`: what an init script's action is to a script of one's own. Its words are evidence, not proof."""
    sense = steering_of(need.by, (need.subject,))
    if sense is None:
        return Answer(need, "unknown", "text")
    message = f"By its words `{need.by} {need.subject}` is about {sense.about}: on AWS, ECS starts and stops what runs."
    return Answer(need, "unmet" if sense.fate == "stay" else "changed", "text", sense.fate, "C475", message)


def _product(need: Need, worlds: Worlds) -> Answer:
    """What comes of a file that was told of: its loss is that one's."""
    return Answer(need, "changed", "text")


def _remains(need: Need, worlds: Worlds) -> Answer:
    """What a request answered, as a file that nobody wants."""
    message = (
        f"`{need.by}` writes the answer of its request into the directory where it starts, as `{need.subject}`: in a container "
        "it is gone with the task. Where only the request counts, `-O /dev/null` says so."
    )
    return Answer(need, "changed", "program", code="C437", message=message)


def _unread(need: Need, worlds: Worlds) -> Answer:
    return Answer(need, "unknown", "text", "decide", "C459", f"The command cannot be read with certainty: {need.note}.")


def _userland(need: Need, worlds: Worlds) -> Answer:
    """What BusyBox's program refuses stops a job only in an image that has BusyBox's; what GNU's refuses, in each."""
    image = worlds.image
    if need.note == "gnu":
        message = f"No date of a Linux image takes `{need.subject}`, which is BSD's: it prints nothing and ends with 1."
        return Answer(need, "unmet", "program", "decide", "C447", message)
    if image is None or not is_busyboxes(image, need.by):
        return Answer(need, "unknown", "not looked")
    message = (
        f"`{need.by}` in {image.name} is BusyBox's, which does not take `{need.subject.partition(' ')[2]}`: it does nothing "
        "and ends with 1. Install GNU's in the image, or write it in words that both take."
    )
    return Answer(need, "unmet", "image", "decide", "C487", message)


def _certificates(need: Need, worlds: Worlds) -> Answer:
    there = worlds.image.certificates if worlds.image is not None else None
    if there:
        return Answer(need, "met", "image")
    if there is False and worlds.image is not None:
        message = f"`{need.by}` asks {need.subject} by https, and the image {worlds.image.name} has no CA certificates."
        return Answer(need, "unmet", "image", "decide", "C492", message)
    if worlds.promise.holds("CA certificates"):
        return Answer(need, "met", "user")
    return Answer(need._replace(subject="CA certificates"), "unknown", "not looked", image=True)


def _dialect(need: Need, worlds: Worlds) -> Answer:
    """Under cron another shell read it; here the image's does."""
    shell = shell_of(worlds.image)
    if shell is None or worlds.image is None:
        return Answer(need, "unknown", "not looked")
    message = dialect_message(need, worlds.image.name, shell)
    return Answer(need, "unmet", "image", "decide", "C487", message) if message else Answer(need, "met", "image")


_RULES: Mapping[str, Callable[[Need, Worlds], Answer]] = {
    "program": of_program,
    "file": of_file,
    "service": _service,
    "host": _host,
    "part": _part,
    "own address": _own_address,
    "mail": _mail,
    "keys": _keys,
    "login": _login,
    "metadata": _metadata,
    "terminal": _terminal,
    "display": _display,
    "background": _background,
    "endless": _endless,
    "schedule": _schedule,
    "state": _state,
    "builds": _builds,
    "identity": _identity,
    "directory": _directory,
    "shell": _unread,
    "certificates": _certificates,
    "dialect": _dialect,
    ZONE_DATA: of_zone,
    "userland": _userland,
    "user": of_user,
    "task": _task,
    "action": _action,
    "fetched": of_fetched,
    "remains": _remains,
    "product": _product,
}
