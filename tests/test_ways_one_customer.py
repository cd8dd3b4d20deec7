"""One customer: chosen by a rule, followed from world to world."""

import pytest

import sim
from sim.lab.people import RULES, beside_twin, find, pick

POINTS = "loyalty.points_per_unit"
SMALL = sim.load("coffee").change({"acquisition.opening_customers": 150, "clock.months": 8})


@pytest.fixture(scope="module")
def run():
    return sim.simulate(SMALL, 2)


def test_the_most_valuable_has_the_highest_clv_and_the_next_one_the_next(run):
    ranked = run.clv.sort_values(ascending=False)
    assert [run.clv[pick(run, "the most valuable", place)] for place in range(3)] == list(ranked.iloc[:3])


def test_a_complainer_complained_most(run):
    complaints = run.tickets[run.tickets["reason"] == "complaint"]["customer_id"].value_counts()
    assert complaints[pick(run, "a complainer")] == complaints.max()


def test_the_lost_are_lost_and_the_others_are_not(run):
    churned = run.truth.set_index("customer_id")["churned_at"]
    assert all(churned.notna()[pick(run, "somebody lost", place)] for place in range(20))
    assert all(churned.isna()[pick(run, "somebody still there", place)] for place in range(20))


def test_the_silent_were_let_down_and_never_complained(run):
    person = pick(run, "let down, but silent")
    lived = run.episodes[run.episodes["customer_id"] == person]
    assert (lived["failures"] > lived["tolerance"]).any()
    assert not ((run.tickets["customer_id"] == person) & (run.tickets["reason"] == "complaint")).any()


def test_who_has_several_products_has_the_most(run):
    products = run.customers.set_index("customer_id")["products"]
    assert products[pick(run, "with several products")] == products.max() > 1


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_goes_round_in_a_circle_of_different_people(run, rule):
    people = list(RULES[rule](run))
    assert len(set(people)) == len(people)
    assert [pick(run, rule, place) for place in (0, 1, len(people))] == [people[0], people[1], people[0]]


def test_an_unknown_rule_and_one_that_means_nobody_are_said(run):
    with pytest.raises(ValueError, match="the rule is 'the tallest'; allowed: anyone, somebody lost"):
        pick(run, "the tallest")
    lonely = sim.simulate(
        sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 1}), 1
    )
    with pytest.raises(ValueError, match="nobody in this run is meant by 'with several products'"):
        pick(lonely, "with several products")


def test_a_typed_id_is_found_or_refused_with_examples(run):
    ids = run.customers["customer_id"]
    assert find(run, f" {ids.iloc[4]} ") == ids.iloc[4]
    with pytest.raises(ValueError, match="there is no customer 'Ada' in this run; ids look like 1, "):
        find(run, "Ada")


def test_a_person_is_the_same_in_a_run_and_itself(run):
    figures = beside_twin(run, run, pick(run))
    assert list(figures["now"]) == list(figures["baseline"])


def test_the_figures_of_a_person_are_those_of_the_tables(run):
    person = pick(run, "the most valuable")
    sales = run.transactions[run.transactions["customer_id"] == person]
    now = beside_twin(run, run, person)["now"]
    assert now["purchases"] == f"{len(sales):,}"
    assert now["paid, EUR"] == f"{sales['paid'].sum():,.2f}"
    assert now["CLV, EUR"] == f"{run.clv[person]:,.2f}"


# The panel


@pytest.fixture(scope="module")
def deck():
    deck = sim.lab.open(SMALL, 2)
    deck.open_way("One customer")
    yield deck
    deck.close()


def test_moves_of_levers_tell_the_life_of_the_same_person_anew(deck):
    deck.reset()
    deck.way.follow_rule("the most valuable")
    person, picture = deck.way.following, deck.way.now.value
    assert deck.way.before.layout.display == "none"
    deck.change({"retention.service_quality": 6.0, POINTS: 0.0})
    assert deck.way.following == person
    assert deck.way.now.value != picture
    assert deck.way.before.value == picture
    assert deck.way.before.layout.display is None
    assert f"customer {person}" in deck.way.journey.value


def test_a_rule_another_and_an_id_choose_by_hand(deck):
    way = deck.way
    way.rule.value = "a complainer"
    assert way.following == pick(deck.run, "a complainer")
    way.children[0].children[1].click()
    assert way.following == pick(deck.run, "a complainer", 1)
    way.id.value = str(pick(deck.run, "anyone", 3))
    assert way.following == pick(deck.run, "anyone", 3)


def test_a_wrong_id_is_said_in_the_status_line(deck):
    before = deck.way.following
    deck.way.id.value = "nobody"
    assert "there is no customer &#x27;nobody&#x27;" in deck.status.value
    assert deck.way.following == before


def test_somebody_who_was_never_won_is_shown_in_the_baseline_alone(deck):
    deck.reset()
    deck.pin()
    channel = deck.run.customers.set_index("customer_id")["channel"]
    deck.way.follow(channel.index[channel == "paid"][0])
    deck.change({"acquisition.paid_spend_per_month": 0.0})
    assert "in the baseline only" in deck.way.text.value
    assert deck.way.now.layout.display == "none" and deck.way.before.layout.display is None
    deck.pin()
    assert deck.way.following in set(deck.run.customers["customer_id"])
