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
        "presto beeline impala-shell hive duckdb bq cbq monetdb mclient cockroach influx spark-sql "
        "dbal:run-sql sql-query query",
        r"-\w{0,3}[ceqQf]|-execute|--(?:execute|command|query|statement|eval|sql)|sql|query|sql-query|sqlq|dbal:run-sql",
        "sql",
    ),
    # sqlite3(1): the operand behind the file is SQL.
    Language("sqlite3 sqlite db2 surreal", "", "sql"),
    Language("sed gsed", "", "sed"),
)

LITERAL = (
    r"(?:[bBfFrRuUnN]{0,2}(?P<q>'(?:\\'|\"'\")'|\\{0,3}[\"'`])(?P<value>(?:(?!(?P=q))[^\n]){1,500})(?P=q)"
    r"|\\?%?[qQwW]{0,2}(?<=[%q])[qQ]?\s?[({\[<|!/](?P<inner>[^)}\]>|!/\n]{1,500})[)}\]>|!/])"
)
"""A literal of Ruby, Perl, PHP, Python, JavaScript, SQL: in quotes (escaped as the shell around asks), or ``%q(..)``."""

SETS = (
    r"(?<![\w-])(?P<quote>\\{0,3}[\"'])?[$@%:]{0,2}(?P<name>[A-Za-z_]\w{1,60})(?P<closed>\\{0,3}[\"'])?[\]}]?[ \t]{0,4}"
    r"(?:=>|:=|<-|:|=(?![=~])|(?P<comma>,)|\()[ \t]{0,4}"
)
"""``name = ``, ``'name' => ``, ``name: ``, ``define('NAME', ``, ``set_password(``: a name in front of a literal."""

JOINED = (
    r"(?:CURLOPT_|\b\w{1,20}\.|:)(?:PROXY)?_?(?i:USERPWD)[ \t]{0,4}(?:,|=>|=)[ \t]{0,4}\\{0,3}[\"'][^:\"'\s]{0,80}:"
    r"(?P<value>[^\"'\\\n]{1,200})"
)
"""libcurl's CURLOPT_USERPWD (curl_easy_setopt(3)): user and password in one text, in PHP, pycurl, curb."""

NOTHING = frozenset(["None", "nil", "null", "undefined", "undef", "true", "false", "True", "False", "this", "self"])

HELD = r"(?:\\{0,2}\$|@)?(?P<name>[A-Za-z_]\w{0,40}+)[ \t]{0,4}(?=[,;)}\]\n]|\\?[\"']|$)(?!\\?[\"']\w)"
"""A variable alone where a value is wanted: no call, no index, no member of an object."""

PUT = r"(?<![\w.>:-])[$@]?(?P<name>[A-Za-z_]\w{0,40}+)[ \t]{0,4}(?:=(?![=~>])|<-|:=)[ \t]{0,4}"

PROMPT = (
    r"(?i)(?:ass(?:word|wd|phrase|code)|\bword|\bphrase|\bpin)\s?[:?]?[^\n;]{0,20}[;\n,][^\n;]{0,40}?"
    r"(?:send|sendline|send_line|write|puts|print|cmd|writeln|sendLine)[ \t]?\(?[ \t]{0,4}b?(?=\\{0,3}[\"'])"
)

ARGUMENT = r"(?:[^,()\[\]{}\"'`;\n]|\([^()\n]{0,200}\)|\[[^\[\]\n]{0,200}\]|\{[^{}\n]{0,200}\})*+"
"""The rest of an argument, up to its comma; brackets within it, one deep."""

PASSED_OVER = r"\s*(?:-?[\d.]+|:\w+)?\s*$|\s*[$@:]?\w+\s*(?:=>|=|:)"
"""Numbers (ports), symbols (``:login``), and arguments with a name of their own, which another reading sees."""

ALONE = 0
"""Instead of a place: the only argument."""

CALLS = (
    (r"(?:login|log_in|logon|sign_?in|auth|authenticate|authorize|basic_?auth|simple_bind(?:_s)?|bind|HTTPBasicAuth|"
     r"setCredentials|basic|ftp_login|imap_login|userpass|auth_basic|\w{0,20}Credentials?|ssh2_auth_password|"
     r"auth=[\w.]{1,40}|(?:aes|des|pgp_sym)_(?:en|de)crypt(?:_bytea)?|"
     r"oci_connect|oci_pconnect|Redis|StrictRedis|set\w{0,12}(?:Auth|Credentials|Login)\w{0,8})", 2),
    (r"(?:connect|mysqli?_connect|mysqli|pconnect|PDO|open|imap_open|ldap_bind|odbc_connect|"
     r"getConnection|createConnection|Connection|Net::FTP\.new|FTP|Session|create_engine|newInstance|SQLConnect)", 3),
    # Net::SMTP.start(SERVER, PORT, HELO, USER, PASSWORD, HOW): the port is a number, and not counted.
    (r"SMTP\.start", 4),
    # Keys of signatures: jwt.sign(PAYLOAD, KEY), createHmac(HOW, KEY), OpenSSL::HMAC.hexdigest(HOW, KEY, TEXT), PHP's
    # hash_hmac(HOW, TEXT, KEY), Python's hmac.new(KEY, TEXT).
    (r"(?i:jwt)(?:\.|::|->)(?:sign|encode|verify|decode)|createHmac|HMAC\.(?:hex)?digest", 2),
    (r"hash_hmac|openssl_encrypt|openssl_decrypt", 3),
    # pgcrypto: crypt(PASSWORD, SALT)
    (r"hmac\.new|hmac\.digest|crypt", 1),
    # Redis.auth(PASSWORD)
    (r"auth|authenticate", ALONE),
    # LWP::UserAgent: credentials(NETLOC, REALM, USER, PASSWORD); elsewhere it has two.
    (r"credentials", 4),
    (r"credentials", 2),
    (r"(?:set_?[Pp]assword|set_?[Pp]asswd|setPass|ConvertTo-SecureString|create_password|hash_password|secure_string|"
     r"password|set_auth_token|set_?[Tt]oken|setApiKey|set_?api_?key)", 1),
)  # fmt: skip
"""Functions and which of their literals is the secret. ``auth=("bob", "x")`` is a tuple of the same shape."""
