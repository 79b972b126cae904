#!/bin/sh
# collect.sh: what cron2fargate asks a host about its cron jobs, as one tar.
#
#   sh collect.sh > web1.tar              or   sh collect.sh -o web1.tar
#
#   -o FILE   write there (default: standard output)
#   -d DAYS   days of cron's log (default 7; 0 for none)
#   -r DIR    the disk of another host, mounted at DIR: nothing is asked of this machine's kernel then
#
# It reads. It writes one temporary directory, removed at the end, and the tar; it starts none of the jobs and asks nothing
# of the network. An ordinary user gets what that user may see. What could not be read stands in collected/manifest.
# Values of variables and options whose names say that they are secret are replaced here, before anything is written;
# passwd goes without comments and hashes. A secret of another shape may still be in it: keep the tar as you keep crontabs.
# Needs sh, awk, tar and what POSIX has; dash, bash, BusyBox and FreeBSD's sh run it.
set -u
LC_ALL=C
export LC_ALL
umask 077
unset CDPATH
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin

out=- days=7 root=
while getopts o:d:r: option; do
  case $option in
    o) out=$OPTARG ;;
    d) days=$OPTARG ;;
    r) root=${OPTARG%/} ;;
    *) echo "usage: sh collect.sh [-o FILE] [-d DAYS] [-r DIR]" >&2; exit 2 ;;
  esac
