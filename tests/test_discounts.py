"""Discounts: every history under deals is lived a second time here, purchase by purchase in a plain loop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import sim
from sim import Run
from sim.luck import gamma
from sim.scenario import Scenario
from sim.world.purposes import BASKET, LOSS, WAIT
from sim.world.simulate import World
from twins import same_history
from zscores import z_of_mean, z_of_sum

SEED = 5
WORST = 4.0
A_MOMENT = 1e-6  # days: what two ways of adding up a wait may differ by, and more
DAY = pd.Timedelta(days=1)
WEAK = {
    "discounts.price_to_pace": 0,
    "discounts.price_to_basket": 0,
    "discounts.reference_weight": 0,
    "discounts.loss_weight": 0,
    "discounts.reference_speed": 0,
    "discounts.stocking_up": 0,
    "discounts.image_to_loss": 0,
}
STRONG = {
    "discounts.price_to_pace": 1.2,
    "discounts.price_to_basket": 0.6,
    "discounts.reference_weight": 0.7,
    "discounts.loss_weight": 0.65,
    "discounts.reference_speed": 0.3,
    "discounts.stocking_up": 1.1,
    "discounts.image_to_loss": 3.0,
}
DEALS = {"discounts.depth": 0.25, "discounts.deals_per_year": 6, "discounts.deal_days": 10}
WEEKLY = {
    "clock.start": date(2023, 1, 1),
    "clock.months": 12,
    "market.rate_shape": 2.0,
    "market.rate_scale_weeks": 2.0,
    "market.dropout_a": 1.0,
    "market.dropout_b": 30.0,
    "acquisition.opening_customers": 400,
    "acquisition.opening_weeks": 4,
}
SHOP = Scenario().base().change(WEEKLY)
FIRST_DAYS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])  # of the months of 2023
FOR_LIFE = {
    "market.churn_model": "pareto/nbd",
    "market.life_shape": 50.0,
    "market.life_scale_weeks": 10_000.0,
}


@lru_cache(maxsize=8)
def lived(scenario_key: tuple[tuple[str, object], ...], base: str = "shop") -> Run:
    scenario = SHOP if base == "shop" else sim.load(base)
    return sim.simulate(scenario.change(dict(scenario_key)), SEED)


def run(levers: dict[str, object], base: str = "shop") -> Run:
    """A run of the weekly shop, or of a bundled scenario, with these levers; kept for the next who asks."""
    return lived(tuple(sorted(levers.items())), base)


def sales_between(found: Run, first: str, last: str) -> pd.DataFrame:
    """Purchases from one day until before another."""
    return found.transactions[found.transactions["time"].between(first, last, inclusive="left")]


def per_customer(found: Run, first: str, last: str, value: str = "amount") -> "pd.Series[float]":
    """What each customer bought in a stretch, in currency, or how often with `value` "count"."""
    sales = sales_between(found, first, last).assign(count=1.0)
    sums = sales.groupby("customer_id")[value].sum()
    return sums.reindex(found.customers["customer_id"], fill_value=0.0)


# ---- a plain loop against the engine


@dataclass
class Shopper:
    """One customer: what the luck is, what was bought so far, what is expected and in stock."""

    world: World
    row: int
    reference: float = 0.0
    stock: float = 0.0

    def __post_init__(self) -> None:
        customers = self.world.customers
        self.levers = self.world.scenario.discounts
        self.times: list[float] = []
        key = customers.key[self.row]
        self.wait, self.coin, basket = self.world.luck.uniform((WAIT, LOSS, BASKET), key, np.arange(600))
        self.baskets = gamma(basket, self.world.scenario.market.spend_shape) / customers.spend_rate[self.row]

    def histories(self, addressed: Callable[["Shopper", float, float], bool]) -> Iterator[tuple[float, ...]]:
        """(day, amount, discount) of each purchase; `addressed(self, began, day)`: is the deal for me?"""
        market = self.world.customers
        now = market.acquired_at[self.row]
        while now <= self.world.horizon:
            yield now, *self.buys(self.price(now, addressed))
            self.times.append(now)
            odds = market.dropout[self.row] * np.exp(-self.levers.image_to_loss * self.reference)
            luck = self.coin[len(self.times) - 1]
            if len(self.times) > 1 and luck < odds / (odds + 1 - market.dropout[self.row]):
                return
            now = self.next_time(now, addressed)

    def price(self, day: float, addressed: Callable[["Shopper", float, float], bool]) -> float:
        """Log of the price I would pay / the full price."""
        for began in FIRST_DAYS[1::2]:
            if began <= day < began + self.levers.deal_days and addressed(self, began, day):
                return float(np.log(1 - self.levers.depth))
        return 0.0

    def buys(self, price: float) -> tuple[float, float]:
        """Amount and discount; then I know better what things cost."""
        self.stock = self.levers.stocking_up * max(self.reference - price, 0.0)
        grown = np.exp(self.stock + self.levers.price_to_basket * self.appeal(price))
        amount = round(round(self.baskets[len(self.times)], 2) * grown, 2)
        self.reference += self.levers.reference_speed * (price - self.reference)
        return amount, amount * (self.levers.depth if price < 0 else 0.0)

    def appeal(self, price: float) -> float:
        gap = self.reference - price
        felt = gap if gap >= 0 else gap * (1 + self.levers.loss_weight)
        return self.levers.reference_weight * felt + (1 - self.levers.reference_weight) * -price

    def next_time(self, now: float, addressed: Callable[["Shopper", float, float], bool]) -> float:
        """An exponential wait, used up at the rate of each stretch between beginnings and ends of deals."""
        left = -np.log(self.wait[len(self.times) - 1])
        ends = [
            day for day in np.add.outer(FIRST_DAYS[1::2], [0, self.levers.deal_days]).ravel() if day > now
        ]
        for end in [*ends, np.inf]:
            pull = self.levers.price_to_pace * self.appeal(self.price(now, addressed)) - self.stock
            rate = self.world.customers.rate[self.row] * np.exp(pull)
            if now + left / rate <= end:
                return now + left / rate
            left -= (end - now) * rate
            now = float(end)
        raise AssertionError("the last stretch has no end")


def everybody(shopper: Shopper, began: float, day: float) -> bool:
    return True


def members(shopper: Shopper, began: float, day: float) -> bool:
    """Who joins at a purchase finds the deal at the next."""
    since = shopper.world.customers.member_since[shopper.row]
    has_bought_today = bool(shopper.times) and day == shopper.times[-1]
    return bool(since < day + (A_MOMENT if has_bought_today else -A_MOMENT))


def lapsing(shopper: Shopper, began: float, day: float) -> bool:
    """Silent on the first day for more than twice the mean wait so far, and nothing bought since."""
    if len(shopper.times) < 2 or shopper.times[-1] >= began:
        return False
    waits = np.diff(shopper.times)
    return bool(began - shopper.times[-1] > 2 * waits.mean())


@pytest.mark.parametrize("audience", [everybody, members, lapsing])
def test_every_purchase_under_deals_is_where_a_plain_loop_puts_it(
    audience: Callable[[Shopper, float, float], bool],
) -> None:
    """Days to a millionth, money to the cent, for hundreds of customers and a year of deals."""
    program = {"loyalty.points_per_unit": 1.0, "loyalty.join_probability": 0.1}
    levers = {**DEALS, **STRONG, **program, "discounts.audience": audience.__name__}
    world = World(SHOP.change(levers), SEED)
    world.run()
    found = pd.DataFrame(world.journal.read("transactions"))[["row", "day", "amount", "discount"]]
    found = found.sort_values(["row", "day"], ignore_index=True)
    by_hand = [
        (row, *purchase)
        for row in range(len(world.customers))
        for purchase in Shopper(world, row).histories(audience)
    ]
    expected = pd.DataFrame(by_hand, columns=found.columns)
    assert len(found) == len(expected) > 10_000
    assert (found["discount"] > 0).sum() > 150
    np.testing.assert_array_equal(found["row"], expected["row"])
    np.testing.assert_allclose(found["day"], expected["day"], rtol=0, atol=A_MOMENT)
    np.testing.assert_allclose(found["amount"], expected["amount"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["discount"], expected["discount"], rtol=0, atol=0.00501)


def test_the_reference_price_of_a_customer_by_hand() -> None:
    """Two purchases on a deal of 20 %, then one at full price, with half a step towards each price."""
    world = World(SHOP.change({**WEAK, "discounts.depth": 0.2, "discounts.reference_speed": 0.5}), SEED)
    world.run()
    sales = pd.DataFrame(world.journal.read("transactions")).sort_values(["row", "day"])
    paid = np.log(1 - sales["discount"] / sales["amount"])
    for row, prices in paid.groupby(sales["row"]):
        reference = 0.0
        for price in prices:
            reference = (reference + price) / 2
        assert world.customers.reference[row] == pytest.approx(reference, abs=0.01)  # of rounding to cents
    assert (world.customers.reference < -0.05).sum() > 50


# ---- the calendar


def deal_days(levers: dict[str, object]) -> "pd.Series[int]":
    """By month, the last day of the month on which anybody got a discount."""
    sales = run({**WEAK, "discounts.depth": 0.25, **levers}).transactions
    times = sales.loc[sales["discount"] > 0, "time"]
    return times.dt.day.groupby(times.dt.month).max()


@pytest.mark.parametrize(
    ("deals", "months"),
    [
        (1, [12]),
        (2, [6, 12]),
        (4, [3, 6, 9, 12]),
        (5, [3, 5, 8, 10, 12]),
        (12, list(range(1, 13))),
    ],
)
def test_deals_are_spread_evenly_over_the_year(deals: int, months: list[int]) -> None:
    assert deal_days({"discounts.deals_per_year": deals}).index.to_list() == months


@pytest.mark.parametrize("days", [1, 7, 28])
def test_a_deal_lasts_as_long_as_the_lever_says(days: int) -> None:
    """In February 2023, of 28 days, the longest deal ends when the next begins."""
    last = deal_days({"discounts.deal_days": days})
    assert last.to_list() == [days] * 12


def test_during_a_deal_everybody_gets_it_and_nobody_at_other_times() -> None:
    sales = run({**WEAK, **DEALS}).transactions
    in_deal = (sales["time"].dt.month % 2 == 0) & (sales["time"].dt.day <= 10)
    assert (in_deal == (sales["discount"] > 0)).all()
    assert (sales["amount"] > 0).all()


# ---- the pace


@pytest.mark.parametrize("model", ["bg/nbd", "pareto/nbd"])
def test_purchases_inside_and_outside_of_deals_come_at_the_rates_of_the_closed_form(model: str) -> None:
    """Repeat purchases less (rate x exp(pull) x days alive there) have mean 0 and the latter's variance.

    With thirty thousand in the deals, 2.3 % too many are 4 standard errors.
    """
    levers = {**WEAK, **DEALS, "discounts.price_to_pace": 1.5, "acquisition.opening_customers": 5000}
    found = run({**levers, "market.churn_model": model, "market.life_scale_weeks": 200.0})
    start = found.month_starts[0]
    truth = found.truth.merge(found.customers[["customer_id", "acquired_at"]], on="customer_id")
    born = ((truth["acquired_at"] - start) / DAY).to_numpy()
    gone = ((truth["churned_at"].fillna(found.month_starts[-1]) - start) / DAY).to_numpy()
    per_day = truth["purchase_rate"].to_numpy() / 7
    in_deals = sum(
        np.clip(np.minimum(gone, day + 10) - np.maximum(born, day), 0, None) for day in FIRST_DAYS[1::2]
    )
    expected = [per_day * in_deals * 0.75**-1.5, per_day * (gone - born - in_deals)]
    repeats = found.transactions[found.transactions.duplicated("customer_id")]
    inside = (repeats["discount"] > 0).sum()
    for count, mean in zip([inside, len(repeats) - inside], expected, strict=True):
        assert mean.sum() > 30_000
        assert abs(z_of_sum(count, mean, mean)) < WORST


def test_after_many_deals_the_full_price_feels_like_a_loss() -> None:
    """Nobody stocks up here: what is missing between the deals is the reference price's work."""
    often = {"discounts.depth": 0.4, "acquisition.opening_customers": 1200, **FOR_LIFE}
    deals, twin = run({**STRONG, **often, "discounts.stocking_up": 0}), run({**often, "discounts.depth": 0})
    for value in ("count", "amount"):
        less = sum(
            per_customer(deals, f"2023-{month}-08", f"2023-{month}-28", value)
            - per_customer(twin, f"2023-{month}-08", f"2023-{month}-28", value)
            for month in ("06", "07", "08", "09", "10", "11")
        )
        assert z_of_mean(less, 0.0) < -WORST


