"""The points tool lever by lever: numbers worked out by hand for one member, probabilities for many."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit, logit

import sim
from sim.luck import Luck
from sim.scenario import Scenario
from sim.world.customers import Customers
from sim.world.journal import MOVES, Journal
from sim.world.lots import split_into_lots
from sim.world.loyalty.points import Points
from sim.world.purposes import CATEGORY, REDEEM, TAKEOVER
from sim.world.visit import Visit
from visits import visit_of
from worlds import forces
from zscores import z_of_sum

MONTH = 30.0
TERMS: dict[str, object] = {
    "loyalty.points_per_unit": 1,
    "loyalty.reward_points": 100,
    "loyalty.reward_cost": 3,
    "loyalty.redemption_probability": 0.6,
    "loyalty.rival_cards": 0,
}


class Shop:
    """A program of one member, number 0, whose statements come on days 29, 59, 89, ..."""

    def __init__(self, levers: dict[str, object], *later: dict[str, object], members: int = 1) -> None:
        self.terms = [sim.Scenario().change({**TERMS, **levers})]
        self.terms += [self.terms[0].change(change) for change in later]
        self.customers = Customers()
        hassle = np.random.default_rng(1).exponential(size=members)
        self.customers.admit(members, member_since=np.zeros(members), hassle=hassle)
        self._journal = Journal()
        self.points = Points(self.terms, self.customers, self._journal)
        self._closed = 0

    def buys(self, day: float, paid: float, *, returned: bool = False, **luck: float) -> Visit:
        """One purchase of the member; luck below a probability lets happen what it is the probability of."""
        draws = {REDEEM: luck.get("redeem", 1.0), CATEGORY: luck.get("category", 1.0)}
        draws[TAKEOVER] = luck.get("takeover", 1.0)
        luck_of_one = {purpose: np.array([u]) for purpose, u in draws.items()}
        visit = visit_of(np.array([0]), day, luck_of_one, amount=paid, returned=returned)
        self.points.price(visit)
        self.customers.last_purchase[0] = day
        self.points.reward(visit)
        return visit

    def statements(self, until: int) -> None:
        """All statements up to and including this number."""
        for number in range(self._closed, until + 1):
            self.points.statement(number, (number + 1) * MONTH - 1)
        self._closed = until + 1

    def change(self, number: int = 1) -> None:
        self.points.change(self.terms[number])

    @property
    def moves(self) -> list[tuple[str, int, int]]:
        """Type, points and lot of all movements."""
        found = split_into_lots(self._journal.read("points"))
        kinds = [MOVES[one] for one in found["type"]]
        return list(zip(kinds, found["points"].tolist(), found["lot"].tolist(), strict=True))

    @property
    def balance(self) -> tuple[int, int]:
        """All points, and those that are active."""
        return int(self.customers.points[0]), int(self.customers.active_points[0])

    def pull(self, day: float) -> float:
        return float(forces(self.points, np.array([0]), day)[0, 0])


# Earning


@pytest.mark.parametrize(
    ("levers", "paid", "tier", "earned"),
    [
        ({"loyalty.points_per_unit": 2.5}, 4.30, 0, 10),  # of 10.75
        ({"loyalty.points_per_unit": 2.5, "loyalty.points_per_visit": 3}, 4.30, 0, 13),  # of 13.75
        ({"loyalty.points_per_unit": 0, "loyalty.points_per_visit": 3}, 0.0, 0, 3),
        ({"loyalty.points_per_unit": 10}, 0.29, 0, 2),
        ({"loyalty.points_per_unit": 20}, 1.15, 0, 23),  # a float product just below 23
        ({"loyalty.points_per_unit": 2.5, "privileges.points_bonus": 0.25}, 4.30, 2, 16),  # of 16.125
        ({"loyalty.points_per_unit": 2.5, "privileges.points_bonus": 0.25}, 4.30, 0, 10),
    ],
)
def test_points_are_earned_on_what_is_paid_and_rounded_down(
    levers: dict[str, object], paid: float, tier: int, earned: int
) -> None:
    shop = Shop(levers)
    shop.customers.tier[0] = tier
    assert shop.buys(1, paid).records["points_earned"].tolist() == [earned]
    assert shop.balance == (earned, earned)


def test_the_bonus_category_multiplies_before_rounding() -> None:
    shop = Shop({"loyalty.points_per_unit": 2.5, "loyalty.bonus_share": 0.2, "loyalty.bonus_multiplier": 3})
    assert shop.buys(1, 4.30, category=0.19).records["points_earned"].tolist() == [32]  # of 32.25
    assert shop.buys(2, 4.30, category=0.20).records["points_earned"].tolist() == [10]


def test_strangers_earn_nothing_and_those_who_join_get_their_head_start_once() -> None:
    shop = Shop({"loyalty.endowed_points": 20})
    shop.customers.member_since[0] = 2.0
    shop.buys(1, 50)
    shop.buys(2, 50)
    shop.buys(3, 50)
    assert shop.moves == [("bonus", 20, 0), ("earn", 50, 1), ("earn", 50, 2)]


# Waiting


def test_pending_points_become_active_at_the_first_statement_after_their_days() -> None:
    """From day 5 on 20 days: the statement of day 29. From day 9.5 on: day 29.5, so the one of day 59."""
    shop = Shop({"loyalty.pending_days": 20})
    shop.buys(5, 70)
    shop.buys(9.5, 60)
    assert shop.balance == (130, 0)
    shop.statements(0)
    assert shop.balance == (130, 70)
    assert not shop.buys(40, 0, redeem=0.0).records["reward_cost"]
    shop.statements(1)
    assert shop.balance == (130, 130)
    assert shop.moves == [("earn", 70, 0), ("earn", 60, 1), ("activate", 0, 0), ("activate", 0, 1)]


def test_a_lot_waits_as_long_as_was_promised_when_it_was_credited() -> None:
    """Then no lot waits any more: the new lot is active at once and goes first."""
    shop = Shop({"loyalty.pending_days": 45, "loyalty.reward_points": 10}, {"loyalty.pending_days": 0})
    shop.buys(5, 15)
    shop.change()
    shop.buys(20, 12)
    shop.buys(21, 0, redeem=0.0)
    shop.statements(1)
    shop.buys(60, 0, redeem=0.0)
    debits = [("redeem", -10, 1), ("activate", 0, 0), ("redeem", -2, 1), ("redeem", -8, 0)]
    assert shop.moves == [("earn", 15, 0), ("earn", 12, 1), *debits]


# Redeeming


def test_one_reward_at_a_time_costs_its_points_and_delights() -> None:
    shop = Shop({"loyalty.reward_delight": 1.5})
    shop.buys(1, 250)
    visit = shop.buys(2, 10, redeem=0.59)
    assert (visit.records["reward_cost"], visit.favour) == (3.0, 1.5)
    assert shop.moves == [("earn", 250, 0), ("redeem", -100, 0), ("earn", 10, 1)]
    assert shop.customers.redeemed_at[0] == 2
    visit = shop.buys(3, 0, redeem=0.60)
    assert (visit.records["reward_cost"], visit.favour) == (0, 0)
    assert shop.customers.redeemed_at[0] == 2


def test_any_amount_above_the_threshold_costs_in_proportion() -> None:
    shop = Shop({"loyalty.redemption": "amount"})
    shop.buys(1, 99)
    assert shop.buys(2, 151, redeem=0.0).records["reward_cost"][0] == 0
    assert shop.buys(3, 0, redeem=0.0).records["reward_cost"][0] == pytest.approx(7.5)
    assert shop.balance == (0, 0)


def test_a_devalued_reward_takes_more_points() -> None:
    """Of 150 points 50 go towards the second reward; when a reward takes 200, all 150 towards the first."""
    shop = Shop({"loyalty.goal_gradient": 0.2}, {"loyalty.reward_points": 200})
    shop.buys(1, 150)
    assert shop.pull(1) == pytest.approx(0.2 * 0.5)
    shop.change()
    assert shop.pull(1) == pytest.approx(0.2 * 0.75)
    assert shop.buys(2, 60, redeem=0.0).records["reward_cost"][0] == 0
    assert shop.buys(3, 0, redeem=0.0).records["reward_cost"][0] == 3
    assert shop.balance == (10, 10)


def test_after_the_end_of_a_program_points_are_redeemed_and_lapse_but_neither_earned_nor_chased() -> None:
    ended = {"loyalty.points_per_unit": 0, "loyalty.expiry": "fixed", "loyalty.expiry_months": 2}
    shop = Shop({"loyalty.endowed_points": 5, "loyalty.reward_momentum": 0}, ended)
    shop.buys(1, 130)
    assert shop.pull(1) > 0
    shop.change()
    assert shop.buys(2, 80, redeem=0.0).records["reward_cost"][0] == 3
    assert shop.pull(2) == 0
    assert shop.balance == (30, 30)
    shop.statements(1)
    assert shop.balance == (0, 0)


def test_a_theft_costs_the_company_a_redemption_and_the_member_nothing() -> None:
    shop = Shop({"loyalty.fraud_rate": 0.01, "loyalty.pending_days": 20})
    shop.buys(1, 50)
    shop.statements(0)
    shop.buys(31, 40)
    visit = shop.buys(32, 0, takeover=0.0)
    assert (visit.records["reward_cost"], visit.favour) == (1.5, 0)
    assert shop.balance == (90, 50)
    assert shop.customers.redeemed_at[0] == -np.inf
    assert shop.moves[-2:] == [("redeem", -50, 0), ("adjust", 50, 2)]


def test_members_whom_the_hassle_puts_off_are_always_the_same_and_as_many_as_expected() -> None:
    """P(take) = expit(logit p - hassle h), h exponential: its mean over members by numerical integration."""
    n, p, hassle = 20_000, 0.6, 2.0
    shop = Shop({"loyalty.redemption_hassle": hassle}, members=n)
    luck, who = Luck(2), np.arange(n)
    takes = np.zeros((2, n), bool)
    for time in range(2):
        shop.customers.points[:] = shop.customers.active_points[:] = 100
        draws = {REDEEM: luck.uniform(REDEEM, who, time)}
        visit = visit_of(who, time, draws)
        shop.points.price(visit)
        takes[time] = visit.records["reward_cost"] > 0
    chances = [quad(lambda h, k=k: np.exp(-h) * expit(logit(p) - hassle * h) ** k, 0, 50)[0] for k in (1, 2)]
    assert abs(z_of_sum(takes[0], n * chances[0], n * chances[0] * (1 - chances[0]))) < 4
    assert abs(z_of_sum(takes.all(axis=0), n * chances[1], n * chances[1] * (1 - chances[1]))) < 4
    assert chances[1] > 1.2 * chances[0] ** 2


# Returns


def test_what_a_returned_purchase_earned_is_taken_back_as_far_as_it_is_left() -> None:
    """Of 80 and 60 points 100 are redeemed: 40 of the second lot are left. The reward is not given back."""
    shop = Shop({})
    shop.buys(1, 80)
    shop.buys(2, 60, returned=True)
    shop.buys(3, 10, redeem=0.0)
    shop.statements(0)
    assert shop.moves[-2:] == [("earn", 10, 2), ("reverse", -40, 1)]
    assert shop.balance == (10, 10)


def test_pending_points_of_a_returned_purchase_never_become_active() -> None:
    shop = Shop({"loyalty.pending_days": 10})
    shop.buys(1, 80, returned=True)
    shop.buys(2, 7)
    shop.statements(1)
    assert shop.moves == [("earn", 80, 0), ("earn", 7, 1), ("reverse", -80, 0), ("activate", 0, 1)]
    assert shop.balance == (7, 7)


def test_of_a_lot_that_was_spent_nothing_can_be_taken_back() -> None:
    shop = Shop({"loyalty.redemption": "amount"})
    shop.buys(1, 100, returned=True)
    shop.buys(2, 5, redeem=0.0)
    shop.statements(0)
    assert shop.balance == (5, 5)
    assert "reverse" not in [kind for kind, _, _ in shop.moves]


# Lapsing


def test_lots_lapse_so_many_statements_after_the_one_they_were_active_by() -> None:
    """40 of the first 70 are left when they lapse at the third statement; the others lapse at the fourth."""
    shop = Shop({"loyalty.expiry": "lot", "loyalty.expiry_months": 2, "loyalty.reward_points": 30})
    shop.buys(1, 70)
    shop.statements(0)
    shop.buys(31, 20, redeem=0.0)
    shop.statements(2)
    assert shop.moves[2:] == [("earn", 20, 1), ("expire", -40, 0)]
    shop.statements(3)
    assert shop.moves[4:] == [("expire", -20, 1)]


def test_an_expiry_that_comes_later_counts_from_when_lots_became_active() -> None:
    shop = Shop({}, {"loyalty.expiry": "lot", "loyalty.expiry_months": 3})
    shop.buys(1, 70)
    shop.statements(0)
    shop.buys(31, 20)
    shop.statements(3)
    shop.change()
    shop.statements(4)
    assert shop.moves[2:] == [("expire", -70, 0), ("expire", -20, 1)]


def test_a_fixed_date_takes_all_active_points_and_spares_pending_ones() -> None:
    shop = Shop({"loyalty.expiry": "fixed", "loyalty.expiry_months": 3, "loyalty.pending_days": 40})
    shop.buys(1, 70)
    shop.statements(1)
    shop.buys(62, 20)
    shop.statements(2)
    assert shop.moves[2:] == [("earn", 20, 1), ("expire", -70, 0)]
    shop.statements(4)
    assert shop.balance == (20, 20)
    shop.statements(5)
    assert shop.balance == (0, 0)


def test_rolling_points_last_as_long_as_their_owner_buys() -> None:
    """Two months are 60.875 days: after the purchase of day 60 that is over on day 121, not on day 119."""
    shop = Shop({"loyalty.expiry": "rolling", "loyalty.expiry_months": 2})
    shop.buys(1, 70)
    shop.statements(1)
    shop.buys(60, 20)
    shop.statements(3)
    assert shop.balance == (90, 90)
    shop.statements(4)
    assert shop.moves[2:] == [("expire", -70, 0), ("expire", -20, 1)]


# Pace and hold


def test_an_empty_card_does_not_pull_and_an_almost_full_one_shortens_waits_by_almost_a_fifth() -> None:
    shop = Shop({"loyalty.reward_momentum": 0})
    assert shop.pull(1) == 0
    shop.buys(1, 50)
    assert shop.pull(1) == pytest.approx(0.223 / 2)
    shop.buys(2, 49)
    assert np.exp(-shop.pull(2)) == pytest.approx(0.8**0.99, abs=2e-4)


def test_a_full_card_pulls_like_an_empty_one_redeemed_or_not() -> None:
    """Whoever has filled it works on the next one."""
    shop = Shop({"loyalty.reward_momentum": 0})
    shop.buys(1, 100)
    assert shop.pull(1) == 0
    shop.buys(2, 140)
    assert shop.pull(2) == pytest.approx(0.223 * 0.4)
    shop.buys(3, 0, redeem=0.0)
    assert shop.balance == (140, 140)
    assert shop.pull(3) == pytest.approx(0.223 * 0.4)


def test_those_whom_the_program_does_not_move_only_shift_their_purchases() -> None:
    """Later at the start of a card, sooner near its end: over all steps of a card the mean pull is 0."""
    shop = Shop({"loyalty.reward_momentum": 0.5})
    shop.customers.response[0], shop.customers.dilution[0] = 0.0, 0.5
    pulls = [shop.pull(0)]
    for day in range(1, 101):
        shop.buys(day, 1)
        pulls.append(shop.pull(day))
    assert pulls[0] == pulls[100] == pytest.approx(-0.223 / 4)
    assert pulls[50] == 0
    assert pulls[99] == pytest.approx(0.223 / 4 * 0.98)
    assert np.mean(np.exp(pulls[:100])) == pytest.approx(1, abs=3e-3)
    shop.buys(101, 0, redeem=0.0)
    assert shop.pull(101) == pulls[0]


def test_the_momentum_of_a_redemption_halves_in_thirty_days() -> None:
    shop = Shop({"loyalty.goal_gradient": 0, "loyalty.reward_momentum": 0.4})
    shop.customers.dilution[0], shop.customers.response[0] = 0.5, 0.7
    shop.buys(1, 100)
    assert shop.pull(1) == 0
    shop.buys(2, 0, redeem=0.0)
    assert shop.pull(2) == pytest.approx(0.4 * 0.5 * 0.7)
    assert shop.pull(62) == pytest.approx(0.1 * 0.5 * 0.7)


def test_pending_points_hold_their_owner_like_active_ones() -> None:
    shop = Shop({"loyalty.switching_cost": 0.8, "loyalty.pending_days": 50})
    shop.buys(1, 25)
    assert forces(shop.points, np.array([0]), 1.0)[1].tolist() == [pytest.approx(0.2)]


def test_waits_in_a_whole_world_shorten_by_the_gradient_towards_the_reward_and_fall_back_after_it() -> None:
    """Purchases per unit of base pace at each tenth of the card against exp(.223 progress), all else off."""
    bought, due = bought_and_due(everybody_collects().change({"loyalty.goal_gradient": 0.223}))
    expected = due * np.exp(0.223 * due.index / 10)
    z = (bought - expected) / np.sqrt(expected)
    assert (z.abs() < 4).all() and bought.min() > 1000
    assert (bought / due)[9] == pytest.approx(0.8**-0.9, abs=0.06)
    assert (bought / due)[0] == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(("response", "low", "high"), [(0, 0.995, 1.005), (1, 1.1, 1.13)])
def test_over_many_cards_those_whom_the_program_does_not_move_buy_as_often_as_without_it(
    response: float, low: float, high: float
) -> None:
    """Those whom it does move buy more often by about half the gradient, 11.5 %. Steps of 37 of 100 points
    meet every stretch of the card equally often, and next to nobody is lost.
    """
    thirds = {f"loyalty.{third}_response": response for third in ("light", "moderate", "heavy")}
    fixed = {
        "loyalty.points_per_visit": 37,
        "market.rate_scale_weeks": 0.5,
        "market.dropout_b": 1000,
        **thirds,
    }
    without = everybody_collects().change({**fixed, "acquisition.opening_customers": 400})
    one, other = (
        sim.simulate(without.change({"loyalty.goal_gradient": gradient}), 5) for gradient in (0, 0.223)
    )
    assert len(one.transactions) > 20_000
    assert low < len(other.transactions) / len(one.transactions) < high


def bought_and_due(scenario: Scenario) -> tuple["pd.Series[int]", "pd.Series[float]"]:
    """By tenths of the card that are full, of members: purchases that followed, and the base process's."""
    run = sim.simulate(scenario, 5)
    table = run.transactions.merge(run.truth, on="customer_id").sort_values(["customer_id", "time"])
    following = table.groupby("customer_id")["time"].shift(-1)
    end = following.fillna(table["churned_at"]).fillna(run.month_starts[-1])
    due = table["purchase_rate"] / 7 * ((end - table["time"]) / pd.Timedelta(days=1))
    tenths = (table.groupby("customer_id").cumcount() + 1) % 10
    return following.notna().groupby(tenths).sum(), due.groupby(tenths).sum()


