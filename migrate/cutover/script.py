"""A script for the host whose daemon reads the tables, where the AWS credentials are elsewhere.

It does what `tables` does: checks the text, keeps a copy, changes the lines, compares the result with what was planned, puts
it in place, and prints a receipt made from what it read back. The text of a crontab is not in it: only line numbers,
markers and checksums.
"""

from __future__ import annotations

import hashlib
import shlex
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from converters.tables.comment_out import hidden_markers, marker
from migrate.errors import UserError
from migrate.sites.scripts import Changes, ScriptChange, ScriptFile
from migrate.sites.tables import Table

BACKUPS_ON_HOST = "/var/backups/cron2fargate"
_TEMPLATE = Path(__file__).parent.parent / "templates" / "cutover.sh"


def comment_script(
    changes: Changes,
    jobs: Mapping[str, Mapping[int, Sequence[str]]],
    spans: Sequence[tuple[int, int]],
    kept: Sequence[tuple[Table, bytes]] = (),
) -> tuple[str, str]:
    """The script that takes lines and scripts out of use within ``spans`` (seconds since 1970), and its receipt.

    ``jobs``: path -> line -> the jobs it starts; ``kept``: tables that start the scripts and stay as they are, with their
    text.
    """
    parts = [_head("commented"), "between_reads\n", f"in_time '{' '.join(f'{a}-{b}' for a, b in spans)}'\n"]
    proof = "commented"
    for table, data in kept:
        named = shlex.quote(f"{table.on_host} was edited since the scan; nothing was changed: scan again")
        parts.append(f'{_where(table)}list\n[ "$(sum <"$WORK/old")" = {table.sha256(data)} ] || die {named}\n')
    for script in changes.scripts:
        parts.append(_script_off(script))
        proof += f" {_left(script.record())}"
    for change in changes.tables:
        # crontab -l leaves out the three lines that Debian's crontab(1) puts above, so sed counts from below them.
        table, header = change.table, change.table.header_lines(change.before)
        before, after = table.sha256(change.before), table.sha256(change.after)
        rows = change.before.decode("utf-8", "surrogateescape").split("\n")
        edits = [
            # A `|` parts the expression: markers hold none.
            f"-e '{number - header}s|^|{marker(rows[number - 1], jobs[table.path][number])}|'"
            for number in change.lines
        ]
        owners = hidden_markers(rows, {number: jobs[table.path][number] for number in change.lines})
        edits += [f"-e '{number - header}s|.*|{spelled}|'" for number, spelled in owners.items()]
        proof += f" {after}"
        parts.append(_comment_table(table, before, after, " ".join(edits)))
    return "".join([*parts, _TAIL]), _receipt(proof)


def restore_script(
    table_lines: Sequence[tuple[Table, Sequence[tuple[str, str]]]],
    scripts: Sequence[tuple[ScriptFile, Mapping[str, object]]] = (),
) -> tuple[str, str]:
    """The script that brings lines and scripts back, and its receipt. ``table_lines``: a table with (names as in the marker,
    digest) of each of its lines; these are found by their markers, so the rest of the table may have changed. ``scripts``:
    each with what its job's record keeps of it."""
    parts = [_head("restored"), "between_reads\n"]
    proof = "restored"
    for script, record in scripts:
        parts.append(_script_on(script, record))
        proof += f" {_live(record)}"
    for table, lines in table_lines:
        parts.append(_where(table) + 'list\ncp "$WORK/old" "$WORK/new"\n')
        for names, digest in lines:
            parts.append(_restore_line(f"# cron2fargate moved {names} {digest}: ", digest))
            parts.append(_show_marker(f"# cron2fargate marker {names} "))
            proof += f" {digest}"
        parts.append('if ! cmp -s "$WORK/old" "$WORK/new"; then\n    install_new\nfi\n')
    return "".join([*parts, _TAIL]), _receipt(proof)


def _perms(mode: object) -> str:
    """Ten characters as ``ls -l`` has them for a plain file."""
    return stat.filemode(stat.S_IFREG | int(str(mode)))


def _left(record: Mapping[str, object]) -> str:
    """What the host's script says of one that is out of use."""
    return str(record["digest"]) if record["way"] == "name" else _perms(int(str(record["mode"])) & ~0o111)