def test_baskets_at_full_price_shrink_after_deals() -> None:
    """By exactly exp(price_to_basket x 1.5 x reference) where losses weigh one half more, on the cent."""
    basket = {"discounts.price_to_basket": 2.0, "discounts.loss_weight": 0.5, "discounts.reference_weight": 1}
    learning = {**WEAK, **basket, "discounts.reference_speed": 1.0}
    deals, twin = run({**DEALS, **learning}), run({})
    paired = deals.transactions.assign(before=twin.transactions["amount"])
    assert (paired["time"] == twin.transactions["time"]).all()
    last_price = (paired["discount"] > 0).groupby(paired["customer_id"]).shift(fill_value=False)
    after = paired[last_price & (paired["discount"] == 0)]
    assert len(after) > 500
    np.testing.assert_allclose(after["amount"], after["before"] * 0.75**3, rtol=0, atol=0.00501)


def test_a_stretch_without_deals_brings_the_reference_price_back() -> None:
    """Deals end after three months; half a step a purchase later the twin's baskets are back to the cent."""
    levers = {
        **WEAK,
        "discounts.depth": 0.3,
        "discounts.reference_speed": 0.5,
        "discounts.price_to_basket": 1,
    }
    levers |= {"discounts.reference_weight": 1}
    stopped = sim.simulate(SHOP.change(levers).later(3, {"discounts.depth": 0.0}), SEED)
    twin = run({})
    late, early = (
        (stopped.transactions["amount"] - twin.transactions["amount"])[
            stopped.transactions["time"].between(*span)
        ]
        for span in (("2023-12-01", "2023-12-31"), ("2023-04-01", "2023-04-07"))
    )
    assert (early < 0).mean() > 0.5
    assert (late == 0).mean() > 0.5


