"""The report for the board: what it says is what the comparison found, and the file needs nothing else."""

import os
import re
import tomllib
from base64 import b64decode
from functools import cache
from html.parser import HTMLParser
from importlib import import_module

import pytest

import results
import sim
from results import POINTS, SMALL
from sim.lab.effect import effects
from sim.lab.report import answer, html, report

module = import_module("sim.lab.report")  # the package may export the function of this name

ATTACK = "<script>alert(1)</script>\"'{{ 7 * 7 }}"
VOID = {"meta", "source", "img", "link", "br"}


class Parsed(HTMLParser):
    """The elements of a page, each with its attributes; fails if they are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self._open = [], [], []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def compared(name="rich"):
    values = {"plain": {"profit": [100, 102, 104]}, name: {"profit": [200, 203, 205]}}
    scenarios = {
        "plain": SMALL,
        name: SMALL.rename(name, f"Twice the points. {ATTACK}").change({POINTS: 2.0}),
    }
    return results.comparison(values, scenarios)


@cache
def page(name="rich"):
    return html(compared(name))


def sentence(*profit):
    values = {"plain": {"profit": [1000, 1100, 1200][: len(profit)]}, "rich": {"profit": profit}}
    return answer(effects(results.comparison(values), ["profit"])[0], 24)


def test_a_difference_that_is_shown_is_the_answer():
    assert sentence(1500, 1601, 1701) == (
        "With 95 % confidence “rich” changes profit by +499 to +502 EUR (24 months): better."
    )
    assert sentence(500, 601, 701).endswith(": worse.")


def test_an_interval_that_holds_0_shows_nothing():
    assert sentence(1100, 1000, 1250).startswith(
        "Nothing is shown whether “rich” changes profit: the 95 % interval"
    )
    assert sentence(1100, 1000, 1250).endswith("includes 0.")


def test_worlds_that_do_not_differ_are_said_to_be_the_same():
    assert sentence(1000, 1100, 1200) == (
        "“rich” changes nothing: its profit is the same in every replication (24 months)."
    )


def test_without_an_interval_nothing_is_shown():
    assert sentence(1500).startswith("Nothing is shown: there is no 95 % interval of the profit")


def test_the_page_is_well_formed_and_each_table_and_picture_can_be_read_aloud():
    parsed = Parsed(page())
    assert parsed.all("html") == [{"lang": "en"}]
    assert [len(parsed.all(tag)) for tag in ("h1", "title", "main")] == [1, 1, 1]
    assert all(cell["scope"] in ("col", "row") for cell in parsed.all("th"))
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert all(len(image["alt"]) > 30 for image in parsed.all("img"))
    named = {section["aria-labelledby"] for section in parsed.all("section")}
    assert named == {heading["id"] for heading in parsed.all("h2")}


def test_the_file_asks_for_nothing_and_runs_nothing():
    parsed = Parsed(page())
    addresses = [one for _, attributes in parsed.elements for key, one in attributes.items()
                 if key in ("src", "srcset", "href", "action", "data")]  # fmt: skip
    assert addresses and all(one.startswith("data:") for one in addresses)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in parsed.elements}
    assert not [key for _, attributes in parsed.elements for key in attributes if key.startswith("on")]
    assert "default-src 'none'" in page()
    assert not re.search(r"url\(|@import", page())


def test_names_and_descriptions_of_a_scenario_stay_words():
    text = page(ATTACK)
    assert "<script" not in text
    assert ATTACK in Parsed(text).text


def test_names_of_any_length_fit_into_the_pictures():
    long = "a scenario with a name that is far too long for any picture"
    values = {long: {"profit": [1, 2]}, f"{long}, too": {"profit": [2, 4]}}
    assert long in html(results.comparison(values))  # matplotlib would warn, and fail the test


def test_the_tables_state_the_differences_the_levers_and_their_sources():
    text = Parsed(page()).text
    for words in ("+101", "Points per unit spent", "loyalty.points_per_unit", "design choice", "better"):
        assert words in text
    assert "The same in every replication: CLV, revenue" in text


def test_the_scenarios_in_the_report_make_the_same_worlds_again(tmp_path):
    saved = [link for link in Parsed(page()).all("a") if "download" in link]
    for link, scenario in zip(saved, compared().scenarios.values(), strict=True):
        content = b64decode(link["href"].partition(",")[2])
        assert tomllib.loads(content.decode())["name"] == scenario.name
        path = tmp_path / link["download"]
        path.write_bytes(content)
        assert sim.load(path) == scenario


def test_the_same_comparison_gives_the_same_bytes(tmp_path):
    path = report(compared(), tmp_path / "a folder" / "réport.html")
    assert path.read_text(encoding="utf-8") == page()
    assert os.listdir(path.parent) == ["réport.html"]


def test_what_cannot_be_written_is_refused_in_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "html", lambda *_: page())
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path, tmp_path / "report.txt", tmp_path / "file" / "report.html"):
        with pytest.raises(ValueError, match=r"report .* written as"):
            report(compared(), path)
    assert os.listdir(tmp_path) == ["file"]
    with pytest.raises(TypeError, match="report takes a Comparison"):
        report(SMALL, tmp_path / "report.html")
    with pytest.raises(ValueError, match="kpi is 'fame'; allowed: "):
        report(compared(), tmp_path / "report.html", kpi="fame")
