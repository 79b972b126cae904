"""The vocabulary of names: which words of a command say what a job is, and which only say how it is started."""

from __future__ import annotations

import re


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


KEYWORDS = words_in("""if then elif else fi for while until do done case esac in { } ! [[ ]] time function select""")

SKIPPED = words_in(
    """: . [ [[ alias cd eval exit export false for case getopts hash local popd pushd read return set shift
    shopt sleep source let expr yes seq nproc test trap true type ulimit umask unset wait pgrep pidof anacron usleep"""
)
"""Programs that guard or prepare; they never name a job."""

GUARDS = words_in("[ [[ test command type hash which expr true false : pgrep pidof ps grep id hostname")
"""Programs that only ask whether a job is to run."""

LEFT_OPEN = words_in("a an and by for from in into of on or the to with")
"""Words that wait for another one."""

WEAK = words_in(
    """cat chmod chown cp cut date echo env grep egrep head hostname kill killall ln logger ls mail mailx mkdir
    mv printf rm rmdir sed sendmail sort tail tee touch tr ts wc whereis which who whoami xargs"""
)
"""Programs that name a job only where nothing else does."""

WRAPPERS: dict[str, tuple[str, int]] = {
    "asdf exec": ("", 0),
    "bin/dotenv": ("f", 0),
    "builtin": ("", 0),
    "bundle exec": ("", 0),
    "busybox": ("", 0),
    "caffeinate": ("tw", 0),
    "chpst": ("ulemdopfcrt", 0),
    "chronic": ("", 0),
    "chrt": ("TPD", 1),
    "command": ("", 0),
    "conda run": ("np", 0),
    "croncape": ("", 0),
    "cronic": ("", 0),
    "cronitor exec": ("", 1),
    "cronlog": ("", 0),
    "direnv exec": ("", 1),
    "doas": ("uC", 0),
    "dotenv": ("fei", 0),
    "env": ("uCS", 0),
    "envdir": ("", 1),
    "eval": ("", 0),
    "exec": ("a", 0),
    "flock": ("wE", 1),
    "foreman run": ("ef", 0),
    "gosu": ("", 1),
    "heroku run": ("a", 0),
    "ionice": ("cnpPu", 0),
    "keep-one-running": ("", 0),
    "kubectl exec": ("nc", 1),
    "lockf": ("t", 1),
    "lockrun": ("LSRT", 0),
    "mise exec": ("", 0),
    "mise x": ("", 0),
    "nice": ("n", 0),
    "nocache": ("", 0),
    "nohup": ("", 0),
    "npx": ("p", 0),
    "nvm exec": ("", 1),
    "pipenv run": ("", 0),
    "poetry run": ("", 0),
    "proxychains": ("f", 0),
    "pyenv exec": ("", 0),
    "rbenv exec": ("", 0),
    "run-one": ("", 0),
    "run-one-constantly": ("", 0),
    "run-one-until-failure": ("", 0),
    "run-one-until-success": ("", 0),
    "run-this-one": ("", 0),
    "runalarm": ("t", 0),
    "runlock": ("ft", 0),
    "runstat": ("f", 0),
    "runuser": ("ug", 0),
    "rvm-exec": ("", 1),
    "screen": ("Sc", 0),
    "setarch": ("", 1),
    "setlock": ("", 1),
    "setsid": ("", 0),
    "setuidgid": ("", 1),
    "sg": ("", 1),
    "softlimit": ("acdfmoprst", 0),
    "ssh": ("bcDEeFIiJLlmOopQRSWw", 1),
    "sshpass": ("pfdP", 0),
    "stdbuf": ("ioe", 0),
    "sudo": ("ugphCTrtRDU", 0),
    "systemd-cat": ("tp", 0),
    "systemd-run": ("pu", 0),
    "taskset": ("", 1),
    "time": ("fo", 0),
    "timeout": ("ks", 1),
    "unbuffer": ("", 0),
    "uv run": ("p", 0),
    "watch": ("n", 0),
    "with-contenv": ("", 0),
    "xargs": ("nIPLdsEa", 0),
    "xvfb-run": ("nspef", 0),
}
"""Programs that start another: the letters of their options that have a value, and how many operands come first."""

SHELL = re.compile(r"(?:ba|da|z|k|a)?sh")
INTERPRETER = re.compile(
    r"(?:(?:ba|da|z|k|a|fi|tc|c)?sh|python[\d.]*w?|pypy3?|php[\d.-]*(?:cgi|cli|fpm)?|perl[\d.]*|ruby[\d.]*|jruby|node|nodejs"
    r"|Rscript|lua|deno|bun|tclsh|java|julia|osascript|groovy|ts-node|tsx|guile|expect|pwsh|hhvm|bundle|lsphp)"
)