# ---- stocking up and the dip


def test_customers_buy_ahead_exactly_as_much_as_the_price_they_gain() -> None:
    levers = {**WEAK, **DEALS, "discounts.stocking_up": 2.0, **FOR_LIFE}
    deals, twin = run(levers), run({**levers, "discounts.depth": 0})
    first = deals.transactions.assign(nth=deals.transactions.groupby("customer_id").cumcount())
    before = twin.transactions.assign(nth=twin.transactions.groupby("customer_id").cumcount())
    paired = first.merge(before[["customer_id", "nth", "amount"]], on=["customer_id", "nth"])
    factor = np.where(paired["discount"] > 0, 0.75**-2.0, 1.0)
    np.testing.assert_allclose(paired["amount_x"], paired["amount_y"] * factor, rtol=0, atol=0.00501)


def test_under_contract_nobody_stocks_up() -> None:
    """A bill is as high as the twin's: the next one comes as soon as ever."""
    bills = {"market.churn_model": "sbg", **WEAK, "discounts.stocking_up": 2.0}
    deals, twin = run({**bills, **DEALS}).transactions, run({"market.churn_model": "sbg"}).transactions
    assert (deals["discount"] > 0).sum() > 500
    assert deals[["customer_id", "time", "amount"]].equals(twin[["customer_id", "time", "amount"]])


