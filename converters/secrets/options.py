"""Secrets known by the program that reads them, as data: ``mysql -pX``, ``curl -u user:X``, ``echo X | sudo -S``."""

from __future__ import annotations

from typing import NamedTuple

_BARE = r"(?:\\.|\$\([^)]{0,200}\)|`[^`]{0,200}`|[^\s;|&()<>'\"`\\])+"


def value(before: str = "") -> str:
    """A shell word, or what follows ``before`` in one; the group that took part holds the value without its quotes."""
    return (
        rf"(?:'\\''{before}([^'\n]{{1,1000}})'\\''|\\{{1,8}}\"{before}([^\"\\\n]{{1,1000}})\\{{1,8}}\""
        rf"|\"{before}((?:[^\"\\]|\\.){{1,1000}})\"|\$?'{before}([^']{{1,1000}})'|{before}({_BARE})|[\"']{before}([^\s'\"]+))"
    )


VALUE = value()

ATTACHED = ""
NEXT = r"(?:[ \t]{1,20}|=)"
EITHER = f"{NEXT}?"
_WORD = r"[^\s'\"-][^\s'\"]{0,127}[ \t]{1,8}"
_USER = r"[^:\s=]{0,128}:"


class Option(NamedTuple):
    """``pattern`` matches an option, or a word, of one of the ``programs``; its group is the secret.

    ``variable`` is not one that the programs read by themselves: else the secret would reach their other calls too.
    """

    programs: str
    variable: str
    pattern: str
    dash: bool = True


def _option(programs: str, variable: str, flag: str, place: str, before: str = "") -> Option:
    return Option(programs, variable, f"(?:{flag}){place}{value(before)}")


def _operand(programs: str, variable: str, words: str, before: str = "") -> Option:
    return Option(programs, variable, f"{words}{value(before)}", dash=False)


_MYSQL = (
    "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlslap mysqlpump mysqlbinlog mysqlhotcopy mysqlsh "
    "mysqlrepair mysqloptimize mysqlanalyze mytop mariadb mariadb-dump mariadb-admin mariadb-import mariadb-check "
    "mariadb-show mariadb-binlog mariabackup mariadb-backup xtrabackup innobackupex"
)
_MONGO = "mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles"
_LDAP = "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare"
_SMB = "smbclient smbget smbtar smbspool rpcclient winexe net smbcacls"
_SNMP = "snmpget snmpset snmpwalk snmpbulkwalk snmptrap snmpgetnext snmptable snmpinform"
_FLAGS = r"(?:-\w{1,8}[ \t]{1,8}(?:\d{1,2}[ \t]{1,8})?){0,4}"

