"""The home screen: nine cells, each with its main lever and one figure; source cards; light and dark."""

import re
from html import unescape

import pytest

import sim
from sim.experiments.kpi_names import KPIS
from sim.lab import theme
from sim.lab.cells import CELLS, SECTIONS, by_section, decisions, in_use, section_of, surroundings
from sim.lab.controls import NumberControl
from sim.lab.grid import OPEN_AT_FIRST, REST, answer_html
from sim.lab.tiles import TILES, reading
from sim.scenario import Scenario

LEVERS = {lever.name: lever for lever in sim.levers()}
SMALL = sim.load("coffee").change({"acquisition.opening_customers": 200, "clock.months": 3})
POINTS, QUALITY = "loyalty.points_per_unit", "retention.service_quality"


@pytest.fixture(scope="module")
def looked_at():
    """For tests that only look."""
    return sim.lab.open(SMALL)


@pytest.fixture
def deck():
    deck = sim.lab.open(SMALL)
    yield deck
    deck.close()


@pytest.fixture(scope="module")
def first_months():
    """Every bundled company in its first three months."""
    return {
        name: sim.simulate(sim.load(name).change({"clock.months": 3}), seed=1)
        for name in sim.scenarios().index
    }


def words(html):
    return unescape(" ".join(re.sub("<[^>]*>", " ", html).split()))


# The cells


def test_the_cells_are_those_of_the_grid_in_its_order():
    assert list(CELLS) == list(decisions())


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_has_a_main_lever_that_is_in_it(name):
    assert CELLS[name].lever in {lever.name for lever in decisions()[name]}


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_answers_with_a_figure_of_the_run_in_the_words_of_all_figures(name, looked_at):
    figure = CELLS[name].figure
    assert figure.kpi in looked_at.run.kpis()
    assert figure.what.endswith(".")


def test_what_a_cell_waits_for_is_a_lever_or_the_ladder():
    waited_for = {name for cell in CELLS.values() for name in cell.needs or {}}
    assert waited_for <= {*LEVERS, "ladder"}


def test_the_main_lever_of_every_cell_moves_its_figure_where_it_waits_for_nothing(first_months):
    companies = dict.fromkeys(CELLS, "coffee") | {"Retention · innovative IT": "hotel"}  # who has a queue
    far = dict.fromkeys((cell.lever for cell in CELLS.values()), 0.9)
    far |= {"acquisition.paid_spend_per_month": 3000, POINTS: 3, QUALITY: 9.5}
    for name, cell in CELLS.items():
        run = first_months[companies[name]]
        assert cell.idle(run.scenario) == ""
        now = sim.simulate(run.scenario.change({cell.lever: far[cell.lever]}), seed=1)
        assert now.kpis()[cell.figure.kpi] != run.kpis()[cell.figure.kpi], name


@pytest.mark.parametrize("company", sim.scenarios().index)
def test_every_figure_of_a_bundled_company_is_a_number_or_says_why_there_is_none(company, first_months):
    run = first_months[company]
    for cell in CELLS.values():
        html = answer_html(cell, reading(cell.figure, run, run), run.scenario)
        missing = run.kpis().isna()[cell.figure.kpi]
        assert (cell.nothing in words(html)) == missing
        assert re.search(r"\d", words(html)) or missing
        assert "nan" not in html and "none" not in words(html)


def test_a_lever_that_reaches_nobody_says_what_it_waits_for():
    coffee, airline = sim.load("coffee"), sim.load("airline")
    relevance = CELLS["Extension · innovative IT"]
    assert relevance.idle(coffee) == ""
    assert relevance.idle(coffee.change({"extension.offers_share": 0})) == "no offers are made"
    assert relevance.idle(airline) == "nothing further to offer"
    assert CELLS["Acquisition · innovative IT"].idle(sim.load("pizza")) == "no paid marketing"


def test_a_figure_that_is_neither_good_nor_bad_by_itself_is_called_more_or_less(first_months):
    coffee, pizza = first_months["coffee"], first_months["pizza"]
    found = {reading(CELLS["Acquisition · value creation"].figure, *pair).verdict
             for pair in ((coffee, pizza), (pizza, coffee), (coffee, coffee))}  # fmt: skip
    assert found == {"more", "less", "as baseline"}


def test_a_cell_shows_its_figure_and_the_change_against_the_baseline(deck):
    figure = deck.grid.figures["Retention · value creation"]
    assert words(figure.value).endswith("as baseline")
    deck.change({QUALITY: 9.5})
    now, before = (run.kpis()["nps"] for run in (deck.run, deck.baseline))
    assert f"NPS {now:.1f}".replace("-", "−") in words(figure.value)
    assert f"▲ {now - before:+.1f} better" in words(figure.value)
    deck.pin()
    assert words(figure.value).endswith("as baseline")


def test_units_in_cells_name_the_currency_and_words_of_a_scenario_are_text(deck):
    deck.choose(Scenario(**{**dict(SMALL.rename("evil", "")), "currency": "<b>&</b>"}))
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in deck.grid.figures["Acquisition · marketing orientation"].value
    assert "&lt;b&gt;" in deck.grid.mains["Acquisition · marketing orientation"].description


# The main levers


def test_main_levers_stand_where_their_levers_stand(deck):
    deck.change({POINTS: 2.5, QUALITY: 9.2})
    assert {name: slider.value for name, slider in deck.grid.mains.items()} == {
        name: deck.scenario[cell.lever] for name, cell in CELLS.items()
    }


