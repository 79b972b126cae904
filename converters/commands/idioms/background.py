"""``CMD &`` and ``CMD || true``: a job that cron does not wait for, and one that hides how it ended."""

from __future__ import annotations

from converters.commands.idioms.peeling import Peeling, is_true


def wait_for_job(peeling: Peeling) -> bool:
    """Take the last ``&``: a container ends when its shell does. Only when nothing else was put into the background."""
    statements = peeling.script.statements
    # POSIX 2.9.3: a background command reads /dev/null, in front it would read cron's data.
    if statements[-1].terminator != "&" or peeling.has_stdin or "background" in peeling.keep:
        return False
    if any(statement.terminator == "&" for statement in statements[:-1]):
        return False
    last = statements[-1]
    peeling.take("background", (peeling.before(last.terminator_at), last.terminator_at + 1))
    last.terminator, last.terminator_at = "", -1
    peeling.find(
        "C416", "`&` put the job into the background; the container waits for it, so that it is not cut short."
    )
    return True


def note_hidden_status(peeling: Peeling) -> None:
    """What hides a failure, or ends too early, in the text that stays."""
    statements = peeling.script.statements
    for statement in statements:
        # As process 1 the shell's end is the container's: every child is killed with it.
        if statement.terminator == "&":
            peeling.find(
                "C417",
                "A part runs in the background (`&`): it is killed when the container's shell ends. Let it `wait`.",
            )
        if statement.operators and statement.operators[-1] == "||" and is_true(statement.pipelines[-1]):
            peeling.find("C413", "`|| true` hides a failure: the task always ends with 0, and no alarm can see it.")
        elif len(statement.pipelines[-1].commands) > 1 and "pipefail" not in peeling.layer.interpreter:
            peeling.find("C414", "A pipe hides the exit status of all but its last command.")
