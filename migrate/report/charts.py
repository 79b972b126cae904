"""The pictures of the whole fleet: the week as a heat map, the herd against its limits, what the jobs cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from converters.frame.cost import JobCost
from migrate.report.herd import BURST, QUOTA_VCPU, Herd
from migrate.report.svg import el, line, number, path, picture, rect, text
from migrate.report.week import HOURS, Week
from migrate.terminal.language import _, ngettext, weekday

_CELL_WIDTH, _CELL_HEIGHT, _LEFT, _TOP = 21, 22, 40, 6
_MONDAY = date(2024, 1, 1)
_BINS = 288  # five minutes each


def heat_map(title: str, starts: Week, least: float, most: float) -> Markup:
    """Seven rows of 24 hours. Shades begin at the quietest hour of both sides, since a job of every minute would hide all
    others, and follow the square root, since most differences are small."""
    parts = []
    for row in range(7):
        # The week begins on Monday for the eye, on Sunday for the numbers.
        day = weekday(_MONDAY + timedelta(days=row))
        y = _TOP + row * _CELL_HEIGHT
        parts.append(text(day, _LEFT - 8, y + 15, None, "end"))
        for hour in range(24):
            value = starts[((row + 1) % 7 * 24 + hour) % HOURS]
            x = _LEFT + hour * _CELL_WIDTH
            hint = _("{day} {hour:02}:00 to {hour:02}:59: {starts} starts").format(
                day=day, hour=hour, starts=mean(value)
            )
            parts.append(rect(x, y, _CELL_WIDTH - 2, _CELL_HEIGHT - 2, "cell", hint, rx=3))
            if value:
                shade = _shade(value, least, most)
                parts.append(
                    el(
                        "rect",
                        x=x,
                        y=y,
                        width=_CELL_WIDTH - 2,
                        height=_CELL_HEIGHT - 2,
                        rx=3,
                        cls="heat",
                        fill_opacity=f"{shade:.2f}",
                    )
                )
    for hour in range(0, 25, 6):
        anchor = "start" if hour == 0 else "end" if hour == 24 else "middle"
        x = _LEFT + hour * _CELL_WIDTH - (2 if hour == 24 else 0)
        parts.append(text(f"{hour:02}", x, _TOP + 7 * _CELL_HEIGHT + 14, None, anchor))
    busiest = max(range(HOURS), key=lambda index: starts[index])
    description = _("{total} starts a week; the busiest hour is {day} {hour:02}:00 with {most}.").format(
        total=mean(sum(starts)),
        day=weekday(_MONDAY + timedelta(days=(busiest // 24 - 1) % 7)),
        hour=busiest % 24,
        most=mean(starts[busiest]),
    )
    return picture(title, description, _LEFT + 24 * _CELL_WIDTH, _TOP + 7 * _CELL_HEIGHT + 20, parts)


def _shade(value: float, least: float, most: float) -> float:
    return 0.12 + 0.88 * ((value - least) / (most - least)) ** 0.5 if most > least else 0.5


def heat_scale(least: float, most: float) -> Markup:
    """The shades from the quietest hour to the busiest, as five cells."""
    cells = [
        el(
            "rect",
            x=index * 17,
            y=0,
            width=15,
            height=12,
            rx=3,
            cls="heat",
            fill_opacity=f"{_shade(least + (most - least) * index / 4, least, most):.2f}",
        )
        for index in range(5)
    ]
    drawn = el("svg", *cells, width=83, height=12, viewBox="0 0 83 12", aria_hidden="true")
    return el(
        "p", el("span", mean(least)), drawn, el("span", _("{n} starts an hour").format(n=mean(most))), cls="scale"
    )


def mean(value: float) -> str:
    """A mean number of starts: whole where it is whole."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.005 else f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def herd_charts(herd: Herd) -> Markup:
    """Two profiles of the day, one below the other: tasks started in a minute, and vCPU that runs at once."""
    tasks = _profile(
        _("Tasks started in one minute"),
        [float(value) for value in herd.started],
        float(BURST),
        _("launched at once: {n}").format(n=BURST),
        ngettext("{n} task at most", "{n} tasks at most", herd.most).format(n=f"{herd.most:,}"),
    )
    vcpu = _profile(
        _("vCPU running at once"),
        list(herd.vcpu),
        QUOTA_VCPU,
        _("default quota: {n} vCPU").format(n=f"{QUOTA_VCPU:g}"),
        _("{n} vCPU at most").format(n=f"{herd.most_vcpu:,.4g}"),
    )
    return tasks + vcpu


