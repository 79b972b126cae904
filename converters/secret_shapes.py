"""What secrets look like, as data: tokens by their own look, values by their name, options by their program.

The looks of tokens follow the rules of gitleaks 8 (config/gitleaks.toml, MIT) and the plugins of detect-secrets 1.5
(Apache-2.0), both checked in the tests against what they call a secret; names and options are cron's own shapes.
Every repetition is bounded or cannot be left by another way, so a line of five megabytes takes linear time.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Tokens by their own look -------------------------------------------------------------------------------------------

TOKENS: tuple[tuple[str, str], ...] = (
    ("AWS_ACCESS_KEY_ID", r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    ("AWS_BEARER_TOKEN", r"ABSK[A-Za-z0-9+/]{100,300}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{20,999}"),
    ("GITHUB_TOKEN", r"gh[pousr]_[A-Za-z0-9_]{30,255}|github_pat_\w{22,255}"),
    ("GITLAB_TOKEN", r"gl(?:pat|ptt|dt|rt|ft|rtr|cbt|imt|agent|soat|ffct|oas)-[\w.-]{20,999}|GR1348941[\w-]{20,50}"),
    ("NPM_TOKEN", r"npm_[A-Za-z0-9]{30,64}"),
    ("PYPI_TOKEN", r"pypi-[\w-]{50,999}"),
    ("RUBYGEMS_TOKEN", r"rubygems_[a-f0-9]{40,64}"),
    ("CLOJARS_TOKEN", r"CLOJARS_[A-Za-z0-9]{60}"),
    ("STRIPE_KEY", r"(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9+/=]{24,99}"),
    ("SENDGRID_KEY", r"SG\.[\w=-]{16,32}\.[\w=-]{32,64}"),
    ("MAILGUN_KEY", r"key-[a-z0-9]{32}"),
    ("MAILCHIMP_KEY", r"[0-9a-f]{32}-us\d{1,2}"),
    ("SENDINBLUE_KEY", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("TWILIO_KEY", r"(?:SK|AC)[0-9a-f]{32}"),
    ("SLACK_TOKEN", r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,250}|xapp-\d-[\w-]{10,250}"),
    ("DISCORD_TOKEN", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}"),
    ("TELEGRAM_TOKEN", r"(?:bot)?\d{8,10}:[\w-]{35}"),
    ("GOOGLE_API_KEY", r"AIza[\w-]{35}|GOCSPX-[\w-]{20,40}"),
    ("GOOGLE_TOKEN", r"ya29\.[\w-]{20,999}"),
    ("OPENAI_API_KEY", r"sk-(?:proj|svcacct|admin)-[\w-]{20,200}|sk-[A-Za-z0-9]{32,64}"),
    ("ANTHROPIC_API_KEY", r"sk-ant-[\w-]{20,200}"),
    ("HUGGINGFACE_TOKEN", r"(?:hf_|api_org_)[A-Za-z]{34}"),
    ("DATABRICKS_TOKEN", r"dapi[a-f0-9]{32}(?:-\d)?"),
    ("DIGITALOCEAN_TOKEN", r"do[opr]_v1_[a-f0-9]{64}"),
    ("DOCKER_TOKEN", r"dckr_(?:pat|oat)_[\w-]{27,64}"),
    ("DOPPLER_TOKEN", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,80}"),
    ("DYNATRACE_TOKEN", r"dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    ("GRAFANA_TOKEN", r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400}={0,3}"),
    ("HASHICORP_TOKEN", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}|hv[sbr]\.[\w-]{24,300}"),
    ("HEROKU_API_KEY", r"HRKU-[\w-]{36,64}"),
    ("LINEAR_API_KEY", r"lin_api_[A-Za-z0-9]{40}"),
    ("NEW_RELIC_KEY", r"NRAK-[A-Z0-9]{27}|NRII-[\w-]{32}|[a-f0-9]{36}NRAL"),
    ("NOTION_TOKEN", r"ntn_[A-Za-z0-9]{40,50}|secret_[A-Za-z0-9]{43}"),
    ("ONEPASSWORD_TOKEN", r"ops_eyJ[A-Za-z0-9+/]{80,999}={0,3}"),
    ("PLANETSCALE_TOKEN", r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}"),
    ("POSTMAN_API_KEY", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    ("PULUMI_TOKEN", r"pul-[a-f0-9]{40}"),
    ("SENTRY_TOKEN", r"sntry[us]_[\w+/=-]{40,500}"),
    ("SHOPIFY_TOKEN", r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    ("SQUARE_TOKEN", r"sq0(?:atp|csp)-[\w-]{22,60}|EAAA[\w-]{40,80}"),
    ("ARTIFACTORY_TOKEN", r"AKCp[A-Za-z0-9]{30,80}|cmVmd[A-Za-z0-9]{59}"),
    ("ATLASSIAN_TOKEN", r"ATATT3[\w=-]{40,300}|ATCTT3[\w=-]{40,300}|ATBB[A-Za-z0-9]{28,40}"),
    ("AGE_SECRET_KEY", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    ("ALIBABA_ACCESS_KEY", r"LTAI[A-Za-z0-9]{17,25}"),
    ("OPENSHIFT_TOKEN", r"sha256~[\w-]{43}"),
    ("AIRTABLE_TOKEN", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("CLOUDFLARE_KEY", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    ("PERPLEXITY_API_KEY", r"pplx-[A-Za-z0-9]{48}"),
    ("FLY_TOKEN", r"fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{100,999}={0,3}"),
    ("JWT", r"ey[A-Za-z0-9_-]{15,4096}\.ey[A-Za-z0-9_-]{10,8192}(?:\.[\w-]{0,4096})?"),
)
"""Environment variable proposed, and the look, which must start a word."""

RUN = re.compile(r"(?<![\w.~-])[\w.~-]{20,}|(?<!\w)(?:bot)?\d{8,10}:(?=[\w-]{35})")
"""A run of characters long enough to be a token, so that a line without one is done with at once."""

TOKEN = re.compile("|".join(f"({pattern})" for _, pattern in TOKENS))

# Addresses ----------------------------------------------------------------------------------------------------------

_REST = r"[^\s'\"<>|;`()\\]"
WEBHOOK = re.compile(
    rf"""https?://(?:
        (?P<slack>hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/{_REST}+)
      | (?P<discord>(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/{_REST}+)
      | (?P<teams>(?:[\w-]+\.webhook\.office\.com/webhookb2|outlook\.office(?:365)?\.com/webhook)/{_REST}+)
      | (?P<google_chat>chat\.googleapis\.com/v1/spaces/{_REST}+[?&]{_REST}*)
      | (?P<zapier>hooks\.zapier\.com/hooks/{_REST}+)
      | (?P<ifttt>maker\.ifttt\.com/trigger/{_REST}+)
      | (?P<make>hook\.(?:\w+\.)?(?:make|integromat)\.com/{_REST}+)
      | (?P<pagerduty>events\.pagerduty\.com/integration/{_REST}+)
      | (?P<opsgenie>api\.opsgenie\.com/{_REST}*[?&]apiKey={_REST}+)
      | (?P<line>notify-bot\.line\.me/{_REST}+[?&]token={_REST}+)
      | (?P<chatwork>[\w.-]+\.chatwork\.com/webhook/{_REST}+)
      | (?P<telegram>api\.telegram\.org/bot\d+:{_REST}+)
      | (?P<other>hooks?\.[\w.-]{{1,99}}/{_REST}{{1,99}}?/?{_REST}{{4,}}
          | [\w.:-]{{1,99}}/(?:{_REST}{{1,99}}?/)?(?:web)?hooks?/(?={_REST}{{0,999}}?[\w-]{{16}}){_REST}+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""Who holds such an address may post, so all of it is the secret."""

CREDENTIALS = re.compile(r"://(?P<user>[^\s/:@'\"?#]{0,200}):(?P<password>[^\s/'\"<>?#]{1,512})@")
"""``scheme://user:password@host``; a password that holds @ goes on to the last one."""

TOKEN_AS_USER = re.compile(r"://(?P<token>[A-Za-z0-9_.~-]{16,255})@")
CRON_PATH = re.compile(r"/cron/(?P<token>[A-Za-z0-9_-]{40,255})(?![\w/-])")
"""Drupal's cron address ends in a key."""

# Values by their name -----------------------------------------------------------------------------------------------

SECRET_PARTS = _words(
    """pass password passwords passwd passwort pwd passphrase passcode passkey pw secret secrets token credential
    credentials creds cred apikey apitoken accesskey secretkey privatekey psk jwt bearer authtoken mypwd kennwort senha
    motdepasse storepass keypass srcstorepass deststorepass"""
)
SECRET_INSIDE = re.compile(
    r"""pass(?:w(?:or)?d|phrase)|(?<!pass_)secret|(?:api|access|auth|private|secret|master|encryption|encrypt|signing|storage
    |account|deploy|license|cipher|cron|service|app|integration|routing)_?key$|token$|_pwd$|webhook|(?:user|db|my|sql)pwd$
    |(?:db|user|ftp|smtp|root|admin)pass$|authorization$|private_?token|^_?auth_?token""",
    re.VERBOSE,
)
WEAK_PARTS = _words("key keys auth salt pepper code sig signature hash cookie session sid pin otp hmac seed nonce login")
"""Such a name makes a secret only of a value that looks drawn by lot, or stands in a web address."""

HARMLESS_ENDS = _words(
    """age alg algorithm arn askpass bucket cache callback changed check class cmd command count days dir directory domain
    enabled endpoint env eval expire expires expiry fd field file filename format header helper history hint host hours id
    ids interval len length lifetime limit max manager method min minutes mode name names path policy port prefix prompt
    provider region required reset retries rotation rule rules script server size sock socket stdin store strength suffix
    table timeout ttl type uri url user username version"""
)
HARMLESS_STARTS = _words("allow ask disable enable has hide is max min no num require require show skip use without")

NAME = re.compile(
    r"""(?<![\w$%{}.-])(?P<dash>-{0,2}|/)(?P<name>[A-Za-z_][\w.-]{1,80}+)
        (?:(?P<equals>\\?["']?\]?[ \t]{0,8}:?=>?[ \t]{0,8})
         | (?P<colon>\\?["']?[ \t]{0,8}:[ \t]{0,8})
         | (?P<space>[ \t]{1,20}))""",
    re.VERBOSE,
)
"""A name and what parts it from its value. That it is a secret's name is decided by `secrets._strength`."""

HEADERS = re.compile(r"authorization|(?:x-)?(?:[\w-]+-)?(?:key|token|secret|auth|apikey|password)", re.IGNORECASE)
SCHEME = re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey|GenieKey|Splunk|SSWS|token=|key=|OAuth|Bot)[ \t]{1,8}", re.IGNORECASE)
CLAUSE = re.compile(
    r"(?:identified\s{1,8}(?:with\s{1,8}\S{1,40}\s{1,8})?(?:by|as)\s{1,8}(?:password\s{1,8})?|password\s{0,8}\(|set\s{1,8}password"
    r"\s{1,8}[^'\"]{0,80}=\s{0,8}|\b(?:with|encrypted)\s{1,8}password\s{1,8}|alter\s{1,8}(?:user|role)\s{1,8}\S{1,64}\s{1,8}"
    r"password\s{1,8}|(?:_password|_token|_key|_secret|_authtoken)\s{1,8}(?=[\"'])|config\s{1,8}(?:--?\w+\s{1,8}){0,3}"
    r"(?:set|add)\s{1,8}\S{0,99}?(?:password|secret|token|_key)\s{1,8})",
    re.IGNORECASE,
)
"""SQL and settings where a secret follows a word with no sign between."""

PIPED = re.compile(
    r"\b(?:echo|printf)[ \t]{1,8}(?:-[neE]{1,3}[ \t]{1,8})?(?P<value>\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'|[^\s;|&\"'<>]{1,300})[ \t]{0,8}"
    r"\|[ \t]{0,8}(?:sudo[ \t]{1,8}(?:-\w{1,8}[ \t]{1,8}){0,3}?(?:-\w{0,8}S|--stdin)\b|(?:sudo[ \t]{1,8})?(?:chpasswd|passwd\b[^|;&\n]{0,99}--stdin"
    r"|smbpasswd\b|kinit\b|cryptsetup\b|docker[ \t]{1,8}login\b|podman[ \t]{1,8}login\b|su\b|vncpasswd\b|gpg2?\b[^|;&\n]{0,200}--passphrase-fd"
    r"|openssl\b[^|;&\n]{0,200}stdin|gh[ \t]{1,8}auth\b|aws[ \t]{1,8}ecr\b))"
)
"""A secret told to a program that reads one from its input."""


# Options by their program -------------------------------------------------------------------------------------------


def value(before: str = "") -> str:
    """A shell word, or what follows ``before`` in one; the group that took part holds the value without its quotes."""
    bare = r"(?:\\.|\$\([^)]{0,200}\)|`[^`]{0,200}`|[^\s;|&()<>'\"`\\])+"
    return (
        rf"(?:'\\''{before}([^'\n]{{1,1000}})'\\''|\\+\"{before}([^\"\\\n]{{1,1000}})\\+\""
        rf"|\"{before}((?:[^\"\\]|\\.){{1,1000}})\"|'{before}([^']{{1,1000}})'|{before}({bare})|[\"']{before}([^\s'\"]+))"
    )


_GAP = r"(?:[ \t]{1,20}|=)"
_MYSQL = (
    "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlslap mysqlpump mysqlbinlog mysqlhotcopy mysqlsh "
    "mariadb mariadb-dump mariadb-admin mariadb-import mariadb-check mariadb-show mariadb-binlog mariabackup "
    "mariadb-backup xtrabackup innobackupex mysqlrepair mysqloptimize mysqlanalyze mytop"
)
_MONGO = "mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles"
_LDAP = "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare"
_SMB = "smbclient smbget smbtar smbspool rpcclient winexe net smbcacls"
_SNMP = "snmpget snmpset snmpwalk snmpbulkwalk snmptrap snmpgetnext snmptable snmpinform"

OPTIONS: tuple[tuple[str, str, str], ...] = (
    (_MYSQL, "MYSQL_PWD", rf"-p{value()}"),
    ("mydumper myloader", "MYSQL_PWD", rf"-p{_GAP}?{value()}"),
    ("sshpass", "SSHPASS", rf"-p{_GAP}?{value()}"),
    ("redis-cli redis-benchmark", "REDISCLI_AUTH", rf"(?:-a{_GAP}|--pass{_GAP}){value()}"),
    ("curl http https", "CURL_PASSWORD",
     rf"(?:-[A-Za-z]{{0,8}}[uUa]{_GAP}?|--(?:proxy-|auth-?)?user{_GAP}|--auth{_GAP}){value(r'[^:\s=]{0,128}:')}"),
    ("curl", "PROXY_PASSWORD", rf"(?:-x{_GAP}?|--(?:proxy|preproxy|socks5\w*){_GAP}){value(r'[^:/@\s]{1,128}:(?=[^@\s]{1,200}@)')}"),
    ("curl", "CERT_PASSWORD", rf"(?:-E{_GAP}?|--(?:proxy-)?cert{_GAP}){value(r'[^:\s]{1,255}:')}"),
    ("curl", "OAUTH_TOKEN", rf"--oauth2-bearer{_GAP}{value()}"),
    ("lftp lftpget ncftp ncftpget ncftpput", "FTP_PASSWORD", rf"-u{_GAP}?{value(r'[^,\s]{1,128},')}"),
    ("ncftp ncftpget ncftpput ncftpls", "FTP_PASSWORD", rf"-p{_GAP}?{value()}"),
    (_SMB, "SMB_PASSWORD", rf"(?:-U{_GAP}?|--user{_GAP}){value(r'[^%\s]{1,128}?%')}"),
    ("openssl", "OPENSSL_PASSWORD", rf"-(?:passin|passout|pass|password|passwd){_GAP}{value('pass:')}"),
    ("openssl", "OPENSSL_PASSWORD", rf"-[kK]{_GAP}{value()}"),
    ("htpasswd", "HTTP_PASSWORD", rf"-\w{{0,6}}n?b\w{{0,6}}{_GAP}(?:-\S{{1,20}}[ \t]{{1,8}}){{0,4}}(?:[^\s'\"-]\S{{0,200}}[ \t]{{1,8}}){{1,2}}{value()}(?=[ \t]{{0,8}}(?:$|[\n;|&>'\"`)]|\d>))"),
    ("zip unzip zipcloak funzip", "ZIP_PASSWORD", rf"-[A-Za-z0-9]{{0,8}}P{_GAP}?{value()}"),
    ("7z 7za 7zr 7zz p7zip rar unrar", "ARCHIVE_PASSWORD", rf"-(?:h)?p{value()}"),
    (_MONGO, "MONGO_PASSWORD", rf"-p{_GAP}?{value()}"),
    ("sqlcmd bcp osql isql tsql", "SQL_PASSWORD", rf"-P{_GAP}?{value()}"),
    (_LDAP, "LDAP_PASSWORD", rf"-w{_GAP}?{value()}"),
    ("mosquitto_pub mosquitto_sub mosquitto_rr", "MQTT_PASSWORD", rf"-P{_GAP}{value()}"),
    ("mosquitto_passwd", "MQTT_PASSWORD", rf"-b{_GAP}\S{{1,200}}[ \t]{{1,8}}\S{{1,99}}[ \t]{{1,8}}{value()}"),
    ("ipmitool ipmipower rdesktop wapiti", "IPMI_PASSWORD", rf"-[Pp]{_GAP}{value()}"),
    ("rabbitmqadmin docker podman oc cf az helm buildah nerdctl nordvpn", "REGISTRY_PASSWORD",
     rf"-p{_GAP}{value()}(?<=.)"),
    ("skopeo podman buildah crane", "REGISTRY_PASSWORD", rf"--(?:src-|dest-)?creds?{_GAP}{value(r'[^:\s]{1,128}:')}"),
    ("plink pscp psftp putty", "SSHPASS", rf"-pw{_GAP}{value()}"),
    (_SNMP, "SNMP_PASSWORD", rf"-[AX]{_GAP}{value()}"),
    (_SNMP, "SNMP_COMMUNITY", rf"-c{_GAP}(?!public\b){value()}"),
    ("swaks sendemail sendEmail", "SMTP_PASSWORD", rf"-(?:ap|xp){_GAP}{value()}"),
    ("xfreerdp wlfreerdp", "RDP_PASSWORD", rf"/p:{value()}"),
    ("svn svnsync", "SVN_PASSWORD", rf"--password{_GAP}{value()}"),
    ("ansible ansible-playbook", "ANSIBLE_PASSWORD", rf"--extra-vars{_GAP}{value(r'[^ ]{0,99}_pass(?:word)?=')}"),
    ("restic borg duplicity duply", "BACKUP_PASSWORD", rf"--passphrase{_GAP}{value()}"),
    ("cadaver davfs2 vault", "VAULT_TOKEN", rf"-token{_GAP}{value()}"),
)  # fmt: skip
"""Programs, the variable proposed, and the option up to its value; it starts where the scan finds a dash."""

OPERANDS: tuple[tuple[str, str, str], ...] = (
    ("sqlplus sqlldr expdp impdp exp imp rman tnsping sqlcl", "ORACLE_PASSWORD",
     r"(?<=[\s'\"=])[A-Za-z_][\w$#]{0,30}/(?:\"([^\"\s]{1,128})\"|([^\s/@'\"]{1,128}))(?=@|[ \t]|$|['\"\n])"),
    ("rabbitmqctl", "RABBITMQ_PASSWORD", rf"(?:add_user|change_password|authenticate_user)[ \t]{{1,8}}\S{{1,99}}[ \t]{{1,8}}{value()}"),
    ("wpa_passphrase", "WIFI_PASSWORD", rf"wpa_passphrase[ \t]{{1,8}}(?:\"[^\"]{{1,64}}\"|'[^']{{1,64}}'|[^\s'\"]{{1,64}})[ \t]{{1,8}}{value()}"),
    ("nmcli", "WIFI_PASSWORD", rf"(?:wifi-sec\.psk|802-11-wireless-security\.psk|password)[ \t]{{1,8}}{value()}"),
    ("redis-cli", "REDISCLI_AUTH", rf"(?i:\bauth)[ \t]{{1,8}}{value()}"),
    ("ftp tnftp", "FTP_PASSWORD", rf"\buser[ \t]{{1,8}}[^\s'\"]{{1,64}}[ \t]{{1,8}}{value()}"),
    ("ftp lftp", "FTP_PASSWORD", rf"(?i:\bpass)[ \t]{{1,8}}{value()}"),
    ("lftp", "FTP_PASSWORD", rf"\b(?:open|login|user)[ \t]{{1,8}}(?:-u[ \t]{{1,8}})?{value(r'[^,\s]{1,64},')}"),
    ("xfreerdp wlfreerdp", "RDP_PASSWORD", rf"/p:{value()}"),
)  # fmt: skip
"""Programs whose secret stands after a word, not after an option."""

LOGIN_ONLY = _words("docker podman oc cf az helm buildah nerdctl nordvpn")
"""Programs whose -p is a password after ``login`` only."""
