"""What differs between shells, as a table: a construct, what each shell makes of it, and the words for it.

Source: each row was run in dash 0.5.12, bash 5.2 called as ``sh``, and BusyBox 1.35's ash; ``tests/command/test_dialects.py``
runs them again and compares. Busybox is built with other features elsewhere, and Debian 13's dash knows ``pipefail``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from converters.schedules.date_output import Shell

Outcome = Literal["works", "refused", "ends", "fails", "differs"]
"""``works``    as bash does it
``refused``  a syntax error: of a command line nothing at all runs, the status is 2 (of a script, nothing from that line on)
``ends``     an error of a special builtin or an expansion: the shell ends at this point, and no ``|| true`` helps
``fails``    this command fails (not found, illegal option); the text goes on, perhaps in the other branch
``differs``  it runs, and does something else in silence"""


class Construct(NamedTuple):
    """``dash``, ``bash`` (called as ``sh``) and ``ash`` are outcomes; ``does`` says what comes of it, a clause behind the
    shell's name; ``ash_does`` where BusyBox's words are others. ``shellcheck`` is its number under ``-s dash`` (0.9.0), 0
    where it is silent."""

    name: str
    dash: Outcome
    bash: Outcome
    ash: Outcome
    does: str
    shellcheck: int = 0
    ash_does: str = ""

    def outcome(self, shell: Shell) -> Outcome:
        return {"dash": self.dash, "bash": self.bash, "ash": self.ash}[shell]

    def clause(self, shell: Shell) -> str:
        """What comes of it in a shell that does not read it as bash does."""
        own = self.ash_does if shell == "ash" and self.ash_does else self.does
        return own or _GENERAL[self.outcome(shell)]


_GENERAL: Mapping[Outcome, str] = {
    "works": "reads it as bash does",
    "refused": "refuses the text (syntax error): nothing of it runs",
    "ends": "ends there with status 2, and no `|| true` helps",
    "fails": "has no such command: it fails with 127, and the text goes on",
    "differs": "does something else",
}
_NO_OPTION = "takes no such option: the command fails with 2, and the text goes on"
_NO_SIGNAL = "takes signals without SIG only: it fails, and no handler is set"
_EMPTY = "does not set it: it is empty"
_NO_COMMAND = "has no such command: it fails with 127, which counts as false"

_ROWS: tuple[Construct, ...] = (
    # redirections and pipes
    Construct(
        "&>",
        "differs",
        "works",
        "works",
        "takes it for `&` and `>`: the command runs in the background, the file is left empty, and the output goes to "
        "cron's mail",
        3020,
    ),
    Construct(
        "&>>",
        "differs",
        "works",
        "refused",
        "takes it for `&` and `>>`: the command runs in the background, nothing is appended, and the output goes to "
        "cron's mail",
        0,
        "refuses the text (syntax error): nothing of it runs",
    ),
    Construct(
        ">& FILE", "ends", "works", "works", "finds no descriptor of that name and ends there with status 2", 3021
    ),
    Construct("|&", "refused", "works", "refused", "", 3029),
    Construct("<<<", "refused", "works", "refused", "", 3011),
    Construct("<( )", "refused", "works", "works", "", 3001),
    Construct(
        "a descriptor above 9",
        "differs",
        "works",
        "works",
        "takes the number for an argument, and the output goes to the file",
        3023,
    ),
    Construct("a block's descriptor above 9", "refused", "works", "works", "", 3023),
    Construct(
        "{NAME}> FILE",
        "differs",
        "works",
        "differs",
        "takes `{NAME}` for an argument, and the output goes to the file",
        3022,
    ),
    Construct(
        "exec {NAME}> FILE", "ends", "works", "ends", "takes `{NAME}` for a program and ends there with 127", 3022
    ),
    Construct(
        "/dev/tcp", "fails", "works", "fails", "takes it for a file that is not there: the command does not run", 3025
    ),
    Construct("$(< FILE)", "differs", "works", "differs", "reads nothing: it is empty", 3034),
    # compound commands
    Construct("[[ ]]", "fails", "works", "works", _NO_COMMAND, 3010),
    Construct("[[ ( ) ]]", "refused", "works", "refused", "", 3010),
    Construct("[[ | ]]", "fails", "works", "fails", "takes the bar for a pipe: it fails, which counts as false", 3010),
    # BusyBox's `[[` is a command like another: words are split, patterns become names of files, an empty word goes away.
    Construct(
        "[[ == PATTERN ]]",
        "fails",
        "works",
        "differs",
        _NO_COMMAND,
        3010,
        "looks for files first: where the pattern meets one in the current directory, the file's name is compared",
    ),
    Construct(
        "[[ == 'PATTERN' ]]",
        "fails",
        "works",
        "differs",
        _NO_COMMAND,
        3010,
        "takes it for a pattern, quoted or not",
    ),
    Construct(
        "[[ =~ \\ ]]",
        "fails",
        "works",
        "differs",
        _NO_COMMAND,
        3010,
        "takes the backslashes away before it reads the expression",
    ),
    Construct(
        "[[ -n $NAME ]]",
        "fails",
        "works",
        "differs",
        _NO_COMMAND,
        3010,
        "drops the word that an unquoted empty variable is: `-n` is then true",
    ),
    Construct(
        "[[ < ]]",
        "fails",
        "works",
        "fails",
        "has no such command and takes `<` or `>` for a file: it fails, which counts as false, and may empty a file",
        3010,
        "takes `<` or `>` for a file: it fails, which counts as false, and may empty a file",
    ),
    Construct(
        "[[ > ]]",
        "fails",
        "works",
        "differs",
        "has no such command and takes `>` for an output: it fails, which counts as false, and empties a file",
        3010,
        "takes `>` for an output: it asks something else, and empties a file",
    ),
    Construct(
        "(( ))",
        "fails",
        "works",
        "fails",
        "takes it for two subshells and a program of that name: it fails with 127, which counts as false",
        3006,
    ),
    Construct(
        "(( = ))",
        "differs",
        "works",
        "differs",
        "takes it for an assignment in a subshell: the variable stays as it was",
        3006,
    ),
    Construct("[[ ]] then", "refused", "works", "refused", "", 1010),
    Construct(
        "(( > ))",
        "fails",
        "works",
        "fails",
        "takes it for a program whose output goes to a file of the number's name: it fails, which counts as false",
        3006,
    ),
    Construct("for (( ))", "refused", "works", "refused", "", 3005),
    Construct("select", "refused", "works", "refused", "", 3008),
    Construct(";&", "refused", "works", "refused", "", 2127),
    Construct("time { }", "refused", "works", "refused", "", 2177),
    Construct("time ( )", "refused", "works", "refused", "", 2177),
    Construct("function", "refused", "works", "works", "", 2113),
    Construct("a function's name", "refused", "ends", "refused", "", 3033),
    Construct("coproc { }", "refused", "works", "refused", "", 3032),
    Construct("coproc", "fails", "works", "fails", "", 3032),
    # variables
    Construct("NAME=( )", "refused", "works", "refused", "", 3030),
    Construct(
        "NAME+=", "fails", "works", "fails", "takes it for a program of that name: 127, the variable stays", 3024
    ),
    Construct("NAME[N]=", "fails", "works", "fails", "takes it for a program of that name: 127", 0),
    Construct("${NAME[N]}", "ends", "works", "ends", "", 3054),
    Construct("${NAME/A/B}", "ends", "works", "works", "", 3060),
    Construct("${NAME/%A/B}", "ends", "works", "differs", "", 3060, "takes the `%` or `#` for one more character"),
    Construct("${NAME:N}", "ends", "works", "works", "", 3057),
    Construct("${NAME^^}", "ends", "works", "ends", "", 3059),
    Construct("${!NAME}", "ends", "works", "ends", "", 3053),
    Construct("${NAME@Q}", "ends", "works", "ends", "", 0),
    Construct("$'..'", "differs", "works", "works", "leaves the `$` in front and takes no escape but a few", 3003),
    Construct(
        "$'\\''", "refused", "works", "works", "finds a quote left open (syntax error): nothing of it runs", 3003
    ),
    Construct('$".."', "differs", "works", "differs", "leaves the `$` in front", 3004),
    Construct("{A,B}", "differs", "works", "differs", "leaves the text as it stands, braces and all", 3009),
    Construct(
        "[^ ]", "differs", "works", "works", "takes `^` for one more of the characters: it matches the opposite", 3026
    ),
    # arithmetic
    Construct("$[ ]", "differs", "works", "differs", "leaves the text as it stands", 3007),
    Construct("** in arithmetic", "ends", "works", "works", "", 3019),
    Construct("++ in arithmetic", "ends", "works", "works", "", 3018),
    Construct("++NAME", "differs", "works", "works", "takes it for two signs: the variable is never counted up", 3018),
    Construct(
        "--NAME", "differs", "works", "works", "takes it for two signs: the variable is never counted down", 3018
    ),
    Construct(", in arithmetic", "ends", "works", "works", "", 0),
    Construct("10#", "ends", "works", "works", "", 3052),
    Construct(
        "$RANDOM in arithmetic", "ends", "works", "works", "finds it empty, fails and ends there with status 2", 3028
    ),
    Construct("RANDOM in arithmetic", "differs", "works", "works", "counts it as 0, always", 3028),
    # names that only bash sets
    Construct("$RANDOM", "differs", "works", "works", _EMPTY, 3028),
    Construct("$HOSTNAME", "differs", "works", "works", _EMPTY, 3028),
    Construct("$EPOCHSECONDS", "differs", "works", "works", _EMPTY, 3028),
    Construct("$LINENO", "differs", "works", "works", _EMPTY, 0),
    Construct("$UID", "differs", "works", "differs", _EMPTY, 3028),
    # builtins
    Construct("source", "fails", "works", "works", "", 3046),
    Construct("let", "fails", "works", "works", "", 3039),
    Construct("declare", "fails", "works", "fails", "", 3044),
    Construct("pushd", "fails", "works", "fails", "", 3044),
    Construct("shopt", "fails", "works", "fails", "", 3044),
    Construct("builtin", "fails", "works", "fails", "", 0),
    Construct("local", "ends", "works", "ends", "", 2168),
    Construct(
        "set -o pipefail",
        "ends",
        "works",
        "works",
        "has no such option before Debian 13: it ends there with status 2, and no `|| true` helps",
        0,
    ),
    Construct("set -o NAME", "ends", "works", "fails", "has no such option: it ends there with status 2", 0),
    Construct("set -LETTER", "ends", "works", "ends", "has no such option: it ends there with status 2", 0),
    Construct("read -a", "fails", "works", "fails", _NO_OPTION, 3045),
    Construct("read -t", "fails", "works", "works", _NO_OPTION, 3045),
    Construct("read", "fails", "works", "works", "wants the name of a variable: it fails with 2", 0),
    Construct("printf %(..)T", "fails", "works", "fails", "knows no such format: it fails", 0),
    Construct("printf %q", "fails", "works", "fails", "knows no such format: it fails", 3050),
    Construct("printf -v", "fails", "works", "differs", _NO_OPTION, 3045, "prints `-v` and sets nothing"),
    Construct("printf \\x", "differs", "works", "works", "prints the escape as it stands", 0),
    Construct("echo -e", "differs", "works", "works", "prints the option too", 3036),
    Construct("echo \\", "differs", "works", "works", "takes the escapes (`\\n`, `\\t`) for what they mean", 0),
    Construct("trap ERR", "fails", "works", "works", "knows no such condition: it is never called", 3047),
    Construct("trap DEBUG", "fails", "works", "fails", "knows no such condition: it is never called", 3047),
    Construct("trap SIGTERM", "fails", "works", "works", _NO_SIGNAL, 3048),
    Construct(
        "kill -SIGTERM", "fails", "fails", "works", "takes signals without SIG only: it fails, nothing is sent", 0
    ),
    Construct("wait -n", "fails", "works", "works", _NO_OPTION, 3045),
    Construct("exec 10>", "ends", "works", "works", "takes the number for a program and ends there with 127", 3023),
    Construct("exec -a", "ends", "works", "works", "takes `-a` for a program and ends there with 127", 3038),
    Construct(
        "type -a", "differs", "works", "works", "takes the option for one more name: it prints other words", 3045
    ),
    Construct(
        "type -t", "differs", "works", "differs", "takes the option for one more name: it prints other words", 3045
    ),
    Construct(
        ". FILE", "ends", "ends", "ends", "looks for it along PATH only, not here: it ends there with status 2", 0
    ),
    Construct(
        ". FILE ARGUMENT", "differs", "works", "works", "does not hand the arguments on: `$1` is none of them", 2240
    ),
    Construct("export -f", "ends", "works", "ends", "knows no such option: it ends there with status 2", 3045),
    Construct("export -n", "ends", "works", "works", "knows no such option: it ends there with status 2", 3045),
    Construct("export NAME+=", "ends", "works", "ends", "takes it for a bad name and ends there with status 2", 3024),
    Construct("exit -N", "ends", "works", "ends", "takes no negative number: it ends with status 2 instead", 2242),
    Construct("return", "ends", "ends", "ends", "ends there", 2317),
    Construct("ulimit -u", "fails", "works", "works", _NO_OPTION, 0),
    Construct(
        "ulimit -p", "differs", "works", "fails", "limits processes with it, not the size of pipes", 0, _NO_OPTION
    ),
    # tests
    Construct("==", "fails", "works", "works", "knows `=` only: the test fails with 2, which counts as false", 3014),
    Construct("[ -v ]", "fails", "works", "fails", "knows no such test: it fails with 2, which counts as false", 3016),
    Construct("[[ -v ]]", "fails", "works", "fails", "knows no such test: it fails, which counts as false", 3010),
    # errors of every shell
    # bash(1), `extglob`: off in `bash -c`, and `shopt -s extglob` on the same line comes after the line was read.
    Construct("extglob", "refused", "refused", "refused", "", 3002),
    Construct("& ;", "refused", "refused", "refused", "", 1045),
    Construct(";; outside of case", "refused", "refused", "refused", "", 1089),
    Construct("nothing behind it", "refused", "refused", "refused", "", 1072),
    Construct("an empty branch", "refused", "refused", "refused", "", 1048),
)
CONSTRUCTS: Mapping[str, Construct] = {row.name: row for row in _ROWS}
"""By name."""
