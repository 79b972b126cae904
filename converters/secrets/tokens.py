"""Secrets known by their own look or by their address, as data.

The looks of tokens follow the rules of gitleaks 8 (config/gitleaks.toml, MIT) and the plugins of detect-secrets 1.5
(Apache-2.0); the tests check them against what detect-secrets calls a secret. Every repetition is bounded or cannot be
left by another way, so a line of five megabytes takes linear time.
"""

from __future__ import annotations

TOKENS: tuple[tuple[str, str], ...] = (
    # IAM identifiers, unique IDs: AKIA is a long-term key, ASIA a temporary one, ABIA a bearer token of STS.
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
    ("MAILCHIMP_KEY", r"[0-9a-z]{32}-us\d{1,2}"),
    ("SENDINBLUE_KEY", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("TWILIO_KEY", r"(?:SK|AC)[0-9a-z]{32}"),
    ("SLACK_TOKEN", r"(?i:xox[a-z](?:\.xox[a-z])?-)[\w-]{8,250}|xapp-\d-[\w-]{10,250}"),
    ("DISCORD_TOKEN", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,40}"),
    ("TELEGRAM_TOKEN", r"(?:bot)?\d{8,10}:[\w-]{35}"),
    ("GOOGLE_API_KEY", r"AIza[\w-]{35}|GOCSPX-[\w-]{20,40}"),
    ("GOOGLE_TOKEN", r"ya29\.[\w-]{20,999}"),
    (
        # T3BlbkFJ is base64 of "OpenAI".
        "OPENAI_API_KEY",
        r"sk-(?:proj|svcacct|admin)-[\w-]{20,200}|sk-[\w-]{0,160}T3BlbkFJ[\w-]{20,160}|sk-[A-Za-z0-9]{32,64}",
    ),
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
    ("AGE_SECRET_KEY", r"AGE-SECRET-KEY-1[0-9A-Z]{40,60}"),
    ("ALIBABA_ACCESS_KEY", r"LTAI[A-Za-z0-9]{17,25}"),
    ("OPENSHIFT_TOKEN", r"sha256~[\w-]{43}"),
    ("AIRTABLE_TOKEN", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("CLOUDFLARE_KEY", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    ("PERPLEXITY_API_KEY", r"pplx-[A-Za-z0-9]{48}"),
    ("FLY_TOKEN", r"fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{100,999}={0,3}"),
    # RFC 7519: header and payload are JSON in base64url, so both begin with `ey` ({").
    ("JWT", r"ey[A-Za-z0-9_-]{15,4096}\.ey[A-Za-z0-9_-]{10,8192}(?:\.[\w-]{0,4096})?"),
)
"""Environment variable proposed, and the look, which must start a word."""

RUN = r"(?<![\w.~-])(?:bot\d{8,10}:|\d{8,10}:)?[\w.~-]{20,}"
"""A run of characters long enough to be a token."""

TOKEN = "|".join(f"({pattern})" for _, pattern in TOKENS)

_REST = r"[^\s'\"<>|;`()\\]"
WEBHOOK = rf"""(?ix)https?://(?:
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
      | (?P<intake>(?:logs-\d\d\.loggly\.com/(?:inputs|bulk)|[\w.-]{{1,40}}\.sumologic\.com/receiver/v1/http
          |http-intake\.logs\.datadoghq\.(?:com|eu)/v1/input|webhook\.logentries\.com/noformat/logs)/{_REST}+)
      | (?P<deploy>api\.vercel\.com/v\d/integrations/deploy/{_REST}+)
      | (?P<feishu>open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/{_REST}+)
      | (?P<bitrix>[\w.-]{{1,60}}/rest/\d{{1,9}}/[a-z0-9]{{12,40}}/{_REST}*)
      | (?P<push>(?:sctapi\.ftqq\.com|api\.day\.app|api\.chanify\.net|push\.techulus\.com/api
          |api\.simplepush\.io/send)/{_REST}+)
      | (?P<afraid>\w{{0,9}}sync\.afraid\.org/u/{_REST}+)
      | (?P<telegram>api\.telegram\.org/bot\d+:{_REST}+)
      | (?P<other>hooks?\.[\w.-]{{1,99}}/{_REST}{{4,}}
          | [\w.:-]{{1,99}}/(?:{_REST}{{1,60}}?/)?(?:web|(?:build|deploy)[_-])?hooks?/
            (?:{_REST}{{0,60}}?/)?[\w-]{{16,}}{_REST}*)
    )"""
"""Who holds such an address may post, so all of it is the secret; an ``other`` one only with a key in its path, for anybody
may call a host of his "hooks"."""

CREDENTIALS = r"://(?P<user>[^\s/:'\"?#]{0,200}):(?P<password>[^\s/'\"<>?#]{1,512})@"
"""``scheme://user:password@host``; a password that holds @ goes on to the last one."""

ASKED_LOGIN = (
    r"[?&](?:u|user|usr|username|login|l|uid|name)=[^&\s'\"]{1,100}&(?:p|pw|ps)=(?P<password>[^&\s'\"]{1,200})"
)
"""``?u=bob&p=X``"""

ASKED_ALONE = r"\?(?P<token>[A-Za-z0-9_-]{20,200}={0,2})(?=['\"\s;|)&]|$)"
"""An address that asks with a key alone, without a name: ``update.php?KEY`` (freedns.afraid.org)."""

AS_USER = r"://(?P<token>[A-Za-z0-9_.~-]{16,255})@"
CRON_PATH = r"/cron(?:/[a-z]{1,12})?/(?P<token>[A-Za-z0-9_-]{32,255})(?![\w/-])"
"""The address of a site's cron ends in a key: Drupal's, and those with a verb before it (`/cron/run/KEY`)."""

HASH = (
    r"(?<![\w{])\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|PBKDF2[\w-]{0,10}|BCRYPT|ARGON2)\}[\w./+=$]{8,512}"
    r"|(?<![0-9A-Fa-f:])[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}(?![0-9A-Fa-f:])|(?<![\w*])\*[0-9A-F]{40}(?!\w)"
    r"|pbkdf2_sha\d{1,3}\$\d{1,9}\$[\w./+=$]{16,512}"
)
"""LDAP's (RFC 2307), LM:NT of Windows, MySQL's, Django's."""

COOKIES = (
    r"(?i)(?:\b(?:Set-)?Cookie[ \t]{0,4}:[ \t]{0,4}"
    r"|(?<![\w-])(?:--cookie(?:[ \t]{1,4}|=)|-b[ \t]{0,4})(?=\\{0,4}['\"]?[\w.-]{1,60}=)\\{0,4}['\"]?)"
)
COOKIE = r"\s{0,4}(?P<name>[\w.-]{1,80})=(?P<value>[^;\s'\"\\]{0,4000});?"
SESSION = r"(?i)sess|sid$|^sid|token|auth|login|jwt|csrf|xsrf|remember|identity|ticket|logged|passport|cookie$"

NEAR = (
    ("jdbc:oracle", r"(?i)jdbc:oracle:\w{2,5}:[\w$#]{1,30}/([^\s/@'\"]{1,128})@", "ORACLE_PASSWORD"),
    # libpq: host:port:database:user:password
    (
        "pgpass",
        r"(?<![\w.*-])(?:[\w.-]{1,99}|\*):(?:\d{2,5}|\*):[^:\s'\"]{1,64}:[^:\s'\"]{1,64}:([^\s'\"]{1,200})",
        "PGPASSWORD",
    ),
    # curl(1), "-K": `user = "name:password"` in a file, or in what is piped to `-K -`.
    (
        "curl",
        r"(?<![\w-])(?:proxy-)?user[ \t]{0,4}[=:][ \t]{0,4}\\?\"[^\s:\"\\]{1,80}:([^\"\\\n$]{1,200})\\?\"",
        "CURL_PASSWORD",
    ),
    # RFC 7617: who makes a header of it himself.
    (
        "base64",
        r"(?:echo|printf)[ \t]{1,4}(?:-[neE]{1,3}[ \t]{1,4}|['\"]?%s['\"]?[ \t]{1,4})?['\"]?"
        r"[\w.@-]{1,60}:([^\s'\":|$]{4,200})['\"]?"
        r"[ \t]{0,4}\|[ \t]{0,4}(?:openssl[ \t]{1,4})?(?:enc[ \t]{1,4}-)?base64",
        "LOGIN_PASSWORD",
    ),
    # Philips Hue's bridge: the user's name in the address is the key.
    ("/api/", r"/api/(?=[\w-]{0,63}\d)(?=[\w-]{0,63}[A-Z])(?=[\w-]{0,63}[a-z])([A-Za-z0-9_-]{32,64})(?=/)", "API_KEY"),
    # An address that streams go to ends in the stream's key (YouTube, Twitch).
    (
        "rtmp",
        r"rtmps?://[^\s/'\"]{1,99}/(?:[\w.-]{1,40}/){1,3}(?=[\w-]{0,60}\d)(?:live_|FB-)?([A-Za-z0-9_-]{12,200})(?![\w./-])",
        "STREAM_KEY",
    ),
    # mount_smbfs(8): an address without its scheme.
    ("//", r"(?<![\w:/.-])//[^\s/:'\"@]{1,60}:([^\s/'\"@]{1,100})@[\w.-]{1,99}", "SMB_PASSWORD"),
    # RFC 6750 and RFC 7617, whatever the header's variable is called.
    ("bearer", r"(?i)(?<![\w-])bearer[ \t]{1,4}(?=[^\s'\"]{0,80}\d)([A-Za-z0-9._~+/-]{8,2000}={0,2})", "API_TOKEN"),
    ("basic", r"(?<![\w-])Basic[ \t]{1,4}(?=[A-Za-z0-9+/]{0,80}[\d=])([A-Za-z0-9+/]{12,999}={0,2})", "LOGIN_PASSWORD"),
    # RFC 8945: `-y [ALGORITHM:]NAME:SECRET` of nsupdate(1) and dig(1).
    ("-y", r"(?<=-y)[ \t]{1,4}['\"]?(?:hmac-[\w-]{2,20}:)?[\w.-]{1,80}:([A-Za-z0-9+/]{12,200}={0,2})", "TSIG_KEY"),
    # SQLCipher
    ("pragma", r"(?i)pragma[ \t]{1,4}(?:re|hex)?key[ \t]{0,4}=[ \t]{0,4}\\?['\"]([^'\"\n]{1,200})", "DB_KEY"),
    # RFC 4616: SASL's PLAIN says NUL, user, NUL, password, which is then in base64.
    ("\\0", r"\\{1,2}x?0{1,3}[\w.@+-]{1,60}\\{1,2}x?0{1,3}([^\s'\"\\]{3,200})", "SASL_PASSWORD"),
    ("\\x00", r"\\{1,2}x00[\w.@+-]{1,60}\\{1,2}x00([^\s'\"\\]{3,200})", "SASL_PASSWORD"),
    # GitLab's `gitlab:password:reset[USER,PASSWORD]`, a task of Rake with its arguments.
    ("passw", r"(?i)passw\w{0,20}(?::\w{1,20}){0,3}\[[^\],\n]{1,60},\s?([^\],'\"\s$]{4,200})\]", "PASSWORD"),
    # OpenWeatherMap calls its key an id.
    ("appid=", r"(?<=[?&]appid=)[0-9A-Fa-f]{32}(?!\w)", "API_KEY"),
    ("pushover", r"(?<![\w])[a-z][A-Za-z0-9]{29}(?!\w)", "PUSHOVER_TOKEN"),
    ("pover:", r"(?<=pover://)[\w@]{20,80}", "PUSHOVER_TOKEN"),
    ("pushbullet", r"(?<![\w.])o\.[A-Za-z0-9]{20,40}(?!\w)", "PUSHBULLET_TOKEN"),
    ("digitalocean", r"(?<!\w)[0-9a-f]{64}(?!\w)", "DIGITALOCEAN_TOKEN"),
    ("do", r"(?<![\w.-])do[opr]_v1_[a-f0-9]{16,64}(?!\w)", "DIGITALOCEAN_TOKEN"),
    ("twilio", r"(?<!\w)[0-9a-f]{32}(?!\w)", "TWILIO_TOKEN"),
)
"""Word of the service, look (its group where it has one), variable."""

LOGIN = (
    r"(?<![\w/:.@%+-])(?::?[a-z]{2,9}:(?=\w{1,40}:))?(?:[\w.-]{1,40}[\\/])?(?P<user>[\w.-]{1,40}):"
    r"(?P<password>[^\s/'\"@:<>(){}|;&,]{3,100})@(?!sha\d)[\w.-]{1,99}"
)
NO_USERS = frozenset(
    ["mailto", "sip", "sips", "acct", "xmpp", "http", "https", "docker", "from", "reply-to", "to", "cc", "git"]
)
DSN = r"(?<![\w])(?:(?:[huDPStFAi]=[^,\s'\"]{0,100},){1,9}p=|p=(?=[^,\s'\"]{1,100},[huDPStFA]=))(?P<password>[^,\s'\"]{1,100})"
"""``h=db,u=bot,p=X``"""
