"""`python -m benchmarks`: peers and engines side by side, scale, experiments, the flight deck's response."""

import argparse
import sys

from benchmarks import chart, contest, deck, engines, experiments
from benchmarks.base_model import MONTHS
from benchmarks.measure import Cost, cost

SCALES = (1_000, 10_000, 100_000)
SECTIONS = ("peers", "engines", "scale", "experiments", "deck")


def peers(customers: int, repetitions: int, is_drawn: bool) -> None:
    """The contest as a Markdown table, and as a picture if wanted; ends the run if somebody cheats."""
    results, absent = contest.contest(customers, repetitions)
    print(f"\n{contest.headline(customers, repetitions)}\n\n{contest.table(results)}\n")
    print("\n".join(absent))
    strays = contest.strays(results)
    if strays:
        sys.exit("\n".join(strays))
    if is_drawn:
        print(f"Picture: {chart.save(results)}")


def _line(name: str, measured: Cost, reference: Cost) -> str:
    return (
        f"{name:60}  {measured.verdict.purchases:>11,}  {measured.seconds:>8.2f}  {measured.rate / 1e6:>8.3f}"
        f"  {measured.rate / reference.rate:>7.1f}  {measured.peak_mib:>7,.0f}"
    )


def _head(title: str) -> str:
    return f"\n{title:60}  {'purchases':>11}  {'seconds':>8}  {'M per s':>8}  {'ratio':>7}  {'MiB':>7}"


def mechanisms(customers: int, repetitions: int) -> None:
    """This engine with mechanisms beside plain SimPy with the same; ratios to plain SimPy."""
    print(_head(f"{customers:,} customers, {MONTHS} months; ratio to plain SimPy"))
    measured = [cost(one, customers, repetitions) for one in engines.ENGINES]
    for engine, result in zip(engines.ENGINES, measured, strict=True):
        print(_line(engine.title, result, measured[0]))


def scale(scales: tuple[int, ...], repetitions: int) -> None:
    """The engine with everything on, from few to many customers; ratio to the fewest."""
    print(_head("This engine, everything on, by number of customers"))
    measured = [cost(engines.ENGINES[-1], customers, repetitions) for customers in scales]
    for customers, result in zip(scales, measured, strict=True):
        print(_line(f"{customers:,}", result, measured[0]))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000, help="for the contest (10,000)")
    parser.add_argument("--repetitions", type=int, default=5, help="the median counts (5)")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 customers, a minute or two")
    parser.add_argument("--only", choices=SECTIONS, help="one section instead of all")
    parser.add_argument("--picture", action="store_true", help=f"also write {chart.PICTURE.name}")
    options = parser.parse_args()
    size = (options.customers, options.repetitions)
    wanted = (options.only,) if options.only else SECTIONS
    print(contest.machine())
    if "peers" in wanted:
        peers(*size, options.picture)
    if "engines" in wanted:
        mechanisms(*size)
    if "scale" in wanted:
        scale(SCALES, options.repetitions)
        if options.million:
            scale((10_000, 1_000_000), 1)
    if "experiments" in wanted:
        experiments.report(options.repetitions)
    if "deck" in wanted:
        deck.report()


if __name__ == "__main__":
    main()
