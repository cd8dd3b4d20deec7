"""`python -m benchmarks`: engines side by side, the cost of scale, and the flight deck's response."""

import argparse
import platform

from benchmarks import deck, engines
from benchmarks.measure import Cost, cost

CONTESTANTS = (
    engines.plain_simpy,
    engines.bare_timeouts,
    engines.numpy_weeks,
    engines.engine_base,
    engines.engine_alone,
    engines.engine_full,
)
SCALES = (1_000, 10_000, 100_000)


def _first_sentence(contestant: object) -> str:
    return (contestant.__doc__ or "").partition(".")[0]


def _line(name: str, measured: Cost, reference: Cost) -> str:
    return (
        f"{name:68.68}  {measured.purchases:>11,}  {measured.seconds:>8.2f}  {measured.rate / 1e6:>8.3f}"
        f"  {measured.rate / reference.rate:>7.1f}  {measured.peak_mib:>7,.0f}"
    )


def _head(title: str) -> str:
    return f"\n{title:68}  {'purchases':>11}  {'seconds':>8}  {'M per s':>8}  {'ratio':>7}  {'MiB':>7}"


def side_by_side(customers: int, repetitions: int) -> None:
    """All contestants with the same customers; ratios to plain SimPy."""
    print(_head(f"{customers:,} customers, {engines.MONTHS} months; ratio to plain SimPy"))
    measured = [cost(one, customers, repetitions) for one in CONTESTANTS]
    for contestant, result in zip(CONTESTANTS, measured, strict=True):
        print(_line(_first_sentence(contestant), result, measured[0]))


def scale(scales: tuple[int, ...], repetitions: int) -> None:
    """The engine with everything on, from few to many customers; ratio to the fewest."""
    print(_head("This engine, everything on, by number of customers"))
    measured = [cost(engines.engine_full, customers, repetitions) for customers in scales]
    for customers, result in zip(scales, measured, strict=True):
        print(_line(f"{customers:,}", result, measured[0]))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000, help="for the contest (10,000)")
    parser.add_argument("--repetitions", type=int, default=5, help="the median counts (5)")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 customers, a minute or two")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    side_by_side(options.customers, options.repetitions)
    scale(SCALES, options.repetitions)
    if options.million:
        scale((10_000, 1_000_000), 1)
    deck.report()


if __name__ == "__main__":
    main()