def everybody_collects() -> Scenario:
    """All join at once, a tenth of a card for each purchase, no reward, no other mechanism."""
    base = sim.load("coffee").base()
    return base.change(
        {
            "acquisition.opening_customers": 3000,
            "acquisition.organic_leads_per_month": 0,
            "acquisition.paid_leads_ceiling": 0,
            "loyalty.join_probability": 1,
            "loyalty.points_per_visit": 10,
            "loyalty.reward_points": 100,
            "loyalty.redemption_probability": 0,
            "loyalty.moderate_response": 1,
            "loyalty.heavy_response": 1,
            "clock.months": 12,
        }
    )


# No trace


def test_a_launch_leaves_no_trace_before_its_month() -> None:
    """With every lever of the program in use."""
    without = sim.load("coffee").change({"loyalty.points_per_unit": 0, "acquisition.opening_customers": 200})
    terms = {"loyalty.points_per_visit": 20, "loyalty.endowed_points": 30, "loyalty.bonus_share": 0.3}
    launched = without.change({"loyalty.fraud_rate": 0.1, "clock.months": 9})
    launched = launched.later(6, {**terms, "loyalty.expiry": "lot", "loyalty.redemption_hassle": 1})
    one, other = sim.simulate(without.change({"clock.months": 6}), 3), sim.simulate(launched, 3)
    before = other.transactions[other.transactions["time"] < one.month_starts[-1]]
    assert before.equals(one.transactions)
    assert (other.points["time"] >= one.month_starts[-1]).all() and len(other.points) > 500


