"""What a program wants beside its words, and the places that they name: local files, other machines, repositories."""

from __future__ import annotations

import re
from dataclasses import replace

from converters.programs.operands import Reading
from converters.worlds.calls import Call, matching
from converters.worlds.collecting import Collector
from converters.worlds.emptied import MAY_BE_EMPTY, done_there
from converters.worlds.stores import by_ssh, host_in, place_in, store_of
from converters.worlds.words import OVER_SSH, PLACE, REMOTE_STORE, WORKS_IN, names_directory

# Streams (`ffmpeg -i rtsp://cam/1`), databases, anything that is named by a scheme, is no file; `file:` is one.
_URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://", re.I)


class Places(Collector):
    """Collects what a call needs by the places that its words name."""

    def looks_around(self, call: Call, name: str) -> None:
        """It works in the directory where it is started, which the text does not name."""
        if call.directory is None:
            self.need("directory", name, "asks", (call.start, call.end), name)
        self.begins(call, name)

    def wants(self, call: Call, reading: Reading, name: str) -> None:
        """What a program needs beside files and services: a terminal, keys, a login, a directory to work in."""
        entry = reading.program
        for want in entry.wants:
            # A program that finds its work in its directory asks nothing where the text names one.
            kind = "schedule" if want == "scheduler" else want
            if want == "directory" and not names_directory(reading):
                self.looks_around(call, entry.name)
            if want == "login":
                self.login(call, reading, name)
            note = ""
            if want == "state" and (store := store_of(call, reading)) is not None:
                if store.where == "elsewhere":
                    continue
                note = (
                    ", ".join(f"`{one}`" for one in entry.places or [store.value]) if store.where == "unknown" else ""
                )
            if want not in ("certificates", "directory", "login"):
                self.need(kind, entry.name, "asks", (call.start, call.end), name, note=note)
        self.keeps(call, reading, name)
        if "netrc" in reading.flags:
            self.need("login", "~/.netrc", "asks", (call.start, call.end), name)

    def keeps(self, call: Call, reading: Reading, name: str) -> None:
        """The repository that a variable names."""
        if reading.program.places and not any(one.role in ("place", "place>") for one in reading.operands):
            store = store_of(call, reading)
            if store is not None and store.where == "elsewhere":
                self.place(call, reading, store.value, "reads", name)
            elif store is not None and store.where == "here":
                self.file(call, store.value, "names", name)

    def login(self, call: Call, reading: Reading, name: str) -> None:
        """What its user is logged in by, where neither a variable nor an option names another way."""
        entry = reading.program
        given = any(one.role == "reads" for one in reading.operands) or any(map(call.known.get, entry.logins))
        if not given:
            note = ", ".join(f"`{variable}`" for variable in entry.logins)
            self.need("login", f"~/{entry.home[0]}", "asks", (call.start, call.end), name, note=note)

    def path(self, call: Call, reading: Reading, value: str, role: str, name: str, note: str = "") -> None:
        """A local file, with what the flags make of its role."""
        flags = reading.flags
        if REMOTE_STORE.match(value) or _URL.match(value):
            deletes = role == "deletes" and "harmless" not in flags and MAY_BE_EMPTY.search(value)
            self.address(call, value, name, "url", secure=True, role="deletes" if deletes else "asks")
            return
        # With --dry-run nothing is written, deleted or moved.
        if "harmless" in flags and role != "reads":
            role = "reads"
        elif role in ("reads", "searches"):
            role = next((flag for flag in ("deletes", "moves", "edits") if flag in flags), role)
        elif role == "writes" and "mirrors" in flags:
            # rsync --delete makes the target equal to the source: from an empty disk it deletes the good copy.
            role = "mirrors"
        elif role == "directory":
            role = "enters" if name in WORKS_IN else "searches"
        if role == "deletes" and name == "find":
            value = matching([call.said(index) for index in range(len(call.words))], value)
        self.file(call, value, role, name, note)

    def place(self, call: Call, reading: Reading, value: str, role: str, name: str) -> None:
        """``host:path``, ``host::module`` or a local path."""
        value = place_in(reading, value)
        if reading.program.places and value.startswith(("$", "`")):
            return  # wherever that is
        if not value:
            self.keeps(call, replace(reading, operands=[]), name)
            return
        match = PLACE.match(value) if not value.startswith(("/", ".", "~")) else None
        if REMOTE_STORE.match(value) or match is not None:
            host = match[1] if match is not None and not REMOTE_STORE.match(value) else value
            host = host_in(host)
            if by_ssh(name, value) or (
                name in OVER_SSH and match is not None and (name == "rdiff-backup" or not match[2].startswith(":"))
            ):
                self.need("keys", name, "asks", (call.start, call.end), name)
            self.address(call, host, name, "host", secure=True, role=done_there(reading, value, role))
            return
        self.path(call, reading, value, role, name)