OPTIONS: tuple[Option, ...] = (
    _option(_MYSQL, "MYSQL_PASSWORD", "-p", ATTACHED),
    _option("mydumper myloader", "MYSQL_PASSWORD", "-p", EITHER),
    _option("sshpass", "SSH_PASSWORD", "-p", EITHER),
    _option("redis-cli redis-benchmark", "REDIS_PASSWORD", "-a|--pass", NEXT),
    _option("curl", "CURL_PASSWORD", "-[A-Za-z]{0,8}[uU]", EITHER, _USER),
    _option("curl", "CURL_PASSWORD", "--(?:proxy-)?user", NEXT, _USER),
    Option(
        "curl",
        "PROXY_PASSWORD",
        rf"(?:-x|--(?:proxy|preproxy|socks5[a-z]{{0,8}})){NEXT}['\"]?(?:\w{{1,9}}://)?[^:/@\s'\"]{{1,128}}:([^\s'\"]{{1,200}})@",
    ),
    _option("curl", "CERT_PASSWORD", "-E|--(?:proxy-)?cert", NEXT, r"[^:\s]{1,255}:"),
    _option("curl", "OAUTH_TOKEN", "--oauth2-bearer", NEXT),
    _option("http https xh", "HTTP_PASSWORD", "-a|--auth", NEXT, _USER),
    _option("lftp lftpget ncftp ncftpget ncftpput", "FTP_PASSWORD", "-u", EITHER, r"[^,\s]{1,128},"),
    _option("ncftp ncftpget ncftpput ncftpls", "FTP_PASSWORD", "-p", EITHER),
    _option(_SMB, "SMB_PASSWORD", "-U", EITHER, r"[^%\s'\"]{1,128}?%"),
    _option(_SMB, "SMB_PASSWORD", "--user", NEXT, r"[^%\s'\"]{1,128}?%"),
    _option("openssl", "OPENSSL_PASSWORD", "-(?:passin|passout|pass|password)", NEXT, "pass:"),
    _option("openssl", "OPENSSL_PASSWORD", "-[kK]", NEXT),
    # htpasswd -b FILE USER X, but htpasswd -nb USER X
    Option(
        "htpasswd", "HTTP_PASSWORD", rf"(?={_FLAGS}-\w{{0,6}}b)(?!{_FLAGS}-\w{{0,6}}n){_FLAGS}{_WORD}{_WORD}{value()}"
    ),
    Option("htpasswd", "HTTP_PASSWORD", rf"(?={_FLAGS}-\w{{0,6}}b)(?={_FLAGS}-\w{{0,6}}n){_FLAGS}{_WORD}{value()}"),
    _option("zip unzip zipcloak funzip", "ZIP_PASSWORD", "-[A-Za-z0-9]{0,8}P", EITHER),
    _option("7z 7za 7zr 7zz p7zip rar unrar", "ARCHIVE_PASSWORD", "-h?p", ATTACHED),
    _option(_MONGO, "MONGO_PASSWORD", "-p", EITHER),
    _option("sqlcmd bcp osql isql tsql", "SQL_PASSWORD", "-P", EITHER),
    _option(_LDAP, "LDAP_PASSWORD", "-w", EITHER),
    _option("mosquitto_pub mosquitto_sub mosquitto_rr", "MQTT_PASSWORD", "-P", NEXT),
    _option("mosquitto_passwd", "MQTT_PASSWORD", rf"-b[ \t]{{1,8}}{_WORD}{_WORD}", ATTACHED),
    _option("ipmitool ipmipower", "IPMI_PASSWORD", "-[Pp]", NEXT),
    _option("rdesktop", "RDP_PASSWORD", "-p", NEXT),
    _option("login rabbitmqadmin", "LOGIN_PASSWORD", "-p", NEXT),
    _option("plink pscp psftp", "SSH_PASSWORD", "-pw", NEXT),
    _option(_SNMP, "SNMP_PASSWORD", "-[AX]", NEXT),
    _option(_SNMP, "SNMP_COMMUNITY", "-c", NEXT, r"(?!public\b)"),
    _option("swaks sendemail sendEmail", "SMTP_PASSWORD", "-(?:ap|xp)", NEXT),
    # These stand after a word, not after a dash.
    Option(
        "sqlplus sqlldr expdp impdp exp imp rman sqlcl",
        "ORACLE_PASSWORD",
        r"(?<=[\s'\"=])[A-Za-z_][\w$\#]{0,30}/(?:\"([^\"\s]{1,128})\"|([^\s/@'\"]{1,128}))(?=@|[ \t]|$|['\"\n])",
        dash=False,
    ),
    _operand("rabbitmqctl", "RABBITMQ_PASSWORD", rf"(?:add_user|change_password|authenticate_user)[ \t]{{1,8}}{_WORD}"),
    _operand(
        "wpa_passphrase",
        "WIFI_PASSWORD",
        rf"wpa_passphrase[ \t]{{1,8}}(?:\"[^\"]{{1,64}}\"[ \t]|'[^']{{1,64}}'[ \t]|{_WORD})",
    ),
    _operand("nmcli", "WIFI_PASSWORD", r"(?:wifi-sec\.psk|802-11-wireless-security\.psk|password)[ \t]{1,8}"),
    _operand("redis-cli", "REDIS_PASSWORD", r"(?i:auth)[ \t]{1,8}"),
    _operand("ftp tnftp", "FTP_PASSWORD", rf"user[ \t]{{1,8}}{_WORD}"),
    _operand("ftp lftp", "FTP_PASSWORD", r"(?i:pass)[ \t]{1,8}"),
    _operand("lftp", "FTP_PASSWORD", r"(?:open|login|user)[ \t]{1,8}(?:-u[ \t]{1,8})?", r"[^,\s]{1,64},"),
    Option("xfreerdp wlfreerdp", "RDP_PASSWORD", f"/p:{value()}"),
)
"""``login`` stands for ``docker login``, ``az login``, ``helm registry login`` and their like."""

CLAUSE = r"""(?ix)identified\s{1,8}(?:with\s{1,8}\S{1,40}\s{1,8})?(?:by|as)\s{1,8}(?:password\s{1,8})?
      | \bpassword\s{0,8}\((?=\s{0,8}['"])
      | \bset\s{1,8}password\s{1,8}[^'"=\n]{0,80}=\s{0,8}(?!password)
      | \b(?:with|encrypted)\s{1,8}password\s{1,8}
      | \balter\s{1,8}(?:user|role)\s{1,8}\S{1,64}\s{1,8}password\s{1,8}
      | \bconfig(?:ure|:set)?\s{1,8}(?:--?\w{1,20}\s{1,8}){0,3}(?:set|add|create)\s{1,8}(?:--?\w{1,20}\s{1,8}){0,3}
        [\w./:-]{0,99}?(?:password|secret|token|_key|\.key)\s{1,8}"""
"""SQL and the settings of programs, where a secret follows words with no sign between."""

_BLANK = r"[ \t]{1,8}"
PIPED = rf"""(?x)\b(?:echo|printf){_BLANK}(?:-[neE]{{1,3}}{_BLANK})?
      (?P<value>"[^"\n]{{1,300}}"|'[^'\n]{{1,300}}'|[^\s;|&"'<>]{{1,300}})[ \t]{{0,8}}\|[ \t]{{0,8}}
      (?:sudo{_BLANK}(?:[^|;&\n]{{0,60}}?{_BLANK})?(?:-\w{{0,8}}S\b|--stdin\b)
      | (?:sudo{_BLANK})?(?:chpasswd|passwd\b[^|;&\n]{{0,99}}--stdin|smbpasswd|kinit|cryptsetup|vncpasswd|su
        | (?:docker|podman|helm|oras){_BLANK}(?:registry{_BLANK})?login | gh{_BLANK}auth
        | gpg2?\b[^|;&\n]{{0,200}}--passphrase-fd | openssl\b[^|;&\n]{{0,200}}stdin)\b)"""
"""A secret told to a program that reads one from its input."""