done
case $days in '' | *[!0-9]*) echo "collect.sh: -d takes a number of days, not $days" >&2; exit 2 ;; esac
[ -z "$root" ] || [ -d "$root" ] || { echo "collect.sh: $root is no directory" >&2; exit 2; }
[ "$out" != - ] || [ ! -t 1 ] || { echo "collect.sh: name a file: sh collect.sh -o $(uname -n).tar" >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/collect.XXXXXX") || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 129' 1; trap 'exit 130' 2; trap 'exit 143' 15
stage=$work/stage
facts=$stage/collected
mkdir -p "$facts" || exit 1

# --- the manifest: one line for each thing that was looked at; `failed` is never the same as `nothing`
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$facts/manifest"; }
printf 'cron2fargate-collection\t1\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" > "$facts/manifest"
note as ok "uid $(id -u)"

# fact NAME WHAT COMMAND..: what the command prints becomes a file; when it fails, the reason stands in the manifest.
fact() {
  name=$1 what=$2
  shift 2
  if "$@" > "$work/fact" 2> "$work/error" < /dev/null; then
    cat "$work/fact" > "$facts/$name" && note "$name" ok "$what"
  else
    note "$name" failed "$what: $(head -n 1 "$work/error" | tr '\t' ' ')"
  fi
}

# --- secrets: values behind telling names become HIDDEN-BY-COLLECT-n, equal ones alike
cat > "$work/hide.awk" << 'AWK'
function known(value) {                # the same value has the same number in all files
  # A file of the host is no secret; its text may be. It is not opened to ask: a FIFO would be waited for.
  if (value ~ /^\/[-A-Za-z0-9_.\/@+:,%=]+$/ && system("[ -f \"$root\"" value " ]") == 0) return value
  if (!(value in seen)) {
    seen[value] = "HIDDEN-BY-COLLECT-" ++count
    print value >> numbers
  }
  return seen[value]
}
function bare(value, quote) {              # a reference tells nothing, and what is empty hides nothing
  quote = substr(value, 1, 1)
  if (quote == "\"" || quote == "'") {
    if (length(value) < 3) return value
    value = substr(value, 2, length(value) - 2)
    return value ~ /^[$`]/ ? quote value quote : quote known(value) quote
  }
  return value == "" || value ~ /^[$`(<|&;]/ ? value : known(value)
}
function each(text, pattern,    done, name, value, start) {   # hides the value behind each match of a name
  done = ""
  while (match(text, pattern)) {
    name = substr(text, RSTART, RLENGTH)
    done = done substr(text, 1, RSTART + RLENGTH - 1)
    text = substr(text, RSTART + RLENGTH)
    if (name ~ /([Ff][Ii][Ll][Ee]|[Pp][Aa][Tt][Hh]|[Dd][Ii][Rr]|_[Nn][Aa][Mm][Ee]|_[Ii][Dd]|_[Aa][Rr][Nn])[ \t=]*$/) continue
    if (match(text, /^("[^"]*"|'[^']*'|[^ \t"';|&)]+)/)) {
      value = substr(text, 1, RLENGTH)
      start = RLENGTH + 1
      done = done bare(value)
      text = substr(text, start)
    }
  }
  return done text
}
function users(text,    done, colon) {                  # scheme://user:password@host
  done = ""
  while (match(text, /:\/\/[^\/ \t:@"']*:[^\/ \t@"']+@/)) {
    colon = index(substr(text, RSTART + 3, RLENGTH), ":") + RSTART + 3
    done = done substr(text, 1, colon - 1) bare(substr(text, colon, RSTART + RLENGTH - 1 - colon)) "@"
    text = substr(text, RSTART + RLENGTH)
  }
  return done text
}
BEGIN {
  while ((getline one < numbers) > 0) seen[one] = "HIDDEN-BY-COLLECT-" ++count
  close(numbers)
  word = "([Pp][Aa][Ss][Ss]([Ww][Oo]?[Rr]?[Dd]|[Pp][Hh][Rr][Aa][Ss][Ee])?|PWD|[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|[Aa][Pp][Ii]_?-?[Kk][Ee][Yy]|[Aa][Cc][Cc][Ee][Ss][Ss]_?-?[Kk][Ee][Yy]|[Pp][Rr][Ii][Vv][Aa][Tt][Ee]_?-?[Kk][Ee][Yy]|[Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll][Ss]?|_AUTH|_KEY|_DSN|WEBHOOK(_URL)?)"
  assigned = word "[A-Za-z0-9_]*[ \t]*=[ \t]*"
  option = "--?" "([a-z0-9]+-)*" word "(=|[ \t]+)"
  header = "([Bb]earer|[Bb]asic|[Tt]oken|[Xx]-[A-Za-z-]*([Kk]ey|[Tt]oken):)[ \t]+"
  glued = "(^|[ \t/;&|(])(mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mongo|mongodump|mongosh|sshpass)([ \t][^;&|]*)?[ \t]-p"
}
{
  text = users($0)
  text = each(text, assigned)
  text = each(text, option)
  text = each(text, header)
  if (match(text, glued) && substr(text, RSTART + RLENGTH, 1) !~ /[ \t-]/) text = each(text, glued)
  print text
}
AWK
: > "$work/numbers"

# Files are kept byte for byte but for what is hidden; a last line without its newline matters to cron, so it stays so.
hide() {
  root=$root awk -v numbers="$work/numbers" -f "$work/hide.awk" "$1" > "$work/hidden" 2> /dev/null || return 1
  if [ -n "$(tail -c 1 "$1" | tr '\n' ' ' | tr -d ' ')" ]; then
    printf '%s' "$(cat "$work/hidden")" > "$work/hidden.cut" && mv "$work/hidden.cut" "$work/hidden"
  fi
  cmp -s "$1" "$work/hidden" && cat "$1" || cat "$work/hidden"
}

# --- places: walk PATH finds where it stands, every link on the way read as the host itself reads it. A disk that is mounted
# here is full of links to /etc/.. and /usr/..; followed by this machine's kernel they would be files of this machine.
# inside: the place without links; here: where that lies; last: whether the path itself is a link. With keep=yes each link
# becomes part of the tar, so that nothing is ever written through one: what a link leads to lies at its own place.
keep=
walk() {
  rest=$1/ inside='' hops=0 last=''
  while [ -n "$rest" ]; do
    part=${rest%%/*} rest=${rest#*/}
    case $part in
      '' | .) continue ;;
      ..) inside=${inside%/*}; continue ;;
    esac
    if [ -h "$root$inside/$part" ]; then
      # As many as the kernel follows; the way of a circle ends where nothing is.
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || { inside=/dev/null/loop here=/dev/null/loop; return 1; }
      if [ -n "$keep" ] && [ ! -e "$stage$inside/$part" ] && [ ! -h "$stage$inside/$part" ]; then
        mkdir -p "$stage$inside" && cp -P "$root$inside/$part" "$stage$inside/$part" 2> /dev/null
      fi
      case $rest in *[!/.]*) ;; *) last=yes ;; esac
      target=$(readlink "$root$inside/$part" 2> /dev/null) || target=
      case $target in /*) inside='' ;; esac
      rest=$target/$rest
    else
      inside=$inside/$part
    fi
  done
  here=$root$inside
}
# place PATH: the same, with the links in the tar and the directory made that the file will lie in
place() {
  keep=yes
  walk "$1" || { keep=; return 1; }
  keep=
  mkdir -p "$stage${inside%/*}"
}
there() { walk "$1" && [ -f "$here" ] && [ -r "$here" ]; }

# --- files: take PATH.. copies each with its mode, and a link as a link together with what it leads to
taken=0
take() {
  for path in "$@"; do
    case $path in *[!-A-Za-z0-9_./@+:,%=~\ ]*) note files failed "a name that cannot be carried"; continue ;; esac
    # Nothing is made for what is not there, but for a link that leads nowhere.
    walk "$path" || continue
    [ -e "$here" ] || [ -n "$last" ] || continue
    place "$path" || continue
    case $inside in *[!-A-Za-z0-9_./@+:,%=~\ ]*) note files failed "a name that cannot be carried"; continue ;; esac
    [ ! -e "$stage$inside" ] || continue
    if [ ! -f "$here" ]; then [ ! -d "$here" ] || mkdir -p "$stage$inside"; continue; fi
    if [ ! -r "$here" ]; then note files failed "$path: no permission to read"; continue; fi
    if [ "$taken" -ge 4000 ]; then note files failed "$path: more than 4,000 files"; continue; fi
    taken=$((taken + 1))
    if [ "$(($(wc -c < "$here")))" -gt 1048576 ]; then
      note files cut "$path: larger than 1 MiB, its first 4 KiB were taken"
      head -c 4096 "$here" > "$stage$inside"
    elif case $inside in /var/lib/dpkg/*) false ;; esac; then
      hide "$here" > "$stage$inside"
    else
      cat "$here" > "$stage$inside"
    fi
    chmod "$(mode_of "$here")" "$stage$inside"
  done
}
mode_of() {
  ls -ldn "$1" | awk '{
    for (i = 0; i < 3; i++) {
      part = substr($1, 2 + 3 * i, 3)
      mode = mode (index(part, "r") ? 4 : 0) + (index(part, "w") ? 2 : 0) + (part ~ /[xst]/ ? 1 : 0)
    }
    print mode }'
}
# list DIR: the names in a directory, or a line in the manifest that says why there are none
list() {
  walk "$1"
  if [ ! -d "$here" ]; then
    [ -z "$last" ] || note "$1" failed "a link to no directory${root:+ below $root}"
    return 0
  fi
  if [ -r "$here" ] && [ -x "$here" ]; then
    place "$1/." && mkdir -p "$stage$inside"
    listed=$here
    for entry in "$listed"/* "$listed"/.[!.]*; do
      [ ! -e "$entry" ] && [ ! -h "$entry" ] || take "$1/${entry##*/}"
    done
  else
    note "$1" failed "no permission to list"
  fi
}

# --- the tables
take /etc/crontab /etc/anacrontab /etc/cron.allow /etc/cron.deny /etc/default/cron /etc/default/anacron \
  /etc/sysconfig/crond /etc/conf.d/crond /etc/rc.conf /etc/periodic.conf
for place in /etc/cron.d /usr/local/etc/cron.d /etc/crontabs /etc/cron.hourly /etc/cron.daily /etc/cron.weekly \
  /etc/cron.monthly /etc/cron.yearly /etc/periodic/15min /etc/periodic/hourly /etc/periodic/daily \
  /etc/periodic/weekly /etc/periodic/monthly /var/spool/anacron /var/cron/tabs /var/spool/cron/tabs; do
  list "$place"
done
spool=
for place in /var/spool/cron/crontabs /var/spool/cron /var/cron/tabs /var/spool/cron/tabs; do
  [ -z "$spool" ] && walk "$place" && [ -d "$here" ] && spool=$place
done
walk "${spool:-/}"
tables=$here
if [ -n "$spool" ] && [ -r "$tables" ] && [ -x "$tables" ]; then
  for entry in "$tables"/*; do walk "$spool/${entry##*/}" && [ -f "$here" ] && take "$spool/${entry##*/}"; done
  note tables ok "$spool"
elif [ -z "$root$spool" ]; then
  note tables ok "there is no spool of a cron"
elif [ -z "$root" ]; then
  me=$(id -un)
  if crontab -l > "$work/own" 2> /dev/null < /dev/null; then
    place "$spool/$me" && hide "$work/own" > "$stage$inside"
    note tables failed "$spool: no permission, so only the table of $me by crontab -l"
  else
    note tables failed "$spool: no permission to list, and crontab -l gave nothing"
  fi
else
  note tables failed "no spool was found below $root"
fi

# --- the host
take /etc/debian_version /etc/redhat-release /etc/alpine-release /etc/hostname /etc/sysconfig/network /etc/timezone \
  /etc/hosts /etc/fstab /etc/nsswitch.conf /etc/environment /etc/shells /etc/profile /etc/login.defs
list /etc/profile.d
there /etc/os-release && place /etc/os-release && cat "$here" > "$stage$inside"
# A link names the zone, and its data is not needed.
keep=yes
walk /etc/localtime
keep=
[ -n "$last" ] || take /etc/localtime
for name in passwd group; do
  if there "/etc/$name" && place "/etc/$name"; then
    awk -F: -v OFS=: -v passwd="$name" '{
      if ($2 != "" && $2 != "x" && $2 !~ /^[*!]/) $2 = "x"
      if (passwd == "passwd" && NF == 7) $5 = ""
      print }' "$here" > "$stage$inside" && note "$name" ok "/etc/$name without hashes"
  else
    note "$name" failed "/etc/$name: cannot be read"
  fi
done
if [ -z "$root" ]; then
  fact hostname "the kernel's name" uname -n
  fact kernel "uname" uname -srm
  if [ -r /proc/mounts ]; then fact mounts "/proc/mounts" cat /proc/mounts; else fact mounts "mount -p" mount -p; fi
  listening() {
    if [ -r /proc/net/tcp ]; then
      cat /proc/net/tcp /proc/net/tcp6 2> /dev/null | awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' | sort -u
    else
      sockstat -l -P tcp | awk 'NR > 1 { sub(/.*[:.]/, "", $6); printf "%04X\n", $6 }' | sort -u
    fi
  }
  fact listening "TCP ports with a listener, in hex" listening
  addresses() {
    if command -v ip > /dev/null; then ip -o addr show; else ifconfig -a; fi |
      awk '{ for (i = 1; i < NF; i++) if ($i ~ /^inet6?$/) { sub(/[\/%].*/, "", $(i + 1)); print $(i + 1) } }'
  }
  fact addresses "addresses of its interfaces" addresses
  daemons() {
    ps -A -o user= -o args= 2> /dev/null > "$work/ps" || ps > "$work/ps"
    awk '/(^|[ \/])(cron|crond|fcron|anacron|supercronic|systemd)( |$)/ && !/awk/ { print }' "$work/ps" | head -n 20
  }
  fact daemon "daemons that run" daemons
fi
walk /bin/sh && [ -e "$here" ] && printf '%s\n' "$inside" > "$facts/sh" && note sh ok "what runs as /bin/sh"
[ -f "$facts/sh" ] || note sh failed "where /bin/sh leads"

# --- packages: the database of dpkg as it is; of rpm and apk what they print
if there /var/lib/dpkg/status && place /var/lib/dpkg/status; then
  cat "$here" > "$stage$inside"
  place /var/lib/dpkg/info/. && mkdir -p "$stage$inside"
  # Only what jobs are made of and the programs that they start.
  for entry in "$here"/*.list; do
    [ -f "$entry" ] && [ ! -h "$entry" ] || continue
    grep -E '^/etc/(cron|anacrontab|init\.d/)|^(/usr(/local)?)?/s?bin/[^/]+$|/systemd/system/[^/]+\.timer$' "$entry" \
      > "$stage$inside/${entry##*/}" || rm -f "$stage$inside/${entry##*/}"
  done
  note packages ok dpkg
elif [ -z "$root" ] && command -v rpm > /dev/null; then
  fact rpm "rpm -qa" rpm -qa --qf '[%{=NAME}\t%{FILENAMES}\n]'
  note packages ok rpm
elif there /lib/apk/db/installed; then
  take /lib/apk/db/installed
  note packages ok apk
else
  note packages failed "no database of dpkg, rpm or apk"
fi

# --- systemd's timers and at's queue: the units of the administrator; of the queue the names only, for a job there holds
# the whole environment of whoever made it
for place in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system \
  /lib/systemd/system; do
  walk "$place" && [ -d "$here" ] || continue
  units=$here
  for entry in "$units"/*.timer "$units"/*.service "$units"/*.wants "$units"/*.timer.d "$units"/*.service.d; do
    name=$place/${entry##*/}
    # Of the packages' own units those that something wants are taken below.
    case $name in /usr/lib/*.timer | /usr/lib/*.service | /lib/*.timer | /lib/*.service) continue ;; esac
    case $entry in
      *.wants | *.d)
        walk "$name" && [ -d "$here" ] || continue
        for unit in "$here"/*.timer "$here"/*.conf; do
          case $name/${unit##*/} in *.wants/*.timer | *.d/*.conf) ;; *) continue ;; esac
          [ ! -e "$unit" ] && [ ! -h "$unit" ] || take "$name/${unit##*/}"
        done ;;
      *) [ ! -e "$entry" ] && [ ! -h "$entry" ] || take "$name" ;;
    esac
  done
