"""The migration report as one HTML file that needs nothing else: no network, no other file, no script to be readable.

Its Content-Security-Policy allows our own style and our own script by their hashes, and nothing else at all. Every value is
escaped by the template engine, and characters that cannot be seen are spelled out.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.document.model import Document
from migrate.errors import UserError
from migrate.terminal.language import _, choose, chosen, ngettext
from migrate.terminal.options import tool_version
from migrate.terminal.visible import visible

if TYPE_CHECKING:
    import jinja2

    from converters.frame.cost import Assumptions
    from migrate.report.costing import Costs
    from migrate.settings.model import Environment, Settings

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(
    document: Document,
    specs: Mapping[str, str],
    settings: Settings | None = None,
    *,
    language: str | None = None,
    environment: str | None = None,
    assumptions: Assumptions | None = None,
) -> str:
    """The page for a document of ``scan`` and the ecs.yml texts by job; ``environment`` chooses one of the settings'.
    ``language`` is chosen for this and for what follows; without it, the one in use stays.

    Pure but for its own templates: nothing else is read. Raises UserError where the settings' prices cannot be meant.
    """
    from converters.frame.cost import DEFAULTS
    from migrate.report.costing import costs, where

    # A choice holds for the process, so what is rendered next speaks the same language.
    if language is not None:
        choose(language)
    name, place = chosen_environment(settings, environment)
    found = costs(document, specs, where(name, place), assumptions or DEFAULTS)
    placeholders = place.placeholders() if place is not None else []
    view = _view(document, specs, found, placeholders)
    return templates().get_template("report.html.j2").render(**view, **_own(), language=chosen()) + "\n"


def chosen_environment(settings: Settings | None, name: str | None) -> tuple[str | None, Environment | None]:
    """An environment of the settings and its name: the one asked for, else the first; none where there are no settings."""
    if settings is None:
        return None, None
    name = name or next(iter(settings.environments))
    if name not in settings.environments:
        raise UserError(f"the settings have no environment '{name}'; they have: {', '.join(settings.environments)}")
    return name, settings.environments[name]


def _view(document: Document, specs: Mapping[str, str], found: Costs, placeholders: list[str]) -> dict[str, object]:
    from migrate.report import charts, clock_charts, cost_page, figures, lock_graph, page
    from migrate.report.fleet import others
    from migrate.report.fleet import rows as fleet_rows
    from migrate.report.herd import herd
    from migrate.report.starts import fleet
    from migrate.report.week import week

    runs = fleet(document)
    clocks = page.clocks(runs)
    before = week(runs, [one.before for one in runs.runs])
    after = week(runs, [one.after for one in runs.runs])
    # One scale for both weeks, or one could not be compared with the other.
    least, most = min((*before, *after), default=0.0), max((*before, *after), default=0.0)
    crowd = herd(runs, found.loads())
    groups = lock_graph.lock_groups(document, found.facts)
    drawn = bool(runs.runs)
    without_image = sum(1 for fact in found.facts.values() if fact.image == "CHANGE_ME")
    return {
        "document": document,
        "figures": figures.headline(document),
        "topics": figures.topics(document),
        "causes": page.causes(document),
        "fleet": fleet_rows(document),
        "fleet_others": others(document),
        "steps": figures.next_steps(
            document, without_image=without_image, placeholders=placeholders, environment=found.where.name
        ),
        "rows": page.rows(document, specs, found, clocks),
        "same_week": before == after,
        "week_before": charts.heat_map(_("Starts before"), before, least, most) if drawn else "",
        "week_after": charts.heat_map(_("Starts after"), after, least, most) if drawn else "",
        "heat_scale": charts.heat_scale(least, most) if drawn else "",
        "seasons": page.season_picture(runs, clocks),
        "seasons_hidden": max(0, len(clocks.rows) - clock_charts.ROWS),
        "day_axis": clock_charts.day_axis() if clocks.rows else "",
        "undrawn": runs.undrawn,
        "zone": runs.zone_name,
        "herd": crowd,
        "herd_charts": charts.herd_charts(crowd) if crowd.most else "",
        "groups": groups,
        "lock_graph": lock_graph.lock_graph(groups),
        "order": document.groups.order,
        "twins": document.groups.twins,
        "cost": found,
        "cost_bars": charts.cost_bars(found.fleet.jobs) if found.fleet.jobs else "",
        "cost_view": cost_page.cost_view(found),
    }


@cache
def templates() -> jinja2.Environment:
    """The template engine: escapes everything, shows what cannot be seen, and knows no way to run anything."""
    import jinja2

    from migrate.report.charts import dollars

    # Indentation is for those who read the templates; on a page of hundreds of jobs it would be a tenth of the file.
    texts = {
        one.name: "\n".join(map(str.strip, one.read_text(encoding="utf-8").split("\n")))
        for one in _TEMPLATES.glob("*.j2")
    }
    found = jinja2.Environment(
        loader=jinja2.DictLoader(texts),
        # Every value comes from a crontab, a path or a log: anybody may have written it (CWE-79).
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
        # `finalize` sees each value before it is escaped: an ESC or a bidi mark is no danger to HTML, but to readers.
        finalize=_shown,
    )
    found.globals.update(_=_, ngettext=ngettext)
    found.filters.update(block=_block, ticked=_ticked, dollars=dollars, number=lambda value: f"{value:,}")
    return found


def _shown(value: object) -> object:
    """Text as it may stand on the page; markup of our own passes."""
    # By type, not isinstance: Markup is a str too, and it has been escaped already.
    return visible(value) if type(value) is str else value


def _block(text: str) -> object:
    """Text of several lines: its line ends and tabs stay, all else that cannot be seen is spelled out."""
    from markupsafe import Markup, escape

    lines = text.removesuffix("\n").split("\n")
    return Markup("\n").join(escape(visible(line, tabs=True)) for line in lines)


def _ticked(text: str) -> object:
    """A sentence in which what stands between backticks is code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd backtick is a backtick
        return text
    shown = [escape(visible(part)) for part in parts]
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(shown))


@cache
def _own() -> dict[str, object]:
    """Our style and scripts with their hashes, as the policy names them."""
    from markupsafe import Markup

    texts = {name: (_TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "early.js", "report.js")}
    hashes = {name: f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for name, text in texts.items()}
    policy = (
        # CSP level 2: an inline block may run where its hash is named; 'unsafe-inline' would let any other run as
        # well.
        f"default-src 'none'; style-src {hashes['report.css']}; "
        f"script-src {hashes['early.js']} {hashes['report.js']}; base-uri 'none'; form-action 'none'"
    )
    return {
        "policy": policy,
        "style": Markup(texts["report.css"]),  # noqa: S704  # our own files, not anybody's text
        "early": Markup(texts["early.js"]),  # noqa: S704
        "script": Markup(texts["report.js"]),  # noqa: S704
        "version": tool_version(),
    }
