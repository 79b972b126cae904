"""Random crontab schedules, biased to what people write and to what breaks converters."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FIXED_ZONES = {
    "Asia/Tokyo": 540,
    "Asia/Kolkata": 330,
    "Asia/Kathmandu": 345,
    "Etc/GMT+5": -300,
    "Etc/GMT-14": 840,
    "Etc/GMT+12": -720,
    "Pacific/Marquesas": -570,
    "UTC": 0,
}
CHANGING_ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Pacific/Chatham",
]


def field(low: int, high: int, *, star: int = 3, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """One field: stars, steps, numbers, ranges, lists."""
    number = st.integers(low, high)

    def ranged(pair: tuple[int, int]) -> str:
        return f"{min(pair)}-{max(pair)}"

    def stepped(parts: tuple[int, int, int]) -> str:
        return f"{min(parts[:2])}-{max(parts[:2])}/{parts[2]}"

    one = st.one_of(
        number.map(str),
        number.map(str),
        st.tuples(number, number).map(ranged),
        st.tuples(number, number, st.integers(1, 9)).map(stepped),
    )
    if names:
        one = st.one_of(one, st.sampled_from(names))
    every = st.one_of(st.just("*"), st.integers(1, max(2, high // 2)).map(lambda n: f"*/{n}"))
    lists = st.lists(one, min_size=1, max_size=4).map(",".join)
    return st.one_of(*[every] * star, lists, one)


def schedules(last_weekday: int = 7) -> st.SearchStrategy[str]:
    """Five fields; day fields are often plain stars so that every branch of the day rule is met often."""
    day_names = ("sun", "Mon", "tue", "wed", "THU", "fri", "sat")
    return st.tuples(
        field(0, 59, star=1),
        field(0, 23, star=1),
        st.one_of(st.just("*"), field(1, 31, star=1)),
        st.one_of(st.just("*"), st.just("*"), field(1, 12, star=1)),
        st.one_of(st.just("*"), st.just("*"), field(0, last_weekday, star=1, names=day_names)),
    ).map(" ".join)


def drawn_schedules(number: int, *, derandomize: bool = True) -> list[str]:
    """Schedules as a list, for tests that mix them with other things themselves."""
    texts: list[str] = []

    @settings(
        max_examples=number,
        database=None,
        derandomize=derandomize,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schedules())
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return texts