def test_a_main_lever_in_its_cell_does_what_the_one_in_the_panel_does(deck):
    small, control = deck.grid.mains[OPEN_AT_FIRST], deck.controls[POINTS]
    small.value = 2.0
    assert deck.scenario[POINTS] == control.slider.value == control.box.value == 2.0
    control.slider.value = 3.0
    assert deck.scenario[POINTS] == small.value == 3.0
    control.box.value = 15
    assert (small.min, small.value, small.max) == (10, 15, 20)


def test_a_number_that_cannot_be_leaves_the_main_lever_where_it_was(deck):
    deck.controls[POINTS].box.value = 99
    assert deck.grid.mains[OPEN_AT_FIRST].value == SMALL[POINTS]


# The panels


@pytest.mark.parametrize("name", CELLS)
def test_every_lever_of_a_cell_is_reached_by_opening_it(looked_at, name):
    looked_at.grid.buttons[name].click()
    _, *boxes = looked_at.grid.panel.children
    shown = [one for box in boxes for one in box.children[1:]]
    assert sorted(map(id, shown)) == sorted(
        id(looked_at.controls[lever.name].widget) for lever in decisions()[name]
    )


def test_the_levers_in_the_cells_and_the_rest_are_all_levers_each_once():
    groups = [*decisions().values(), *surroundings().values()]
    shown = [lever.name for group in groups for lever in group]
    assert sorted(shown) == sorted(LEVERS)


def test_every_section_in_a_cell_has_a_name():
    assert {section for group in decisions().values() for section in by_section(group)} <= SECTIONS.keys()


def heads(deck):
    return [words(box.children[0].value) for box in deck.grid.panel.children[1:]]


def test_the_section_of_the_main_lever_comes_first_then_those_in_use_and_the_others_say_so(deck):
    for name in CELLS:
        deck.grid.open_cell(name)
        first, *others = heads(deck)
        assert first.startswith(SECTIONS[section_of(CELLS[name].lever)])
        idle = [head.endswith("not in use") for head in others]
        assert idle == sorted(idle)
    deck.grid.open_cell(OPEN_AT_FIRST)
    assert {head.endswith("not in use") for head in heads(deck)} == {True, False}


def test_a_section_keeps_its_place_while_levers_move_and_finds_it_when_its_cell_is_opened_again(deck):
    before = heads(deck)
    deck.change({"rebates.rate": 0.1})
    assert heads(deck) == before
    deck.grid.open_cell(OPEN_AT_FIRST)
    assert heads(deck).index("Rebates") < heads(deck).index("Discounts not in use")


def test_tools_are_in_use_where_the_scenario_says_so():
    for name in sim.scenarios().index:
        scenario = sim.load(name)
        sections = {"points": "loyalty", **{tool: tool for tool in ("discounts", "rebates", "privileges")}}
        found = {tool for tool, section in sections.items() if in_use(section, scenario)}
        assert found == {*scenario.tools()}


# Source cards


def test_every_lever_has_a_card_with_meaning_bounds_default_and_source_as_text(looked_at):
    for name, lever in LEVERS.items():
        card = looked_at.controls[name].widget.children[-1].value
        for said in (lever.what, lever.allowed, lever.source):
            assert said in words(card), name
        assert re.fullmatch(r"<details><summary [^<>]*>\?</summary>.*</details>", card)
        assert f"About {lever.label}" in unescape(card)


def test_a_card_shows_markup_as_text():
    lever = next(one for one in sim.levers() if isinstance(one.default, float))
    fields = {field: getattr(lever, field) for field in type(lever).__dataclass_fields__}
    evil = type(lever)(**{**fields, "source": "<script>x</script>", "what": 'a "b" <img src=x>'})
    card = NumberControl(evil, sim.load("coffee"), lambda *_: None).widget.children[-1].value
    assert "<script" not in card and "<img" not in card
    assert "<script>x</script>" in unescape(card)


# Keyboard


def test_the_keyboard_goes_through_a_cell_from_its_button_to_its_lever_and_on_to_the_next(looked_at):
    cells = [one for one in looked_at.grid.children[0].children if "crm-cell" in one._dom_classes]
    for cell, name in zip(cells, CELLS, strict=True):
        assert cell.children == (
            looked_at.grid.buttons[name], looked_at.grid.mains[name], looked_at.grid.figures[name]
        )  # fmt: skip
    assert looked_at.grid.children[1] is looked_at.grid.panel


def test_a_button_says_in_words_what_it_opens_and_whether_it_is_open(looked_at):
    looked_at.grid.open_cell(REST)
    for name, button in looked_at.grid.buttons.items():
        assert button.description.startswith("▾ " if name == REST else "▸ ")
        assert button.tooltip


# Colours


def luminance(colour):
    """Relative luminance of #rrggbb, WCAG 2.2."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio, WCAG 2.2: 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_text_has_a_contrast_of_4_5_and_every_edge_of_a_control_of_3(colours):
    for text in ("ink", "muted", "better", "worse", "accent"):
        for ground in ("page", "card"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["edge"], colours["page"]) >= 3


def test_pictures_are_drawn_on_white_with_text_of_enough_contrast():
    inks = (theme.INK, theme.MUTED, theme.NOW_COLOUR, theme.BASELINE_COLOUR, *theme.BALANCE_COLOURS.values())
    for colour in inks:
        assert contrast(colour, "#ffffff") >= 4.5


def test_the_style_uses_only_colours_of_the_theme_so_that_a_dark_one_can_change_them():
    assert {*re.findall(r"var\(--crm-([\w-]+)", theme.CSS)} <= theme.LIGHT.keys() == theme.DARK.keys()
    rules = theme.CSS.partition("/* The look")[2]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []


def test_tiles_and_cells_use_the_words_of_the_table_of_all_figures():
    for one in (*TILES, *(cell.figure for cell in CELLS.values())):
        assert one.good == KPIS[one.kpi].better
        assert one.label in KPIS[one.kpi].label
