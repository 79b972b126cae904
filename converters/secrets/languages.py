"""Programs whose arguments are programs themselves, as data: `ruby -e`, `psql -c`, `sed`; and what logs in there."""

from __future__ import annotations

from typing import Literal, NamedTuple

Tongue = Literal["code", "sql", "sed"]


class Language(NamedTuple):
    """``flags`` is a pattern for the word before the text; empty where any quoted word of the program is one."""

    programs: str
    flags: str
    tongue: Tongue = "code"


LANGUAGES = (
    # `-e` bundles with other letters (`perl -ne`); Rails' runner takes the text as its operand.
    Language(
        "ruby jruby rails runner perl lua luajit tarantool Rscript groovy scala julia elixir", r"-\w{0,6}[eE]|r|runner"
    ),
    Language(
        "python python2 python3 python3.9 python3.10 python3.11 python3.12 python3.13 pypy3 ipython manage.py", "-c"
    ),
    # php(1): `-r` runs code, `-B` and `-R` run it before and for each line.
    Language("php wp drush", r"-[rBR]|eval|ev|php-eval|php:eval"),
    Language("artisan tinker", "--execute"),
    Language("node nodejs deno bun coffee ts-node", r"-[ep]{1,2}|--eval|--print|eval"),
    Language("osascript", "-e"),
    Language("pwsh powershell", r"(?i:-c|-command)"),
    Language("mongo mongosh", "--eval"),
    # Their first operand is the program.
    Language("awk gawk mawk nawk jq yq", ""),
    Language(
        "psql mysql mariadb sqlcmd isql tsql osql clickhouse-client clickhouse-local cqlsh snowsql vsql hdbsql nzsql trino "
        "presto beeline impala-shell hive duckdb bq cbq monetdb mclient cockroach spark-sql dbal:run-sql sql-query query",
        r"-\w{0,3}[ceqQf]|--(?:execute|command|query|statement|eval|sql)|sql|query|sql-query|sqlq|dbal:run-sql",
        "sql",
    ),
    # sqlite3(1): the operand behind the file is SQL.
    Language("sqlite3 sqlite db2 surreal", "", "sql"),
    Language("sed gsed", "", "sed"),
)

LITERAL = (
    r"(?:(?P<q>'(?:\\'|\"'\")'|\\{0,3}[\"'`])(?P<value>(?:(?!(?P=q))[^\n]){1,500})(?P=q)"
    r"|\\?%?[qQwW]{0,2}(?<=[%q])[qQ]?\s?[({\[<|!/](?P<inner>[^)}\]>|!/\n]{1,500})[)}\]>|!/])"
)
"""A literal of Ruby, Perl, PHP, Python, JavaScript, SQL: in quotes (escaped as the shell around asks), or ``%q(..)``."""

SETS = (
    r"(?<![\w-])(?P<quote>\\{0,3}[\"'])?[$@%:]{0,2}(?P<name>[A-Za-z_]\w{1,60})(?:\\{0,3}[\"'])?\]?[ \t]{0,4}"
    r"(?:=>|:=|<-|:|=(?![=~])|(?P<comma>,)|\()[ \t]{0,4}"
)
"""``name = ``, ``'name' => ``, ``name: ``, ``define('NAME', ``, ``set_password(``: a name in front of a literal."""

CALLS = (
    (r"(?:login|log_in|logon|sign_?in|auth|authenticate|authorize|basic_?auth|simple_bind(?:_s)?|bind|HTTPBasicAuth|"
     r"setCredentials|basic|ftp_login|imap_login|userpass|auth_basic|NetworkCredential|PSCredential)", 2),
    (r"(?:connect|mysqli?_connect|mysqli|pconnect|PDO|open|start|imap_open|ldap_bind|oci_connect|odbc_connect|"
     r"getConnection|createConnection|Connection|Net::FTP\.new|FTP|Session|create_engine)", 3),
    # LWP::UserAgent: credentials(NETLOC, REALM, USER, PASSWORD); elsewhere it has two.
    (r"credentials", 4),
    (r"credentials", 2),
    (r"(?:set_?[Pp]assword|set_?[Pp]asswd|setPass|ConvertTo-SecureString|create_password|hash_password|secure_string|"
     r"password|set_auth_token|set_?[Tt]oken|setApiKey|set_?api_?key)", 1),
)  # fmt: skip
"""Functions and which of their literals is the secret. ``auth=("bob", "x")`` is a tuple of the same shape."""