def test_after_a_deal_comes_the_dip_and_what_was_bought_ahead_is_not_bought_again() -> None:
    """With stocking up alone: fewer purchases for weeks, and the same volume until the end of the year."""
    once = {"discounts.deals_per_year": 2, "discounts.depth": 0.25, "clock.months": 11, **FOR_LIFE}
    many = {"acquisition.opening_customers": 5000, **once}
    deals = run({**many, **WEAK, "discounts.stocking_up": 1.5})
    twin = run({**many, "discounts.depth": 0})
    for weeks in (("2023-06-08", "2023-06-15"), ("2023-06-15", "2023-06-22")):
        dip = per_customer(deals, *weeks, "count") - per_customer(twin, *weeks, "count")
        assert z_of_mean(dip, 0.0) < -WORST
    during = per_customer(deals, "2023-06-01", "2023-06-08") - per_customer(twin, "2023-06-01", "2023-06-08")
    assert z_of_mean(during, 0.0) > WORST
    after = per_customer(deals, "2023-06-08", "2023-12-01") - per_customer(twin, "2023-06-08", "2023-12-01")
    assert z_of_mean(after, 0.0) < -WORST
    assert abs(z_of_mean(during + after, 0.0)) < WORST


def test_twenty_percent_off_sell_73_percent_more_and_borrow_a_third_of_it() -> None:
    """With the defaults. Bijmolt, van Heerde & Pieters (2005); van Heerde, Leeflang & Wittink (2004).

    What is borrowed is told without what the reference price does later.
    """
    once = {"discounts.depth": 0.2, "discounts.deals_per_year": 2, "clock.months": 11}
    many = {**once, **FOR_LIFE, "acquisition.opening_customers": 10_000, "market.rate_scale_weeks": 8.0}
    usual = {name: Scenario()[name] for name in WEAK}
    twin = run({**many, "discounts.depth": 0})
    deal, later = ("2023-06-01", "2023-06-08"), ("2023-06-08", "2023-12-01")
    more = {
        speed: [
            sum(per_customer(run({**many, **usual, "discounts.reference_speed": speed}), *span))
            - sum(per_customer(twin, *span))
            for span in (deal, later)
        ]
        for speed in (usual["discounts.reference_speed"], 0)
    }
    sold = more[usual["discounts.reference_speed"]][0] / sum(per_customer(twin, *deal))
    assert 0.65 < sold < 0.81
    assert 0.22 < -more[0][1] / more[0][0] < 0.44