done
# Whoever wants a timer starts its service: of its own name, of its template's, or the one that Unit= names.
for entry in "$stage"/etc/systemd/system/*.wants/*.timer "$stage"/usr/lib/systemd/system/*.wants/*.timer \
  "$stage"/lib/systemd/system/*.wants/*.timer; do
  [ -h "$entry" ] || [ -f "$entry" ] || continue
  name=${entry##*/}
  for place in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    take "$place/$name" "$place/${name%.timer}.service"
    case $name in *@?*.timer) take "$place/${name%%@*}@.timer" "$place/${name%%@*}@.service" ;; esac
  done
done
for entry in "$stage"/etc/systemd/system/*.timer "$stage"/usr/local/lib/systemd/system/*.timer \
  "$stage"/usr/lib/systemd/system/*.timer "$stage"/lib/systemd/system/*.timer; do
  [ -f "$entry" ] || continue
  sed -n 's/^[ \t]*Unit[ \t]*=[ \t]*\([-A-Za-z0-9_.@:]*\.service\)[ \t]*$/\1/p' "$entry"
done | sort -u > "$work/units"
while IFS= read -r name; do
  for place in /usr/lib/systemd/system /lib/systemd/system; do take "$place/$name"; done
done < "$work/units"
for place in /var/spool/cron/atjobs /var/spool/at /var/at/jobs; do
  walk "$place" && [ -d "$here" ] || continue
  if [ -r "$here" ]; then
    place "$place/." && mkdir -p "$stage$inside"
    for entry in "$here"/*; do [ -h "$entry" ] || [ ! -f "$entry" ] || : > "$stage$inside/${entry##*/}"; done
  else
    note at failed "$place: no permission to list"
  fi
