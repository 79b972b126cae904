"""What the watchman judges, in JSONata: the same as `watching.judged`, against which tests hold it.

The variables: ``now``, ``before`` (judged up to), ``open`` (what is missing, by job), ``past`` (letters of the last day),
``over`` (slots that were missing and are over, by job),
``given`` (new letters), ``known`` (acknowledged jobs), ``due`` (``j`` job, ``s`` slot, ``z`` zoned), ``noted`` (keys ``k`` of
starts), ``rows``.
"""

from __future__ import annotations

from converters.workflows.watching import LATE, LONGEST_PASS, REMIND

ISO = "($substring($fromMillis(SLOT * 60000), 0, 16) & 'Z')"
UPTO = f"$max([$before, $min([$now - {LATE}, $before + {LONGEST_PASS}])])"
RECENT = (
    "$merge($append($merge($append({}, $sift($past, function($one) { $now - $one.at < 1440 }))),"
    " $map($given, function($one) { {$one.job: {'at': $now, 'code': $one.code}} })))"
)
# Members of objects, and `.d` behind them, so that lists of lists become one list.
DUE = (
    f"($hi := {UPTO}; $map($states.input.plans, function($p) {{ {{'d': ($a := $max([$before, $p.since - 1]);"
    " $hi <= $a ? [] : $map([$floor($a / 1440)..$floor($hi / 1440)], function($d) { {'d': ("
    # $substring counts from the end where it is asked for a place before the beginning.
    " $base := $d * 1440; $c := $d < $p.begin ? '.' : $substring($p.days, $d - $p.begin, 1);"
    " $map($lookup($p.sets, $c), function($r) { {'d': ("
    " $f := $max([0, $ceil(($a + 1 - $base - $r.f) / $r.s)]);"
    " $l := $min([$floor(($r.l - $r.f) / $r.s), $floor(($hi - $base - $r.f) / $r.s)]);"
    " $l < $f ? [] : $map([$f..$l], function($i) { {'j': $p.j, 'z': $p.z, 's': $base + $r.f + $i * $r.s} })"
    ")} }).d)} }).d)} }).d)"
)
JUDGED = (
    f"$recent := {RECENT}; $upto := {UPTO}; $has := $noted{{k: true}};"
    " $by := $sort($due, function($x, $y) { $x.s > $y.s }){j: {'s': [s], 'z': z[0]}};"
    " $jobs := $distinct($append($by ? $keys($by) : [], $keys($open)));"
    " $rows := $map($jobs, function($j) { {'r': ("
    " $o := $lookup($open, $j); $mine := $lookup($by, $j); $slots := [$mine.s];"
    " $ran := function($s) { $exists($lookup($has, $k($j, $s))) };"
    " $gone := [$filter($slots, function($s) { $not($ran($s)) })];"
    " $runs := $count($slots) > 0 and $ran($slots[-1]);"
    " $code := $lookup($recent, $j).code; $cause := $code ? $code : $o.cause ? $o.cause : '';"
    " $z := $exists($mine.z) ? $mine.z : $o.z = true; $off := $o.off = true;"
    " $row := function($kind, $slot, $told, $tell, $keep) { {'j': $j, 'z': $z, 'kind': $kind, 'slot': $slot, 'told': $told,"
    " 'cause': $cause, 'off': $off, 'tell': $tell, 'keep': $keep} };"
    " $exists($o) ? ("
    "$runs or ($count($slots) = 0 and $ran($o.slot)) ? $row('ok', $o.slot, 0, true, false) :"
    f" $upto = $now - {LATE} and $now - $o.told >= {REMIND} and $not($off) and $not($j in $known)"
    " ? $row('again', $o.slot, $now, true, true) :"
    " $row('open', $o.slot, $o.told, false, true)"
    ") : $count($gone) = 0 ? [] :"
    " [$row('missed', $gone[0], $now, $cause = '', $not($runs)), $runs ? $row('ok', $gone[0], 0, true, false)])} }).r;"
    " $append([], $rows)"
)
KEPT = (
    "$merge($append({}, $map($rows[keep], function($one) { {$one.j: {'slot': $one.slot, 'told': $one.told,"
    " 'cause': $one.cause, 'off': $one.off or $one.j in $off, 'z': $one.z}} })))"
)
OVER = (
    "$merge($append($merge($append({}, $sift($over, function($s) { $now - $s < 1440 }))),"
    " $map($rows[kind = 'ok'], function($one) { {$one.j: $one.slot} })))"
)