@pytest.mark.parametrize(
    ("strength", "others"),
    [
        ("bonus_share", {"bonus_multiplier": 7}),
        ("fraud_rate", {}),
        ("endowed_points", {"pending_days": 0}),
        ("reward_momentum", {}),
        ("redemption_hassle", {}),
    ],
)
def test_a_strength_of_0_is_as_if_there_were_no_such_thing(strength: str, others: dict[str, object]) -> None:
    """Bit for bit, whatever the other levers of the mechanism say."""
    plain = sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 8})
    off = plain.change({f"loyalty.{strength}": 0})
    changed = off.change({f"loyalty.{name}": value for name, value in others.items()})
    strong = plain.change({f"loyalty.{strength}": 1})
    one, other, third = (sim.simulate(scenario, 3) for scenario in (off, changed, strong))
    assert one.transactions.equals(other.transactions) and one.points.equals(other.points)
    assert not third.points.equals(one.points)


def test_twelve_months_are_the_first_half_of_twenty_four() -> None:
    """Expiry dates beyond the horizon included."""
    levers = {
        "expiry": "lot",
        "expiry_months": 5,
        "pending_days": 30,
        "endowed_points": 10,
        "fraud_rate": 0.01,
    }
    scenario = sim.load("coffee").change({f"loyalty.{name}": value for name, value in levers.items()})
    scenario = scenario.change({"market.return_rate": 0.1, "acquisition.opening_customers": 150})
    scenario = scenario.later(8, {"loyalty.expiry": "fixed"})
    short, long = (sim.simulate(scenario.change({"clock.months": months}), 3) for months in (6, 12))
    assert long.points[long.points["time"] < short.month_starts[-1]].equals(short.points)
    assert (short.points["expires_at"] > short.month_starts[-1]).any()