def _live(record: Mapping[str, object]) -> str:
    return str(record["digest"]) if record["way"] == "name" else _perms(record["mode"])


def _call(function: str, script: ScriptFile, *words: str) -> str:
    named = [script.on_host, f"{script.on_host.rpartition('/')[0]}/{script.hidden.name}"]
    return f"\n{function} {' '.join(map(shlex.quote, [*named, *words]))}\n"


def _script_off(change: ScriptChange) -> str:
    record = change.record()
    if change.way == "name":
        return _call("give_name", change.script, change.before.digest)
    # A plain file's identity is its bytes too: an edit since the scan is refused as it is for a table.
    return _call("take_bits", change.script, _perms(record["mode"]), _left(record), change.before.digest)


def _script_on(script: ScriptFile, record: Mapping[str, object]) -> str:
    if record["way"] == "name":
        return _call("take_name", script, str(record["digest"]))
    return _call("give_bits", script, f"{int(str(record['mode'])):o}", _live(record), _left(record))


_TAIL = 'echo "cron2fargate: done; receipt $(printf %s "$PROOF" | sum | cut -c1-12)"\n'


def _head(word: str) -> str:
    return _TEMPLATE.read_text(encoding="utf-8").replace("@backups@", BACKUPS_ON_HOST).replace("@word@", word)


def _where(table: Table) -> str:
    if table.on_host == "-":
        raise UserError("the table came from standard input, so its host and owner are not known; scan it as a file")
    user = table.user if table.spool else None
    return f"\nTABLE={shlex.quote(table.on_host)}\nUSER_TABLE={shlex.quote(user or '')}\n"


def _comment_table(table: Table, before: str, after: str, edits: str) -> str:
    named = shlex.quote(f"{table.on_host} was edited since the scan; nothing was changed in it: scan again")
    return f"""{_where(table)}list
GOT=$(sum <"$WORK/old")
if [ "$GOT" != {after} ]; then
    [ "$GOT" = {before} ] || die {named}
    sed {edits} <"$WORK/old" >"$WORK/new"
    [ "$(sum <"$WORK/new")" = {after} ] || die "sed made another text than was planned; nothing was changed"
    install_new
fi
PROOF="$PROOF $GOT"
"""


def _restore_line(mark: str, digest: str) -> str:
    return f"""MARK='{mark}'
NUMBER=$(grep -n "^$MARK" "$WORK/new" | cut -d: -f1)
if [ -n "$NUMBER" ]; then
    case $NUMBER in *[!0-9]*) die "a marker stands in the table more than once; nothing was changed" ;; esac
    GOT=$(sed -n "${{NUMBER}}s|^$MARK||p" "$WORK/new" | tr -d '\\n' | sum | cut -c1-16)
    [ "$GOT" = {digest} ] || die "line $NUMBER was edited behind its marker; nothing was changed"
    sed -e "${{NUMBER}}s|^$MARK||" <"$WORK/new" >"$WORK/next"
    mv "$WORK/next" "$WORK/new"
else
    GOT=''
    while IFS= read -r ROW || [ -n "$ROW" ]; do
        [ "$(printf %s "$ROW" | sum | cut -c1-16)" != {digest} ] || GOT={digest}
    done <"$WORK/new"
    [ -n "$GOT" ] || die "neither the line nor its marker is in the table; nothing was changed"
fi
PROOF="$PROOF $GOT"
"""


def _show_marker(mark: str) -> str:
    """Owners' markers that went out of use with a line: `=ooo` back into bytes, by printf's own octal escape."""
    return f"""while :; do
    NUMBER=$(grep -n '^{mark}' "$WORK/new" | sed -n 1p | cut -d: -f1)
    [ -n "$NUMBER" ] || break
    RAW=$(sed -n "${{NUMBER}}s|^{mark}[0-9a-f]*: ||p" "$WORK/new" | sed 's/=\\([0-7][0-7][0-7]\\)/\\\\0\\1/g')
    {{ sed "$NUMBER,\\$d" "$WORK/new"; printf '%b\\n' "$RAW"; sed "1,${{NUMBER}}d" "$WORK/new"; }} >"$WORK/next"
    mv "$WORK/next" "$WORK/new"
done
"""


def _receipt(proof: str) -> str:
    return hashlib.sha256(proof.encode()).hexdigest()[:12]