done

# --- what the tables name: scripts are taken (and what these name, once more), of the rest what stands there
words() {
  for file in "$@"; do
    [ ! -f "$file" ] || awk '
      /^[ \t]*#/ && NR > 1 { next }
      { line = $0; gsub(/[^-A-Za-z0-9_.\/~@+:,%=]/, " ", line); count = split(line, part, " ")
        for (i = 1; i <= count; i++) {
          one = part[i]; sub(/^[A-Za-z_0-9-]*=/, "", one); sub(/[.,:%]+$/, "", one); sub(/^.*:\//, "/", one)
          if (part[i - 1] == "cd" && one ~ /^\//) at = one
          if (one ~ /^\/[^\/]/) print one
          else if (one ~ /^[.A-Za-z0-9_]/ && one ~ /[\/.]/ && at != "") print at "/" one
          else if (one ~ /^[A-Za-z][-A-Za-z0-9_.+]*$/) print "?" one
        } }' "$file"
  done | sed 's://*:/:g; s:/\./:/:g; s:/$::' | sort -u
}
look() { # PATH: kind and permissions, owner, group, size, and whether the name is a link
  walk "$1"
  if [ -e "$here" ] || [ -n "$last" ]; then
    link=-
    [ -z "$last" ] || link=$inside
    ls -ldn "$here" 2> /dev/null | awk -v path="$1" -v link="$link" \
      '{ print $1 "\t" $3 "\t" $4 "\t" $5 "\t" link "\t" path }'
  else
    above=${1%/*}
    while [ -n "$above" ] && walk "$above" && [ ! -e "$here" ]; do above=${above%/*}; done
    walk "${above:-/}"
    # A directory that may not be entered hides whether the path is there, and a part of a disk lacks much.
    [ ! -x "${here:-/}" ] || [ -z "$system" ] || printf 'absent\t-1\t-1\t0\t-\t%s\n' "$1"
  fi
}
walk /usr/bin/env
system=
[ ! -e "$here" ] || system=yes
: > "$work/done"
places=
for place in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
  # Where each lies, once for all words: with /bin a link to usr/bin, every look would read that link again.
  walk "$place" && places="$places $place=$inside"
done
for _ in 1 2; do
  (cd "$stage" && find . -type f) |
    grep -Ev '^\./(collected|var/lib|usr/share|usr/lib|lib)/|/etc/(passwd|group|hosts|shells|services|os-release|login.defs|nsswitch.conf)$' > "$work/files"
  while IFS= read -r file; do words "$stage/$file"; done < "$work/files" | sort -u > "$work/words"
  # What the first round looked at already is not looked at again.
  comm -23 "$work/words" "$work/done" | head -n 20000 > "$work/new"
  sort -u "$work/done" "$work/new" > "$work/both" && mv "$work/both" "$work/done"
  while IFS= read -r word; do
    case $word in
      '?'*)
        for place in $places; do
          [ ! -e "$root${place#*=}/${word#?}" ] && [ ! -h "$root${place#*=}/${word#?}" ] || printf '%s\n' "${place%%=*}/${word#?}"
        done ;;
      *) printf '%s\n' "$word" ;;
    esac
  done < "$work/new" > "$work/paths"
  while IFS= read -r one; do
    look "$one" >> "$facts/paths"
    # A text with #! that is no part of the system; its bytes are bounded as all others'.
    case $one in /bin/* | /sbin/* | /usr/bin/* | /usr/sbin/* | /dev/* | /proc/* | /sys/* | /etc/shadow* | /etc/ssl/*) continue ;; esac
    there "$one" || continue
    if [ "$(head -c 2 "$here" 2> /dev/null | tr -d '\0')" = '#!' ]; then
      take "$one"
    elif case $one in *.env | *.env.* | */.bash_profile | */.profile | */.bashrc) ;; *) false ;; esac; then
      # A file of variables: its names, never its values.
      place "$one" && [ ! -e "$stage$inside" ] &&
        sed -n 's/^\([ \t]*\(export[ \t][ \t]*\)\{0,1\}[A-Za-z_][A-Za-z0-9_]*=\).*/\1HIDDEN-BY-COLLECT/p' "$here" > "$stage$inside"
    fi
  done < "$work/paths"
  # Files of variables that scripts read hold no commands: they are not searched again.
done
[ ! -f "$facts/paths" ] || note paths ok "$(($(wc -l < "$facts/paths"))) paths that the tables and their scripts name"
for place in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
  walk "$place" && [ -d "$here" ] && ls -1 "$here" 2> /dev/null | sed "s:^:$place/:"
done > "$facts/programs"
if [ -n "$system" ]; then
  note programs ok "names in the usual directories of programs"
else
  rm "$facts/programs" && note programs failed "$root holds no system, only a part of one"
fi

# --- cron's own log
if [ "$days" -gt 0 ]; then
  : > "$work/log"
  found=
  walk /var/log
  logs=$here
  for file in /var/log/cron /var/log/cron.log /var/log/syslog /var/log/messages; do
    for entry in "$logs/${file##*/}" "$logs/${file##*/}".[0-9]* "$logs/${file##*/}"-[0-9]*; do
      name=/var/log/${entry##*/}
      walk "$name" && [ -f "$here" ] || continue
      entry=$here
      if [ ! -r "$entry" ]; then note log failed "$name: no permission to read"; continue; fi
      [ -z "$(find "$entry" -prune -mtime "-$days" 2> /dev/null)" ] && continue
      case $entry in *.xz | *.bz2 | *.zst) note log failed "$name: packed"; continue ;; esac
      found=$file
      case $entry in *.gz) gzip -dc "$entry" ;; *) cat "$entry" ;; esac |
        grep -Ei '(cron|crond|anacron|/usr/sbin/cron)(\[[0-9]+\])?: ' | tail -n 200000 >> "$work/log"
    done
  done
  if [ -z "$found" ] && [ -z "$root" ] && command -v journalctl > /dev/null; then
    journalctl --since "-${days}d" -o short-iso -t CRON -t cron -t crond -t anacron --no-pager 2> /dev/null |
      grep -v '^-- ' | tail -n 200000 > "$work/log" && found=journal
  fi
  if [ -s "$work/log" ]; then
    hide "$work/log" > "$facts/cron.log" && note log ok "$found"
  else
    note log failed "no log of cron was found or may be read"
  fi