DRIVERS = words_in(
    """ant artisan cap composer console craft django-admin fab gradle gradlew grunt gulp invoke just make manage
    mix mvn npm pnpm rails rake run-cron run-parts run_task runner script task thor yarn yii"""
)
"""Programs that stand for what they are asked to start."""

GENERIC = words_in(
    """app batch crontab cmd command console cron cronjob cronjobs cronrun daily hourly index init job jobs launch main
    manage monthly process run runner script scripts start task tasks update wrapper weekly worker execute
    exec server entrypoint cli bin service"""
)
"""Names of programs that say nothing without their directory."""

PLACES = words_in(
    """. .. app apps artisan backend batch bin build code cron cronjobs cron.d crons current data deploy dist etc
    files home htdocs html httpdocs jobs lib libexec live local lock opt private project projects pub public
    public_html releases repo root run sbin script scripts share shared sites src srv storage sys system tasks
    temp tmp tools ubuntu user users usr util utils var vendor venv web webroot workspace www ec2-user
    deployer pi admin python node php"""
)
"""Directories that every server has."""

VAGUE_VERBS = words_in(
    """check renew rotate update clean cleanup dump monitor status stop start restart refresh snap temp sub process sync
    watch watchdog build deploy generate fetch send notify index reset mail work test loop poll collect purge export"""
)
"""Names of scripts that say what is done and not to what: their directory goes before them."""

SECRET_LETTERS = frozenset("aAkKpPsStuUwWxX")
"""One-letter options after which a word may be a password, a key or a user; their values stay out of names."""

SECRET_WORD = re.compile(
    r"pass(?:w(?:or)?d|phrase)?|pwd|secret|token|cred|api_?key|auth|private|webhook|(?:^|[_-])key|signature|cookie|session|bearer",
    re.IGNORECASE,
)

VALUE_FLAGS = {
    "aws": "", "mysql": "hDe", "mysqldump": "h", "psql": "hdcf", "pg_dump": "hdf", "redis-cli": "hn", "rsync": "ef",
    "tar": "fC", "make": "Cfj", "mvn": "f", "rake": "fRe", "npm": "C", "git": "C", "kubectl": "n", "logrotate": "s",
}  # fmt: skip

NOISE_OPERANDS = words_in("production prod staging development dev run null")
"""Operands that say where a job runs, not what it does."""

NOISE_VALUED = words_in(
    """config contact database-user env environment host locale log log-file logfile lockfile max-time memory-limit
    output port pythonpath settings time-limit timeout url user"""
)
"""Long options that say how a job runs, followed by a word that does not name it either."""

NOISE_FLAGS = NOISE_VALUED | words_in(
    """
    allow-root ansi assume-yes batch check-certificate color daemon debug force-renew lock login no-ansi
    no-check-certificate no-color no-debug no-input no-interaction no-progress no-random-sleep-on-renew
    no-verbose noinput nolock non-interactive progress quiet report silent stats trace verbose yes
    """
)
"""Long options that say how a job runs."""

EXTENSIONS = words_in(
    """sh bash zsh ksh csh py pyc pyz php php5 phtml phar pl pm rb js ts mjs cjs jar war exe bat ps1 r lua awk
    sql sas tcl go json yml yaml xml conf cfg ini toml cron txt log csv gz tgz bz2 xz zip tar html htm cgi aspx
    jsp env service timer command bin out lock pid"""
)
"""Ends of file names that tell the format."""

HOSTS_WITHOUT_NAME = words_in("www localhost example app web api server host local internal")
"""Labels of host names that say nothing of a job."""

TELLING_OPTIONS = words_in("type queue name month cron period kind mode stage profile-name frequency")
"""Options whose value says which work it is."""

TELLING_FLAGS = words_in(
    """all full incremental differential daily weekly monthly yearly hourly nightly digest major minor inactive expiring
    untested sample cleanup prune update-cache optimize"""
)
"""Options without a value that say which work it is."""

NOISE_CALLS = words_in(
    """new self tap where find_each each all first last update_all delete_all destroy_all perform_now perform_later
    deliver_now deliver_later deliver now call run execute perform unscoped includes joins in_batches not order limit"""
)
"""Links of a chain of calls that say nothing of what it is about."""

NAMES_OF_TASKS: dict[str, tuple[str, ...]] = {
    "artisan schedule:run": ("laravel", "schedule"),
    "artisan queue:work": ("queue", "work"),
    "artisan queue:restart": ("queue", "restart"),
    "wp cron event": ("wp", "cron"),
    "drush cron": ("drupal", "cron"),
    "drush core-cron": ("drupal", "cron"),
}
"""Tasks that have a name of their own among people."""
