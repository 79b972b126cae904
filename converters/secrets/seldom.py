"""Secrets known by the program that reads them, continued: what few hosts have. Cameras, games, tunnels, archivers, SAP."""

from __future__ import annotations

from converters.secrets.options import _BLANK, _USER, _WORD, ATTACHED, EITHER, NEXT, Option, _operand, _option

SELDOM: tuple[Option, ...] = (
    # Databases and SAP: BR*Tools `-u user/password`, sapcontrol `-user NAME PASSWORD`.
    _option(
        "brbackup brarchive brrestore brrecover brconnect brspace", "ORACLE_PASSWORD", "-u", NEXT, r"[^\s/'\"]{1,64}/"
    ),
    _option("sapcontrol", "SAP_PASSWORD", "-user", rf"{_BLANK}{_WORD}"),
    _option("mclient msqldump", "DB_PASSWORD", "-P", NEXT),
    _option("dumpling br tiup", "DB_PASSWORD", "-p", NEXT),
    _option("dsbulk fmsadmin", "DB_PASSWORD", "-p", NEXT),
    # Mail: rspamc(1) -P, the controller's; sipsak(1) -a and sipp -ap of a registrar.
    _option("rspamc", "RSPAMD_PASSWORD", "-P", EITHER),
    _option("sipsak", "SIP_PASSWORD", "-a", NEXT),
    _option("sipp", "SIP_PASSWORD", "-ap", NEXT),
    _option("yowsup-cli", "WHATSAPP_PASSWORD", "-l|--login", NEXT, _USER),
    _option("irssi sic", "IRC_PASSWORD", "-[wk]", NEXT),
    # Monitoring
    _option("send_nrdp send_nrdp.py send_nrdp.sh send_nrdp.php", "NRDP_TOKEN", "-t", NEXT),
    _option(
        "ipmi-sensors ipmi-sel ipmi-chassis ipmi-fru ipmiconsole bmc-info ipmiutil", "IPMI_PASSWORD", "-[pP]", NEXT
    ),
    # Files and archives: gocryptfs(1) -extpass once for each word of the program that prints the password.
    _option("gocryptfs encfs", "CRYPT_PASSWORD", rf"--?extpass{NEXT}['\"]?echo['\"]?{_BLANK}--?extpass", NEXT),
    _option("zpaq", "ARCHIVE_PASSWORD", "-key", NEXT),
    _option("lrzip lrunzip lrztar", "ARCHIVE_PASSWORD", "--encrypt", "="),
    _option("arj unarj", "ARCHIVE_PASSWORD", "-g", ATTACHED),
    _option("unace ace", "ARCHIVE_PASSWORD", "-p", ATTACHED),
    _option("pdfcpu", "PDF_PASSWORD", "-(?:upw|opw)", NEXT),
    _option("mutool msoffcrypto-tool", "PDF_PASSWORD", "-[pU]", NEXT),
    _option("megals megaget megaput megadf megarm megamkdir megacopy megadl", "MEGA_PASSWORD", "-p", NEXT),
    # Networks
    _option("eapol_test", "RADIUS_SECRET", "-s", EITHER),
    _operand(
        "iwconfig",
        "WIFI_PASSWORD",
        rf"(?:key|enc){_BLANK}(?:\[\d\]{_BLANK})?(?!(?:on|off|open|restricted)\b)",
        r"(?:s:)?",
    ),
    _option("transmission-remote", "TRANSMISSION_PASSWORD", "-n|--auth", NEXT, _USER),
    _option("edge supernode", "N2N_KEY", "-k", EITHER),
    _option("cntlm", "PROXY_PASSWORD", "-p", NEXT),
    _option("openfortivpn", "VPN_PASSWORD", "-p", NEXT),
    _option("zerotier-cli", "ZEROTIER_TOKEN", "-T", EITHER),
    # Cameras: live555's openRTSP `-u USER PASSWORD`.
    _option("openRTSP playSIP", "CAMERA_PASSWORD", "-u", rf"{_BLANK}{_WORD}"),
    # Games: SteamCMD `+login USER PASSWORD`, console variables on the line, rcon clients, Mumble's superuser.
    _operand("steamcmd steamcmd.sh", "STEAM_PASSWORD", rf"login{_BLANK}(?!anonymous\b){_WORD}(?![+-])"),
    _operand(
        "srcds_run srcds_linux srcds hlds_run hlds_linux cs2 ioq3ded q3ded",
        "GAME_PASSWORD",
        rf"(?:sv_setsteamaccount|rcon_?password|sv_password|g_password){_BLANK}(?![+-])",
    ),
    _option("mcrcon rcon rcon-cli rconclt arrcon", "RCON_PASSWORD", "-p", NEXT),
    _option("mumble-server murmurd murmur.x86", "MUMBLE_PASSWORD", "-supw", NEXT),
    # bundle-config(1): the credentials of a source stand under its host's name.
    _operand(
        "bundle",
        "BUNDLE_PASSWORD",
        rf"config{_BLANK}(?:(?:set|--\w{{1,9}}){_BLANK}){{0,3}}[\w-]{{1,60}}\.[\w./-]{{1,99}}{_BLANK}",
        _USER,
    ),
)
"""More of `options.OPTIONS`, in its form. Sources: the manuals of the programs."""
