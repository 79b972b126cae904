"""Secrets known by the program that reads them, as data: ``mysql -pX``, ``curl -u user:X``, ``echo X | sudo -S``."""

from __future__ import annotations

from typing import NamedTuple

# A shell's word: an expansion in it belongs to it.
_BARE = r"(?:\\.|\$\([^)]{0,200}\)|`[^`]{0,200}`|[^\s;|&()<>'\"`\\])+"


def value(before: str = "") -> str:
    """A shell word, or what follows ``before`` in one; the group that took part holds the value without its quotes."""
    return (
        # Bounded everywhere: a text without the closing quote must not be searched to its end for each option.
        rf"(?:'(?:\\'|\"'\")'{before}([^'\n]{{1,1000}})'(?:\\'|\"'\")'|\\{{1,8}}\"{before}([^\"\\\n]{{1,1000}})\\{{1,8}}\""
        rf"|\"{before}((?:[^\"\\]|\\.){{1,1000}})\"|\$?'{before}((?:[^']|'(?:\\'|\"'\")'){{1,1000}})'|{before}({_BARE})|[\"']{before}([^\s'\"]+)"
        # `bob:"X"`: the quotes may begin within the word.
        + (
            rf"|{before}'(?:\\'|\"'\")'([^'\n]{{1,1000}})'|{before}\"((?:[^\"\\]|\\.){{1,1000}})\"|{before}'([^'\n]{{1,1000}})')"
            if before
            else ")"
        )
    )


VALUE = value()

ATTACHED = ""
NEXT = r"(?:[ \t]{1,20}|=)"
EITHER = f"{NEXT}?"
_WORD = r"[^\s'\"-][^\s'\"]{0,127}[ \t]{1,8}"
_USER = r"[^:\s=]{0,128}:"
_BLANK = r"[ \t]{1,8}"
_ODD = r"(?:[^:\s\d]|\d(?![A-Za-z])){0,64}\d[A-Za-z]"  # a digit before a letter: rare in the names of people
_KEYISH = rf"(?:{_ODD}){{2}}[^:\s]{{0,200}}"
_LONG_KEY = r"(?=[^:\s@.]{0,64}\d)[^:\s@.]{16,200}"  # no name of a person or a host