# ---- the hold


def test_a_cheap_image_raises_the_odds_of_loss_by_the_reference_price() -> None:
    """Every coin against its probability, with the reference told from the prices paid."""
    cheap = {"discounts.reference_speed": 0.4, "discounts.image_to_loss": 2.0}
    found = run({**WEAK, "discounts.depth": 0.3, **cheap, "acquisition.opening_customers": 3000})
    sales = found.transactions.merge(found.truth, on="customer_id").sort_values(["customer_id", "time"])
    price = np.log(0.7) * (sales["discount"] > 0)
    reference = price.groupby(sales["customer_id"]).transform(following, 0.4)
    odds = sales["dropout"] / (1 - sales["dropout"]) * np.exp(-2.0 * reference)
    coins = sales.duplicated("customer_id")
    p = (odds / (1 + odds))[coins]
    lost = (sales["time"] == sales["churned_at"])[coins]
    assert abs(z_of_sum(lost, p, p * (1 - p))) < WORST
    blind = sales["dropout"][coins]
    assert z_of_sum(lost, blind, blind * (1 - blind)) > WORST


def following(prices: "pd.Series[float]", speed: float) -> list[float]:
    """The reference price after each of a customer's purchases, as a logarithm."""
    reference, path = 0.0, []
    for price in prices:
        reference += speed * (price - reference)
        path.append(reference)
    return path


# ---- whom a deal reaches, and what leaves no trace

OPEN = {  # everything that a customer lives through alone, and no sharing of queues or word of mouth
    "clock.months": 8,
    "acquisition.opening_customers": 1000,
    "service.agents": 60,
    "word_of_mouth.referrals_per_promoter": 0,
    "word_of_mouth.detractor_drag": 0,
}


def test_a_deal_for_members_reaches_nobody_else() -> None:
    """Offers, fatigue, points and a service desk go on: the others' records are the same bit for bit."""
    deals = run({**OPEN, "discounts.depth": 0.3, "discounts.audience": "members"}, "coffee")
    twin = run({**OPEN, "discounts.depth": 0}, "coffee")
    stranger = deals.customers["member_since"].isna()
    assert 150 < stranger.sum() < 850
    assert same_history(deals, twin, deals.customers.loc[stranger, "customer_id"])
    assert not same_history(deals, twin, deals.customers.loc[~stranger, "customer_id"])


def test_a_deal_for_the_lapsing_reaches_nobody_else() -> None:
    """Who never was silent for twice the usual wait when a deal began has the same record bit for bit."""
    few = {"discounts.depth": 0.3, "discounts.deals_per_year": 4, "discounts.audience": "lapsing"}
    deals, twin = run({**OPEN, **few}, "coffee"), run({**OPEN, "discounts.depth": 0}, "coffee")
    lapsed = set[int]()
    for began in deals.month_starts[[2, 5]]:
        so_far = twin.transactions[twin.transactions["time"] < began].groupby("customer_id")["time"]
        usual = (so_far.max() - so_far.min()) / (so_far.count() - 1)
        silent = (so_far.count() > 1) & (began - so_far.max() > 2 * usual)
        lapsed |= set(silent.index[silent])
    ids = twin.customers["customer_id"]
    assert 150 < len(lapsed) < len(ids) - 300
    assert same_history(deals, twin, ids[~ids.isin(lapsed)])
    sold = deals.transactions[deals.transactions["discount"] > 0]
    assert len(sold) > 50
    assert sold["customer_id"].isin(lapsed).all()
    assert not sold.assign(month=sold["time"].dt.month).duplicated(["customer_id", "month"]).any()


def test_before_members_exist_and_under_contract_nobody_is_reached_who_cannot_be() -> None:
    for levers in (
        {"discounts.audience": "members"},
        {"discounts.audience": "lapsing", "market.churn_model": "sbg"},
    ):
        assert not run({**DEALS, **levers}).transactions["discount"].any()