def _profile(title: str, values: Sequence[float], limit: float, limit_label: str, most_label: str) -> Markup:
    width, height, left, top = 620, 104, 40, 22
    size = 1440 // _BINS
    bins = [max(values[index * size : (index + 1) * size], default=0.0) for index in range(_BINS)]
    most = max(bins, default=0.0)
    # The limit is drawn to scale where it is near; far above, only its name stands at the top.
    # A limit ten times as high as the bars would press them flat.
    near = limit <= 3 * most
    scale = height / (max(most, limit if near else 0.0) * 1.08 or 1.0)
    step = (width - left) / _BINS
    base = top + height
    bars = "".join(
        f"M{number(left + index * step)} {number(base)}v{number(-value * scale)}h{step:.2f}V{number(base)}z"
        for index, value in enumerate(bins)
        if value
    )
    # One path for all bars: up to 288 rectangles a picture would swell the file.
    parts = [line(left, base, width, base, "axis"), path(bars, "mark-new") if bars else Markup("")]
    over = most > limit
    if near:
        y = base - limit * scale
        # Drawn twice, a broad pale line below: it must be seen on bars and on the ground alike.
        parts += [line(left, y, width, y, "limit-under"), line(left, y, width, y, "limit")]
    label = limit_label if near else _("{label}, far above").format(label=limit_label)
    parts.append(text(label, width, 11, "limit-lab" if near else None, "end"))
    peak = bins.index(most) if bins else 0
    parts += [
        line(left - 3, base - most * scale, left + peak * step, base - most * scale, "hair"),
        text(f"{most:,.4g}", left - 7, base - most * scale + 4, "strong", "end"),
        text("0", left - 7, base + 4, None, "end"),
    ]
    parts += [
        text(
            f"{hour:02}:00" if hour < 24 else "24:00",
            left + (width - left) * hour / 24,
            base + 16,
            None,
            _anchor(hour),
        )
        for hour in range(0, 25, 6)
    ]
    description = f"{most_label}; {limit_label}{': ' + _('above the limit') if over else ''}."
    caption = el("figcaption", el("b", title), " ", el("span", most_label, cls="over" if over else None))
    drawn = picture(title, description, width, base + 22, parts)
    return el(
        "figure", caption, el("div", drawn, cls="scroll", tabindex=0, role="group", aria_label=title), cls="chart"
    )


def _anchor(hour: int) -> str:
    return "start" if hour == 0 else "end" if hour == 24 else "middle"


PARTS = ("compute", "transitions", "schedules", "logs", "address")


def cost_bars(jobs: Sequence[JobCost], shown: int = 16) -> Markup:
    """The dearest jobs as bars, split by what the money is for; the rest is summed up below them."""
    ordered = sorted(jobs, key=lambda job: (-job.cost.total, job.use.name))
    rows = [
        (job.use.name, [getattr(job.cost, part) for part in PARTS], f"#job-{job.use.name}") for job in ordered[:shown]
    ]
    most = max((sum(parts) for _name, parts, _link in rows), default=0.0) or 1.0
    left, width, height = 230, 1080, 21
    drawn: list[Markup] = []
    for index, (name, parts, link) in enumerate(rows):
        y = index * height
        label = text(name if len(name) <= 36 else f"{name[:35]}…", left - 8, y + 14, None, "end")
        drawn.append(el("a", label, href=link))
        x = float(left)
        for part, value in zip(PARTS, parts, strict=True):
            size = value / most * (width - left - 70)
            if size >= 0.2:
                # Below a fifth of a pixel nothing would be seen, and the hint could not be reached.
                drawn.append(
                    rect(x, y + 4, size, height - 8, f"part-{part}", f"{name}: {_part(part)} {dollars(value)}")
                )
            x += size
        drawn.append(text(dollars(sum(parts)), x + 6, y + 14, "strong"))
    rest = ordered[shown:]
    if rest:
        # In words only: their sum would dwarf every bar.
        y = len(rows) * height
        words = ngettext("{n} other job", "{n} other jobs", len(rest)).format(n=f"{len(rest):,}")
        drawn += [
            text(words, left - 8, y + 14, None, "end"),
            text(dollars(sum(job.cost.total for job in rest)), left, y + 14, "strong"),
        ]
    description = "; ".join(f"{name} {dollars(sum(parts))}" for name, parts, _link in rows[:5])
    title = _("Cost by job, US dollars a month")
    return picture(title, description, width, (len(rows) + bool(rest)) * height + 4, drawn, role="group")


def _part(part: str) -> str:
    return {
        "compute": _("Fargate"),
        "transitions": _("state transitions"),
        "schedules": _("Scheduler"),
        "logs": _("logs"),
        "address": _("public addresses"),
    }[part]


def dollars(value: float) -> str:
    """An amount as people write it: cents below a thousand, less than a cent said as such."""
    # "$0.00" would read as free, and it is not.
    if 0 < value < 0.005:
        return "<$0.01"
    return f"${value:,.2f}" if value < 1000 else f"${value:,.0f}"