ENDS = dict.fromkeys(("ssh", "scp", "sftp", "rsync", "autossh", "mosh", "ssh-copy-id"), "sshpass")
"""Programs with which the options of another end: behind `sshpass -p X` the `-p` of ssh is a port (ssh(1))."""


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
    # mysql(1): the password must follow -p without a blank; `-p db` asks for it and names the database.
    _option(_MYSQL, "MYSQL_PASSWORD", "-p", ATTACHED),
    _option("mydumper myloader", "MYSQL_PASSWORD", "-p", EITHER),
    # sshpass(1): `-p password`, with or without a blank.
    _option("sshpass", "SSH_PASSWORD", "-p", EITHER),
    # redis-cli --help: -a and --pass; REDISCLI_AUTH is the variable it reads.
    _option("redis-cli redis-benchmark valkey-cli valkey-benchmark keydb-cli", "REDIS_PASSWORD", "-a|--pass", NEXT),
    # It refuses `-aX`; the password stands there all the same.
    _option("redis-cli redis-benchmark valkey-cli valkey-benchmark keydb-cli", "REDIS_PASSWORD", "-a", ATTACHED),
    # curl(1): -u and -U bundle behind other letters (`-su user:pass`).
    _option("curl", "CURL_PASSWORD", "-[A-Za-z]{0,8}[uU]", EITHER, _USER),
    _option("curl", "CURL_PASSWORD", "--(?:proxy-)?user", NEXT, _USER),
    Option(
        "curl",
        "PROXY_PASSWORD",
        rf"(?:-x|--(?:proxy|preproxy|socks5[a-z]{{0,8}})){NEXT}['\"]?(?:\w{{1,9}}://)?[^:/@\s'\"]{{1,128}}:([^\s'\"]{{1,200}})@",
    ),
    # curl(1): `-E cert:password`.
    _option("curl", "CERT_PASSWORD", "-E|--(?:proxy-)?cert", NEXT, r"[^:\s]{1,255}:"),
    _option("curl", "OAUTH_TOKEN", "--oauth2-bearer", NEXT),
    _option("http https xh httpie", "HTTP_PASSWORD", "-a|--auth", NEXT, _USER),
    _option("http https xh httpie", "HTTP_TOKEN", rf"(?:-A|--auth-type){NEXT}bearer{_BLANK}(?:-a|--auth)", NEXT),
    _option("lwp-request GET POST HEAD", "HTTP_PASSWORD", "-C", NEXT, _USER),
    # lftp(1): `-u user,password`.
    _option("lftp lftpget ncftp ncftpget ncftpput", "FTP_PASSWORD", "-u", EITHER, r"[^,\s]{1,128},"),
    _option("ncftp ncftpget ncftpput ncftpls", "FTP_PASSWORD", "-p", EITHER),
    # smbclient(1): `-U user%password`.
    _option(_SMB, "SMB_PASSWORD", "-U", EITHER, r"[^%\s'\"]{1,128}?%"),
    _option(_SMB, "SMB_PASSWORD", "--user", NEXT, r"[^%\s'\"]{1,128}?%"),
    # openssl(1), pass phrase options: `pass:`; `env:`, `file:`, `fd:` and `stdin` hold none.
    _option("openssl", "OPENSSL_PASSWORD", "-(?:passin|passout|pass|password)", NEXT, "pass:"),
    _option("openssl", "OPENSSL_PASSWORD", "-[kK]", NEXT),
    # openssl-dgst(1), openssl-mac(1): the key of an HMAC stands on the line.
    _option("openssl", "HMAC_KEY", "-hmac", NEXT),
    _option("openssl", "HMAC_KEY", "-macopt", NEXT, "(?:hex)?key:"),
    _option("openssl", "KDF_SECRET", "-kdfopt", NEXT, "(?:hex)?(?:pass|key|secret):"),
    # ssh-keygen(1): -P the old and -N the new pass phrase.
    _option("ssh-keygen", "SSH_PASSPHRASE", "-[PN]", NEXT),
    # htpasswd -b FILE USER X, but htpasswd -nb USER X
    Option(
        "htpasswd", "HTTP_PASSWORD", rf"(?={_FLAGS}-\w{{0,6}}b)(?!{_FLAGS}-\w{{0,6}}n){_FLAGS}{_WORD}{_WORD}{value()}"
    ),
    Option("htpasswd", "HTTP_PASSWORD", rf"(?={_FLAGS}-\w{{0,6}}b)(?={_FLAGS}-\w{{0,6}}n){_FLAGS}{_WORD}{value()}"),
    # zip(1) `-P password`, "THIS IS INSECURE!"; the letter ends a bundle.
    _option("zip unzip zipcloak funzip", "ZIP_PASSWORD", "-[A-Za-z0-9]{0,8}P", EITHER),
    # 7z and rar: `-pPASSWORD` without a blank, `-hp` encrypts the headers too.
    _option("7z 7za 7zr 7zz p7zip rar unrar", "ARCHIVE_PASSWORD", "-h?p", ATTACHED),
    _option(_MONGO, "MONGO_PASSWORD", "-p", EITHER),
    _option("sqlcmd bcp osql isql tsql", "SQL_PASSWORD", "-P", EITHER),
    # ldapsearch(1): -w bindpasswd; -W prompts and -y reads a file.
    _option(_LDAP, "LDAP_PASSWORD", "-[xLvnAcCMNQIZ]{0,9}w", EITHER),
    _option("mosquitto_pub mosquitto_sub mosquitto_rr", "MQTT_PASSWORD", "-P", EITHER),
    _option("mosquitto_passwd", "MQTT_PASSWORD", rf"-b[ \t]{{1,8}}{_WORD}{_WORD}", ATTACHED),
    _option("ipmitool", "IPMI_PASSWORD", "-P", NEXT),
    _option("rdesktop", "RDP_PASSWORD", "-p", EITHER),
    # pflag, which docker, podman and helm read their options with, takes a value glued to a letter.
    _option("login rabbitmqadmin", "LOGIN_PASSWORD", "-p", EITHER),
    # plink: `-pw`, one dash.
    _option("plink pscp psftp", "SSH_PASSWORD", "-pw", NEXT),
    # snmpcmd(1): -A and -X are pass phrases, -c the community.
    _option(_SNMP, "SNMP_PASSWORD", "-[AX]", EITHER),
    _option(_SNMP, "SNMP_COMMUNITY", "-c", EITHER, r"(?!public\b)"),
    _option("swaks sendemail sendEmail", "SMTP_PASSWORD", "-(?:ap|xp)", NEXT),
    # These stand after a word, not after a dash.
    Option(
        "sqlplus sqlldr expdp impdp exp imp rman dgmgrl asmcmd ora2pg sqlcl tbsql tbloader tbexport disql dexp dimp",
        "ORACLE_PASSWORD",
        r"(?<=[\s'\"=])[A-Za-z_][\w$\#]{0,30}/(?:\"([^\"\s]{1,128})\"|([^\s/@'\"]{1,128}))(?=@|[ \t]|$|['\"\n])",
        dash=False,
    ),
    # rabbitmqctl(8): `add_user NAME PASSWORD`.
    _operand("rabbitmqctl", "RABBITMQ_PASSWORD", rf"(?:add_user|change_password|authenticate_user)[ \t]{{1,8}}{_WORD}"),
    _operand(
        "wpa_passphrase",
        "WIFI_PASSWORD",
        rf"wpa_passphrase[ \t]{{1,8}}(?:\"[^\"]{{1,64}}\"[ \t]|'[^']{{1,64}}'[ \t]|{_WORD})",
    ),
    _operand("nmcli", "WIFI_PASSWORD", r"(?:wifi-sec\.psk|802-11-wireless-security\.psk|password)[ \t]{1,8}"),
    _operand("redis-cli", "REDIS_PASSWORD", r"(?i:auth)[ \t]{1,8}"),
    _operand("ftp tnftp lftp ncftp", "FTP_PASSWORD", rf"user[ \t]{{1,8}}{_WORD}"),
    _operand("ftp lftp", "FTP_PASSWORD", r"(?i:pass)[ \t]{1,8}"),
    _operand("lftp", "FTP_PASSWORD", r"(?:open|login|user)[ \t]{1,8}(?:-u[ \t]{1,8})?", r"[^,\s]{1,64},"),
    # FreeRDP: `/p:PASSWORD`.
    Option("xfreerdp xfreerdp3 wlfreerdp sdl-freerdp sdl-freerdp3 freerdp", "RDP_PASSWORD", f"/p:{value()}"),
    # Databases and directories
    _option("cqlsh hdbsql", "DB_PASSWORD", "-p", EITHER),
    _option("nodetool sstableloader nzsql nz_backup nz_restore", "DB_PASSWORD", "-pw|-pwf", NEXT),
    _option("snowsql beeline cypher-shell cbq couchbase-cli cbbackupmgr cbimport cbexport", "DB_PASSWORD", "-p", NEXT),
    _option(
        "isql-fb isql gbak gfix gsec gstat nbackup fbsvcmgr", "FIREBIRD_PASSWORD", "-(?:p|pa|pas|pass|password)", NEXT
    ),
    _option("kadmin kadmin.local cpw addprinc", "PRINCIPAL_PASSWORD", "-pw", NEXT),
    _option("slappasswd", "LDAP_PASSWORD", "-s", NEXT),
    _option("odoo odoo-bin openerp-server", "DB_PASSWORD", "-w", NEXT),
    _option("vsql kadmin kadmin.local ldapadd", "DB_PASSWORD", "-w", EITHER),
    _option("ldappasswd", "NEW_PASSWORD", "-[as]", NEXT),
    _option("influx", "INFLUX_TOKEN", "-t", NEXT),
    _option("impala-shell trino presto", "DB_PASSWORD", "--ldap_password", NEXT),
    _operand("isql iusql", "ODBC_PASSWORD", rf"i(?:u)?sql{_BLANK}{_WORD}{_WORD}(?![-<>])"),
    _operand("mysqladmin", "MYSQL_PASSWORD", rf"password{_BLANK}(?!-)"),
    _operand("sql sqlcl", "ORACLE_PASSWORD", r"[A-Za-z_][\w$\#]{0,30}/(?=[^\s/]{1,99}@)", r"(?=[^\s@]{1,99}@)"),
    Option(
        "sql",
        "ORACLE_PASSWORD",
        rf"sql{_BLANK}(?:-\w{{1,9}}{_BLANK})?[A-Za-z_][\w$\#]{{0,30}}/([^\s/@'\"]{{1,128}})@",
        dash=False,
    ),
    # Files, archives, SMB
    _operand(
        "smbclient",
        "SMB_PASSWORD",
        rf"smbclient{_BLANK}(?:-\w{_BLANK}\S{{1,99}}{_BLANK}){{0,4}}['\"]?//[^\s'\"]{{1,99}}['\"]?{_BLANK}(?!-)",
    ),
    _option("wbinfo ntlm_auth", "SMB_PASSWORD", "-a|-K", NEXT, r"[^%\s'\"]{1,128}?%"),
    _option("wmic wmis", "SMB_PASSWORD", "-U", EITHER, r"[^%\s'\"]{1,128}?%"),
    _option("mount mount.cifs", "SMB_PASSWORD", "-o", EITHER, r"[^\s'\"]{0,99}?user(?:name)?=[^%,\s'\"]{1,60}%"),
    Option("rclone", "RCLONE_PASSWORD", rf"obscure{_BLANK}(?!-){value()}", dash=False),
    # iscsiadm(8): `-n node.session.auth.password -v X`.
    Option(
        "iscsiadm",
        "CHAP_PASSWORD",
        rf"(?:-n|--name){NEXT}['\"]?[\w.]{{1,60}}password(?:_in)?['\"]?{_BLANK}(?:-v|--value){EITHER}{value()}",
    ),
    # dar(1): `-K [[algo]:]string`, `-J` and `-$` of the archives it compares with and isolates.
    _option("dar", "DAR_PASSWORD", r"-[KJ$]|--(?:key|ref-key|aux-key)", NEXT, r"(?:[a-z0-9]{2,12}:)?"),
    _option("kopia", "KOPIA_PASSWORD", "-p", NEXT, r"(?!\d{1,3}(?:\s|$))"),
    # curlftpfs(1): `-o user=USER:PASSWORD`, `-o proxy_user=..`.
    _option("curlftpfs", "FTP_PASSWORD", "-o", NEXT, r"[^\s'\"]{0,99}?user=[^:,\s'\"]{1,60}:"),
    # twurl and t, Twitter's: -s the consumer's secret, -S that of the token.
    _option("twurl t", "TWITTER_SECRET", "-[sS]|--(?:consumer|token)-secret", NEXT, r"(?=\S{10})"),
    _option("ccrypt ccencrypt ccdecrypt ccat", "CRYPT_PASSWORD", "-K|--key", NEXT),
    _option("mcrypt mdecrypt aescrypt scrypt aespipe", "CRYPT_PASSWORD", "-k|-p|--key", NEXT),
    _option("pdftotext pdfinfo pdfimages pdftoppm pdftops pdftocairo pdftohtml", "PDF_PASSWORD", "-[ou]pw", NEXT),
    # pdftk(1): the word `output` follows where no password is given.
    _operand("pdftk", "PDF_PASSWORD", rf"(?:owner_pw|user_pw|input_pw){_BLANK}(?!output)"),
    Option(
        "qpdf",
        "PDF_PASSWORD",
        rf"--encrypt{NEXT}((?:\"[^\"]*\"|'[^']*'|[^\s'\"-]\S{{0,99}}){_BLANK}(?:\"[^\"]*\"|'[^']*'|[^\s'\"-]\S{{0,99}}))",
    ),
    _option(
        "cadaver davfs2 x11vnc vncserver vncdo vncdotool veracrypt truecrypt security",
        "LOGIN_PASSWORD",
        "-p|-passwd",
        NEXT,
    ),
    Option(
        "mc", "S3_SECRET_KEY", rf"(?:set|add){_BLANK}{_WORD}[^\s'\"]{{1,200}}{_BLANK}{_WORD}(?!-){value()}", dash=False
    ),
    # Accounts
    # useradd(8): -p takes a hash, which can be tried at home.
    _option("useradd usermod adduser luseradd lusermod", "PASSWORD_HASH", "-[a-zA-Z]{0,4}p|--password", NEXT),
    _option("chpasswd pw dscl gpasswd", "PASSWORD", "-passwd", NEXT, r"\S{1,99}[ \t]{1,8}"),
    _operand(
        "openssl",
        "OPENSSL_PASSWORD",
        rf"passwd{_BLANK}(?:-salt{_BLANK}\S{{1,40}}{_BLANK}|-\w{{1,9}}{_BLANK}){{0,4}}+(?![-<>|])",
    ),
    _operand(
        "mkpasswd",
        "PASSWORD",
        rf"mkpasswd{_BLANK}(?:-[mSR]{_BLANK}\S{{1,40}}{_BLANK}|-\S{{1,20}}{_BLANK}){{0,4}}+(?![-<>|])",
    ),
    _operand("net", "SMB_PASSWORD", rf"use{_BLANK}[^\n;|&]{{0,120}}?/user:\S{{1,60}}{_BLANK}(?![/-])"),
    _operand(
        "net",
        "SMB_PASSWORD",
        rf"use{_BLANK}(?:\w:|\*){_BLANK}['\"]?[\\/]{{1,8}}[^\s'\"]{{1,120}}['\"]?{_BLANK}(?![/-])",
    ),
    # net(8): `rpc user password NAME NEW`, `rpc user add NAME NEW`; Windows: `net user NAME NEW`.
    _operand("net", "SMB_PASSWORD", rf"user{_BLANK}(?:password|add){_BLANK}{_WORD}(?!-)"),
    _operand("net", "SMB_PASSWORD", rf"user{_BLANK}(?!(?:password|add|delete|info|rename)\s){_WORD}(?![/-])"),
    _operand("bw", "BW_PASSWORD", rf"(?:unlock|login{_BLANK}[^\s'\"-]\S{{0,99}}){_BLANK}(?!-)"),
    _operand("op", "OP_SECRET_KEY", rf"signin{_BLANK}{_WORD}{_WORD}(?!-)"),
    _operand(
        "drush",
        "DRUPAL_PASSWORD",
        rf"drush{_BLANK}(?:\S{{1,80}}{_BLANK}){{0,3}}?(?:upwd|user-password|user:password){_BLANK}{_WORD}(?!-)",
    ),
    # Mail and messages
    _option("ab", "HTTP_PASSWORD", "-[AP]", NEXT, _USER),
    _option("curl", "CURL_KEY", "-[A-Za-z]{0,8}u|--user", EITHER, rf"(?=(?:{_KEYISH}|{_LONG_KEY}):(?:[\s'\"]|$))"),
    _option("ssmtp nullmailer-inject msmtp mailsend mailsend-go smtp-cli", "SMTP_PASSWORD", "-(?:ap|pass|pw)", NEXT),
    _option("email", "SMTP_PASSWORD", "-smtp-pass|-i", NEXT),
    _option("blat", "SMTP_PASSWORD", "-(?:pw|ppw|ipw)", NEXT),
    _option("ntfy", "NTFY_PASSWORD", "-u|--user", NEXT, _USER),
    _option(
        "gotify pushover pushover.sh slack-notify slacktee slackcat linode-cli hcloud",
        "API_TOKEN",
        "-t",
        NEXT,
        "(?!text)",
    ),
    _option("doctl", "DIGITALOCEAN_TOKEN", "-t|--access-token", NEXT),
    _option("pushover pushover.sh", "PUSHOVER_USER", "-u", NEXT),
    _option("sendxmpp jabber profanity go-sendxmpp", "XMPP_PASSWORD", "-p", NEXT),
    # Other hosts
    _option(
        "evil-winrm crackmapexec cme nxc netexec racadm esxcli esxcfg-info ipmipower bmc-config",
        "REMOTE_PASSWORD",
        "-p",
        NEXT,
    ),
    _option("vmware-cmd vmrun ipmitool", "REMOTE_PASSWORD", "-P|-gp", EITHER),
    _option("check_snmp", "SNMP_COMMUNITY", "-C", NEXT, r"(?!public\b)"),
    _option("check_nt", "CHECK_PASSWORD", "-s", NEXT),
    _option("check_http check_ldap check_smtp check_curl", "CHECK_PASSWORD", "-[ab]", NEXT, _USER),
    _option(
        "check_mysql check_pgsql check_mysql_query check_dbi check_mssql check_wmi_plus.pl check_by_winrm",
        "CHECK_PASSWORD",
        "-p",
        NEXT,
    ),
    _option("etcdctl curlie nats", "LOGIN_PASSWORD", "--user", NEXT, _USER),
    _option("twine", "LOGIN_PASSWORD", "-p", NEXT),
    _option("p4 rsyncd", "P4_PASSWORD", "-P", NEXT),
    _option("swift", "SWIFT_KEY", "-K|--key", NEXT),
    _option(
        "jenkins-cli jenkins-cli.jar http https xh lynx", "LOGIN_PASSWORD", "--?auth", NEXT, r"(?!@)[^:\s=@]{0,128}:"
    ),
    _option("certbot acme.sh lego", "EAB_HMAC_KEY", "--eab-hmac-key|--hmac|--eab.hmac", NEXT),
    _option("signtool", "CERT_PASSWORD", "/p", _BLANK),
    Option("sqlpackage", "SQL_PASSWORD", f"/[st]p:{value()}"),
    # xmlrpc(1): `s/` marks a string; the one behind a user's name, or one that nobody would call a thing.
    _operand("xmlrpc", "XMLRPC_PASSWORD", rf"\S{{0,60}}(?i:log_?in|auth)\S{{0,60}}{_BLANK}s/\S{{1,60}}{_BLANK}", "s/"),
    _operand(
        "xmlrpc", "XMLRPC_PASSWORD", "", r"s/(?=\S{0,40}[a-z])(?=\S{0,40}[A-Z])(?=\S{0,40}\d)(?=\S{8})(?![^\s/]*/)"
    ),
    # FreeRADIUS: `radtest USER PASSWORD HOST PORT SECRET`, `radclient HOST COMMAND SECRET`.
    _operand("radtest", "RADIUS_PASSWORD", rf"radtest{_BLANK}(?:-\w{_BLANK}\S{{1,20}}{_BLANK}){{0,3}}{_WORD}"),
    _operand("radtest", "RADIUS_SECRET", r"\S{1,99}[ \t]{1,8}\d{1,5}[ \t]{1,8}(?=\S{1,99}[ \t]*(?:$|[;|&\n]|\d\b))"),
    _operand("radclient", "RADIUS_SECRET", rf"(?:auth|acct|status|coa|disconnect|auto){_BLANK}(?![<>-])"),
    # Zimbra's zmprov: `sp ACCOUNT PASSWORD`, `ca ACCOUNT PASSWORD`.
    _operand("zmprov", "MAIL_PASSWORD", rf"(?:sp|ca|setPassword|createAccount){_BLANK}{_WORD}(?!-)"),
    _operand("hdbuserstore", "DB_PASSWORD", rf"(?i:set){_BLANK}{_WORD}{_WORD}{_WORD}(?!-)"),
    # redis-cli: `acl setuser bob on '>X'`, `config set masterauth X`.
    _operand("redis-cli valkey-cli", "REDIS_PASSWORD", rf"(?i:masterauth|requirepass){_BLANK}(?!-)"),
    Option(
        "redis-cli valkey-cli",
        "REDIS_PASSWORD",
        r"(?i:setuser)[ \t][^;|&\n]{0,200}?[ \t]['\"]>([^\s'\"]{1,200})",
        dash=False,
    ),
    _option("db2look db2move", "DB_PASSWORD", "-[wp]", NEXT),
    _option("dsmc dsmadmc dsmcutil", "TSM_PASSWORD", "-pa[swordSWORD]{0,6}", NEXT),
    _option("nuget", "NUGET_KEY", "-(?:k|ApiKey)", NEXT),
    _option("ossutil ossutil64", "OSS_SECRET", "-k", NEXT),
    _option("caddy", "PASSWORD", "--plaintext", NEXT),
    _option("apksigner", "KEYSTORE_PASSWORD", "--(?:ks|key)-pass", NEXT, "pass:"),
    _option("doveadm", "MAIL_PASSWORD", "-p", NEXT),
    _operand(
        "doveadm", "MAIL_PASSWORD", rf"(?:test|login){_BLANK}(?:-\w{_BLANK}\S{{1,60}}{_BLANK}){{0,3}}{_WORD}(?!-)"
    ),
    _operand("deluge-console", "DELUGE_PASSWORD", rf"connect{_BLANK}{_WORD}{_WORD}(?![-;])"),
    # keyctl(1): `add TYPE DESCRIPTION DATA RING`
    _operand("keyctl", "KEY_DATA", rf"add{_BLANK}(?:user|logon|big_key){_BLANK}{_WORD}(?!-)"),
    # macOS, security(1)
    _option("add-generic-password add-internet-password", "KEYCHAIN_PASSWORD", "-w", NEXT),
    # Clouds
    _option("generic", "SECRET_VALUE", "--from-literal", NEXT, r"[\w.-]{1,99}="),
    # aws ssm put-parameter: the value is a secret where the type is SecureString, before or behind it.
    _option("put-parameter", "PARAMETER_VALUE", r"--value(?=[^;|&\n]{0,400}SecureString)", NEXT),
    # az keyvault secret set
    _option("keyvault", "SECRET_VALUE", "--value", NEXT),
    _option("SecureString", "PARAMETER_VALUE", "--value", NEXT),
    _operand("vault bao", "VAULT_TOKEN", rf"login{_BLANK}(?:-\S{{1,40}}{_BLANK}){{0,4}}(?![\w-]{{1,40}}=|-)"),
    _operand("vault bao", "UNSEAL_KEY", rf"unseal{_BLANK}(?!-)"),
    _operand("composer", "COMPOSER_PASSWORD", rf"http-basic\.\S{{1,99}}{_BLANK}{_WORD}(?!-)"),
    _operand(
        "virsh",
        "LIBVIRT_SECRET",
        rf"secret-set-value{_BLANK}(?:--\w{{1,20}}{_BLANK})?{_WORD}(?:--base64{_BLANK})?(?!-)",
    ),
    Option("vault", "VAULT_SECRET_ID", rf"write{_BLANK}[^;|&\n'\"]{{0,200}}?secret_id=(?!@){value()}", dash=False),
    # wandb-login(1), snyk-auth(1), bao: the key is the word behind.
    _operand("wandb", "WANDB_API_KEY", rf"login{_BLANK}(?:--?relogin{_BLANK})?(?!-)"),
    _operand("snyk", "SNYK_TOKEN", rf"auth{_BLANK}(?!-)"),
    # MEGAcmd: `mega-login EMAIL PASSWORD`.
    _operand("mega-login", "MEGA_PASSWORD", rf"mega-login{_BLANK}{_WORD}(?!-)"),
    # wpa_cli(8): a pass phrase stands in quotes of its own, which the shell must not take.
    _operand("wpa_cli", "WIFI_PASSWORD", rf"(?:psk|password|sae_password|wep_key\d){_BLANK}"),
    # Redis, "ACL rules": `>PASSWORD` adds one.
    _operand("redis-cli valkey-cli keydb-cli", "REDIS_PASSWORD", r"(?i:setuser)[ \t][^;|&\n]{0,120}?", r"\\?>"),
    # oathtool(1): the key of the one-time passwords is its operand.
    Option(
        "oathtool",
        "TOTP_SECRET",
        rf"oathtool{_BLANK}(?:(?:-[sSdNw]{_BLANK}\S{{1,40}}|-[\w=-]{{1,30}}){_BLANK}){{0,6}}(?![-@]){value()}",
        dash=False,
    ),
    _option("hdparm", "DISK_PASSWORD", "--security-(?:unlock|set-pass|disable|erase|erase-enhanced)", NEXT),
    # mpc(1): `--host=PASSWORD@HOST`.
    Option("mpc", "MPD_PASSWORD", rf"(?:-h|--host){NEXT}['\"]?([^\s@'\"/]{{1,100}})@"),
    _operand("ngrok", "NGROK_TOKEN", rf"(?:add-)?authtoken{_BLANK}(?!-)"),
    _operand("mullvad", "MULLVAD_ACCOUNT", rf"login{_BLANK}(?!-)"),
    _operand(
        "apprise",
        "APPRISE_URL",
        r"(?=(?!https?|mailtos?|jsons?|xmls?|syslog|dbus|file|gnome|macosx|windows)[a-z]\w{1,20}://)\w{1,21}://",
    ),
)
"""``login`` stands for ``docker login``, ``az login``, ``helm registry login`` and their like."""

