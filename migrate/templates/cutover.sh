#!/bin/sh
# Written by cron2fargate for the host whose cron daemon reads the tables below. Run it there as root.
# It changes nothing unless every table is the one that was looked at, and keeps a copy of each under @backups@.
set -eu
LC_ALL=C
export LC_ALL
umask 077
WORK=''

die() {
    echo "cron2fargate: $*" >&2
    exit 1
}

sum() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum | cut -c1-64
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 | cut -c1-64
    elif command -v sha256 >/dev/null 2>&1; then
        sha256 -q
    else
        openssl dgst -sha256 -r | cut -c1-64
    fi
}

# The first seconds of a minute are the daemon's: it reads its tables then.
between_reads() {
    second=$(date +%S)
    second=${second#0}
    if [ "$second" -lt 5 ]; then
        sleep 6
    elif [ "$second" -gt 45 ]; then
        sleep $((66 - second))
    fi
}

# Fails outside the minutes in which no run is near on either side (seconds since 1970: first-last ...).
in_time() {
    now=$(date +%s)
    for span in $1; do
        if [ "$now" -ge "${span%-*}" ] && [ "$now" -le "${span#*-}" ]; then
            return 0
        fi
    done
    die "this is no safe minute (now $now; safe: $1); nothing was changed. Run it again then, or print a new script"
}

keep() {
    mkdir -p "@backups@"
    cp "$1" "@backups@/$(sum <"$1")-$2"
}

same_owner_and_mode() {
    [ "$(ls -ldn "$1" | awk '{print $1, $3, $4}')" = "$(ls -ldn "$2" | awk '{print $1, $3, $4}')" ]
}

# list FROM-TABLE: the text of a table into $WORK/old
list() {
    if [ -n "$USER_TABLE" ]; then
        crontab -u "$USER_TABLE" -l >"$WORK/old" || die "the table of $USER_TABLE cannot be listed; nothing was changed"
    else
        [ -f "$TABLE" ] && [ ! -L "$TABLE" ] || die "$TABLE is not a plain file; nothing was changed"
        cp "$TABLE" "$WORK/old"
    fi
}

# install: $WORK/new in the place of $WORK/old
install_new() {
    if [ -n "$USER_TABLE" ]; then
        keep "$WORK/old" "$USER_TABLE"
        list_again=$(crontab -u "$USER_TABLE" -l | sum)
        [ "$list_again" = "$(sum <"$WORK/old")" ] || die "the table of $USER_TABLE was edited just now; nothing was changed"
        crontab -u "$USER_TABLE" "$WORK/new" || die "crontab(1) refused the table of $USER_TABLE"
        GOT=$(crontab -u "$USER_TABLE" -l | sum)
    else
        keep "$WORK/old" "$(basename "$TABLE")"
        BESIDE="$(dirname "$TABLE")/.$(basename "$TABLE").$$.c2f-tmp"
        cp -p "$TABLE" "$BESIDE"
        same_owner_and_mode "$TABLE" "$BESIDE" || die "the owner of $TABLE cannot be kept; nothing was changed: run this as root"
        cat "$WORK/new" >"$BESIDE"
        [ "$(sum <"$BESIDE")" = "$(sum <"$WORK/new")" ] || die "$BESIDE could not be written; nothing was changed"
        sync
        [ "$(sum <"$TABLE")" = "$(sum <"$WORK/old")" ] || die "$TABLE was edited just now; nothing was changed"
        mv -f "$BESIDE" "$TABLE"
        BESIDE=''
        GOT=$(sum <"$TABLE")
    fi
    [ "$GOT" = "$(sum <"$WORK/new")" ] || die "another text stands in the table than was installed; look at it"
}

perms() {
    ls -ldn "$1" | cut -c1-10
}

# take_bits SCRIPT - BEFORE AFTER SHA256: run-parts passes over a file that is not executable
take_bits() {
    [ -f "$1" ] && [ ! -L "$1" ] || die "$1 is not a plain file; nothing was changed in it"
    if [ "$(perms "$1")" != "$4" ]; then
        [ "$(perms "$1")" = "$3" ] || die "the mode of $1 is not $3; nothing was changed in it: scan again"
        [ "$(sum <"$1")" = "$5" ] || die "$1 was edited since the scan; nothing was changed in it: scan again"
        chmod a-x "$1"
    fi
    PROOF="$PROOF $(perms "$1")"
}

# give_bits SCRIPT - MODE LIVE LEFT
give_bits() {
    [ -f "$1" ] && [ ! -L "$1" ] || die "$1 is not a plain file; nothing was changed in it"
    if [ "$(perms "$1")" != "$4" ]; then
        [ "$(perms "$1")" = "$5" ] || die "the mode of $1 was changed since it was moved; nothing was changed in it"
        chmod "$3" "$1"
    fi
    PROOF="$PROOF $(perms "$1")"
}

# What a link or a file with several names is known by: where it leads, or its bytes.
named_sum() {
    if [ -L "$1" ]; then
        printf %s "$(readlink "$1")" | sum
    elif [ -f "$1" ]; then
        sum <"$1"
    fi
}

# rename_once FROM TO SHA256
rename_once() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        [ ! -e "$2" ] && [ ! -L "$2" ] || die "$2 is there already; $1 was not renamed"
        [ "$(named_sum "$1")" = "$3" ] || die "$1 is not what was looked at; it was not renamed: scan again"
        mv "$1" "$2"
    fi
    PROOF="$PROOF $(named_sum "$2")"
}

# give_name SCRIPT HIDDEN SHA256: run-parts passes over a name that begins with a dot and ends in .cron2fargate
give_name() {
    rename_once "$1" "$2" "$3"
}

take_name() {
    rename_once "$2" "$1" "$3"
}

BESIDE=''
tidy() {
    rm -rf "$WORK"
    [ -z "$BESIDE" ] || rm -f "$BESIDE"
}
WORK=$(mktemp -d)
trap tidy EXIT
trap 'exit 130' HUP INT TERM
PROOF='@word@'