else
  note log skipped "-d 0"
fi
note files ok "$taken files"

if [ "$out" = - ]; then
  tar cf - -C "$stage" . || exit 1
else
  # A name of its own, then the tar's: through no link, into no file that others may read, and never half a tar. What is
  # no file (/dev/stdout, a FIFO) is written to as it is. By its output, for tar takes a:b.tar for a file of the host a.
  case $out in /dev/*) direct=yes ;; *) direct= ;; esac
  if [ -n "$direct" ] || { [ -e "$out" ] && [ ! -f "$out" ]; }; then
    tar cf - -C "$stage" . > "$out" || exit 1
  elif [ -h "$out" ]; then
    echo "collect.sh: $out: a link, so it is not replaced; name the file itself" >&2
    exit 1
  else
    case $out in */*) beside=${out%/*}/ ;; *) beside=./ ;; esac
    made=$(mktemp "$beside.collect.XXXXXX") || exit 1
    trap 'rm -rf "$work" "$made"' 0
    tar cf - -C "$stage" . > "$made" && mv -f -- "$made" "$beside${out##*/}" || exit 1
  fi
  echo "collect.sh: $out: files: $taken; not looked at: $(awk -F'\t' '$2 == "failed"' "$facts/manifest" | wc -l | tr -d ' ') (see collected/manifest in it)" >&2
fi