CLAUSE = r"""(?ix)identified\s{1,8}(?:with\s{1,8}\S{1,40}\s{1,8})?(?:by|as)\s{1,8}(?:password\s{1,8})?
      | \bpassword\s{0,8}\((?=\s{0,8}['"])
      | (?:\b|_|ext|ask)(?:pass|secret|token|cred)[\w-]{0,24}
        (?:[-_=\t ]?(?:command|cmd|eval|exec|program):?[= \t]{0,4}["']?|[= \t]["'])
        (?:echo|printf)[ \t]{1,4}(?:-n[ \t]{1,4}|\\?["']?%s(?:\\{1,2}n)?\\?["']?[ \t]{1,4})?["']?
      | \\n[ \t]{0,8}pass(?:word|wd|phrase)?[ \t]{1,8}
      | \n[ \t]{0,8}(?:(?-i:Pass(?:word)?)|password)[ \t]{1,8}(?=["'][^"'\s]{1,80}["'](?:\n|$))
      | \bset\s{1,8}password\s{1,8}[^=\n]{0,80}=\s{0,8}(?=\\?['"])
      | \b(?:with|encrypted)\s{1,8}password\s{1,8}
      | \bconn(?:ect)?\s{1,8}[A-Za-z_][\w$\#]{0,30}/(?=[^\s/]{1,99}(?:@|\s|["';]|$))(?<!tcp/)(?<!and/)(?<!or/)
      | \.logon\s{1,8}[^\s,]{1,80}, | \buser\s{1,4}\S{1,40}\s{1,4}using\s{1,4}(?!\()
      | \b(?:login|machine)\s{1,4}\S{1,80}\s{1,4}password\s{1,4}(?:is\s)?
      | \balter\s{1,8}(?:user|role)\s{1,8}\S{1,64}\s{1,8}password\s{1,8}(?!(?:expire|history|reuse|require|null)\b)
      | \bconfig(?:ure|:set)?\s{1,8}(?:--?\w{1,20}\s{1,8}){0,3}(?:[\w.-]{1,40}\s{1,8})?(?:set|add|create)\s{1,8}
        (?:--?\w{1,20}\s{1,8}){0,3}[\w./:-]{0,99}?(?:password|secret|token|[-_.]key|requirepass|masterauth)\s{1,8}
      | \b(?:secret_access_key|aws_secret_key)\s{1,4}(?=\\?') | [,(]\s{0,4}secret\s{1,4}(?=\\?')"""
"""SQL and the settings of programs, where a secret follows words with no sign between."""