@pytest.mark.parametrize("name", ["coffee", "telco"])
def test_with_all_strengths_at_0_only_the_discounts_themselves_are_left(name: str) -> None:
    """Nobody earns points on what is paid here, so that all else is the same bit for bit, desk and all."""
    free = {"clock.months": 8, "acquisition.opening_customers": 800, "loyalty.points_per_unit": 0}
    deals, twin = run({**free, **WEAK, "discounts.depth": 0.3}, name), run(free, name)
    assert (deals.transactions["discount"] > twin.transactions["discount"]).sum() > 500
    money = ["discount", "paid", "margin"]
    for table in twin.tables:
        if table != "transactions":
            assert deals.tables[table].equals(twin.tables[table]), table
    assert deals.transactions.drop(columns=money).equals(twin.transactions.drop(columns=money))


def test_without_depth_no_other_lever_of_deals_leaves_a_trace() -> None:
    strong = {**STRONG, "discounts.deals_per_year": 3, "discounts.audience": "lapsing"}
    one, other = run({**OPEN, **strong, "discounts.depth": 0}, "coffee"), run({**OPEN}, "coffee")
    for table in one.tables:
        assert one.tables[table].equals(other.tables[table]), table


@pytest.mark.parametrize("step", [5.0, 31.0])
def test_how_often_the_world_reviews_does_not_change_a_purchase_under_deals(step: float) -> None:
    levers = {**DEALS, **STRONG}
    assert run({**levers, "clock.step_days": step}).transactions.equals(run(levers).transactions)


# ---- mid-run, money


def test_deals_that_begin_later_change_nothing_before() -> None:
    scenario = sim.load("coffee").change(OPEN)
    later, twin = (
        sim.simulate(scenario.later(6, {"discounts.depth": 0.2}), SEED),
        sim.simulate(scenario, SEED),
    )
    launch = twin.month_starts[6]
    one, other = (found.transactions[found.transactions["time"] < launch] for found in (later, twin))
    assert one.equals(other)
    first = later.transactions.loc[later.transactions["discount"] > 0, "time"].min()
    assert launch <= first < launch + DAY


def test_a_year_of_deals_is_the_first_half_of_two_years() -> None:
    levers = {**DEALS, **STRONG, "acquisition.opening_customers": 200}
    long = run({**levers, "clock.months": 18})
    short = run({**levers, "clock.months": 9})
    before = long.transactions[long.transactions["time"] < short.month_starts[-1]]
    assert before.equals(short.transactions)


def test_a_deal_comes_off_what_the_first_discount_leaves_to_the_cent() -> None:
    """Buyers who came through a channel with 30 % off, and some for free, in a month with a deal."""
    channels = {
        "acquisition.opening_customers": 300,
        "acquisition.deal_spend_per_month": 3000,
        "acquisition.deal_discount": 0.3,
        "acquisition.trial_spend_per_month": 3000,
    }
    all_year = {
        "discounts.depth": 0.2,
        "discounts.deal_days": 28,
        "clock.months": 3,
        "clock.start": date(2023, 2, 1),
    }
    found = run({**WEAK, **channels, **all_year, "discounts.stocking_up": 1.0})
    sales = found.transactions.merge(found.customers[["customer_id", "channel"]], on="customer_id")
    in_deal = sales["time"].dt.day <= 28
    is_first = ~sales.duplicated("customer_id")
    first = np.select([sales["channel"] == "deal", sales["channel"] == "trial"], [0.3, 1.0], 0.0) * is_first
    left = sales["amount"] * (1 - first)
    expected = sales["amount"] - left * np.where(in_deal, 0.8, 1.0)
    for channel in ("deal", "trial", "opening"):
        assert (is_first & in_deal & (sales["channel"] == channel)).sum() > 50
    np.testing.assert_allclose(sales["discount"], expected, rtol=0, atol=0.0151)
    np.testing.assert_allclose(sales["discount"], sales["discount"].round(2), rtol=0, atol=1e-9)
    assert (sales.loc[first == 1, "paid"] == 0).all()
    booked = found.ledger.groupby("account", observed=True)["amount"].sum()
    assert booked["discounts"] == pytest.approx(-sales["discount"].sum(), abs=0.005)
    assert found.months["discounts"].sum() == pytest.approx(sales["discount"].sum(), abs=0.005)
