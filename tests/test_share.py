"""Sharing a world: codes that restore it exactly, scenario files that are uploaded, tables to download."""

import base64
import io
import string
import zlib
from datetime import datetime
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from by_hand import taken_over
from sim.lab import files, from_code, world_code
from sim.lab.flight import Flight, State
from sim.lab.world_code import PREFIX, _names
from sim.records import export
from sim.scenario import Scenario, ScenarioError

NAMES = list(sim.scenarios().index)
SMALL = sim.load("coffee").change({"acquisition.opening_customers": 30, "clock.months": 4})
POINTS = "loyalty.points_per_unit"
COFFEE = State(*[sim.load("coffee")] * 3, 7, 0)


@st.composite
def moved(draw, scenario):
    """The scenario with a few of its numbers and words at any values that it may have."""
    for lever in draw(st.lists(st.sampled_from(sim.levers()), max_size=6)):
        if lever.choices:
            value = draw(st.sampled_from(lever.choices))
        elif lever.kind is int:
            value = draw(st.integers(lever.low, lever.high))
        elif lever.kind is float:
            value = draw(st.floats(lever.low, lever.high))
        else:
            value = draw(st.dates(pd.Timestamp("1950-01-01").date(), pd.Timestamp("2100-01-01").date()))
        try:
            scenario = scenario.change({lever.name: value})
        except ScenarioError:
            continue
    return scenario


@st.composite
def states(draw):
    own = draw(moved(sim.load(draw(st.sampled_from(NAMES)))))
    if draw(st.booleans()):
        own = own.rename(draw(st.text(max_size=20)), draw(st.text(max_size=60)))
    now, before = draw(moved(own)), draw(moved(own))
    for month in draw(st.lists(st.integers(1, 30), max_size=2)):
        now = now.later(month, {POINTS: draw(st.floats(0, 20))})
    month = draw(st.integers(0, now.clock.months - 1))
    return State(own, now, before, draw(st.integers(0, 2**64 - 1)), month)


# World codes


@settings(max_examples=40, deadline=None)
@given(states())
def test_a_code_restores_the_very_state_it_was_made_of(state):
    assert from_code(world_code(state)) == state


@settings(max_examples=10, deadline=None)
@given(states())
def test_a_code_is_made_of_letters_that_any_mail_keeps(state):
    assert set(world_code(state).removeprefix(PREFIX)) <= {*string.ascii_letters, *string.digits, "-", "_"}


def test_a_state_after_a_few_moves_takes_less_than_200_characters():
    moves = {POINTS: 2.5, "service.agents": 3, "discounts.depth": 0.15, "retention.service_quality": 9.0}
    now = COFFEE.own.change(moves).later(6, {"rebates.rate": 0.1})
    assert len(world_code(State(COFFEE.own, now, COFFEE.own.change({POINTS: 0.0}), 12345, 6))) < 200
    assert len(world_code(COFFEE)) < 70


def test_no_two_levers_have_the_same_mark():
    assert sorted(_names().values()) == sorted(lever.name for lever in sim.levers())


def test_blanks_and_line_breaks_in_a_code_do_not_matter():
    code = world_code(COFFEE)
    assert from_code(f"  {code[:20]}\n {code[20:]}\r\n") == COFFEE


def test_every_change_of_one_character_is_refused():
    code = world_code(State(COFFEE.own, COFFEE.own.change({POINTS: 2.0}), COFFEE.own, 3, 0))
    for place, was in enumerate(code):
        for letter in set("Aa0-_zZ9:€") - {was}:
            with pytest.raises(ScenarioError):
                from_code(code[:place] + letter + code[place + 1 :])


def test_every_shortened_or_swapped_code_is_refused():
    code = world_code(COFFEE)
    for place in range(len(code)):
        with pytest.raises(ScenarioError):
            from_code(code[:place])
        swapped = code[:place] + code[place : place + 2][::-1] + code[place + 2 :]
        if swapped != code:
            with pytest.raises(ScenarioError):
                from_code(swapped)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no world code; one begins with crm1:"),
        ("hello, world", "is no world code"),
        ("crm2:AAAA", "of version 2; this program reads 1"),
        ("crm1:", "incomplete or mistyped"),
        ("crm1:====", "incomplete or mistyped"),
        ("crm1:" + "A" * 500, "incomplete or mistyped"),
    ],
)
def test_what_is_no_code_is_refused_in_a_sentence(text, message):
    with pytest.raises(ScenarioError, match=message):
        from_code(text)


def forged(text: bytes) -> str:
    """A code with a right checksum around any text."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text) + packer.flush()
    data = zlib.crc32(packed).to_bytes(4, "big") + packed
    return PREFIX + base64.urlsafe_b64encode(data).decode().rstrip("=")


EMPTY = b"[{},null,{}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"null", "not of this form"),
        (b"[" * 50_000, "not of this form"),
        (b'["tea","AAAA",%s,%s,%s,1,0]' % (EMPTY, EMPTY, EMPTY), "another version of the scenario 'tea'"),
        (
            b'["coffee","AAAA",%s,%s,%s,1,0]' % (EMPTY, EMPTY, EMPTY),
            "another version of the scenario 'coffee'",
        ),
        (b" " * 300_000, "incomplete or mistyped"),
    ],
)
def test_a_forged_code_is_refused_in_a_sentence(text, message):
    with pytest.raises(ScenarioError, match=message):
        from_code(forged(text))


def opened(code: str) -> str:
    data = base64.urlsafe_b64decode(code.removeprefix(PREFIX) + "==")
    return zlib.decompress(data[4:], -15).decode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",7,0]", ",-7,0]", "seed -7"),
        (",7,0]", ",7,24]", "month 24 of 23"),
        (",7,0]", ",7.5,0]", "not of this form"),
        ("[{},null,{}],7", '[{"AAAA":1},null,{}],7', "a lever that this version does not have"),
        ("[{},null,{}],7", "[{},[[0,{}]],{}],7", "changes.1.month is 0"),
        ("[{},null,{}],7", '[{},null,{"calibration":1}],7', "not of this form"),
        ("[{},null,{}],7", '[{},null,{"ladder":3}],7', "ladder is 3"),
    ],
)
def test_a_code_with_what_cannot_be_is_refused_in_a_sentence(old, new, message):
    text = opened(world_code(COFFEE))
    assert old in text
    with pytest.raises(ScenarioError, match=message):
        from_code(forged(text.replace(old, new).encode()))


def test_customers_of_a_log_do_not_fit_in_a_code():
    own = taken_over()
    with pytest.raises(ScenarioError, match=r"do not fit in a world code; share the saved .toml file"):
        world_code(State(own, own, own, 1, 0))


def test_too_many_words_do_not_fit_in_a_code():
    own = Scenario(description="x" * 200_000)
    with pytest.raises(ScenarioError, match="too many words"):
        world_code(State(own, own, own, 1, 0))


# Restoring and dropping


def test_a_flight_restores_a_shared_state_and_can_undo_that():
    giver = Flight(SMALL, 3)
    giver.change({POINTS: 2.0})
    giver.rewind(2)
    giver.change({POINTS: 0.0})
    receiver = Flight(SMALL.change({"clock.months": 3}), 1)
    receiver.restore(from_code(world_code(giver.state)))
    assert receiver.state == giver.state
    pd.testing.assert_frame_equal(receiver.run.transactions, giver.run.transactions)
    receiver.undo()
    assert receiver.seed == 1


def test_a_state_whose_month_is_beyond_the_end_is_not_restored():
    flight = Flight(SMALL)
    with pytest.raises(ScenarioError, match="the month is 4; allowed: a whole number from 0 to 3"):
        flight.restore(flight.state._replace(month=4))


def test_a_dropped_change_leaves_the_others():
    scenario = SMALL.later(1, {POINTS: 2.0, "rebates.rate": 0.1}).later(2, {POINTS: 0.0})
    assert scenario.drop(1, POINTS) == SMALL.later(1, {"rebates.rate": 0.1}).later(2, {POINTS: 0.0})
    assert scenario.drop(1, POINTS).drop(1, "rebates.rate").drop(2, POINTS) == SMALL
    with pytest.raises(ScenarioError, match=r"loyalty.points_per_unit does not change in month 3"):
        scenario.drop(3, POINTS)


# Files


def test_an_uploaded_file_is_the_scenario_that_was_saved(tmp_path):
    text = sim.save(SMALL, tmp_path / "plan.toml").read_bytes()
    assert files.uploaded_scenario({"my plan.toml": text}) == SMALL
    assert files.toml_text(SMALL).encode() == text


def test_starting_customers_come_with_the_uploaded_file(tmp_path):
    own = taken_over()
    saved = sim.save(own, tmp_path / "log.toml")
    uploaded = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files.uploaded_scenario(uploaded) == own
    with pytest.raises(ScenarioError, match=r"starting_customers 'log.customers.parquet' cannot be read"):
        files.uploaded_scenario({"log.toml": saved.read_bytes()})


@pytest.mark.parametrize(
    ("uploads", "message"),
    [
        ({}, "uploaded: nothing; allowed: one .toml file"),
        ({"run.parquet": b""}, "uploaded: run.parquet; allowed"),
        ({"a.toml": b"", "b.toml": b""}, "uploaded: a.toml, b.toml; allowed"),
        ({"a.toml": b"[loyalty"}, "a.toml cannot be read as TOML"),
        ({"a.toml": b"\xff\xfe\x00"}, "a.toml cannot be read as TOML"),
        ({"a.toml": b"[loyalty]\npoints_per_unit = -1"}, "points_per_unit is -1; allowed: 0 to"),
        ({"../../a.toml": b"[loyalty]\nx = 1"}, "loyalty.x is not a lever"),
    ],
)
def test_a_damaged_upload_is_refused_in_a_sentence(uploads, message):
    with pytest.raises(ScenarioError, match=message):
        files.uploaded_scenario(uploads)


@pytest.fixture(scope="module")
def run():
    return sim.simulate(SMALL, 1)


def test_the_zip_holds_what_an_export_holds(run, tmp_path):
    folder = export(run, tmp_path / "export")
    with ZipFile(files.tables_zip(run, tmp_path / "run.zip")) as archive:
        assert set(archive.namelist()) == {path.name for path in folder.iterdir()}
        assert all(archive.read(path.name) == path.read_bytes() for path in folder.iterdir())


def test_a_zip_that_is_stopped_leaves_nothing_behind(run, tmp_path):
    steps = files.zipping(run, tmp_path / "run.zip")
    assert 0 < next(steps) < 1
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_the_shares_done_rise_to_the_whole(run, tmp_path):
    shares = list(files.zipping(run, tmp_path / "run.zip"))
    assert (np.diff(shares) > 0).all()
    assert shares[-1] == 1.0


def test_a_link_holds_its_content_and_is_escaped():
    link = files.download_link('a".toml', b"<b>", "Download <x>")
    assert base64.b64encode(b"<b>").decode() in link
    assert 'download="a&quot;.toml"' in link and "Download &lt;x&gt;" in link


# The panel


@pytest.fixture
def share(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deck = sim.lab.open(SMALL, 1)
    deck.open_way("Share")
    yield deck.way
    deck.close()


def press(way, label):
    (button,) = [one for row in way.children for one in getattr(row, "children", ()) if is_named(one, label)]
    button.click()


def is_named(widget, label):
    return getattr(widget, "description", "") == label and hasattr(widget, "click")


def test_the_panel_shows_the_code_of_what_is_flown_and_follows_it(share):
    before = share.code.value
    assert before == world_code(share.deck.state)
    share.deck.change({POINTS: 3.0})
    assert from_code(share.code.value) == share.deck.state
    share.code.value = before
    press(share, "Restore")
    assert share.deck.scenario == SMALL
    assert "Restored" in share.deck.status.value


def test_a_wrong_code_in_the_panel_is_said_and_nothing_changes(share):
    run = share.deck.run
    share.code.value = share.code.value[:-1]
    press(share, "Restore")
    assert "incomplete or mistyped" in share.deck.status.value
    assert share.deck.run is run


def upload(name, content):
    """What the browser sends."""
    about = {"name": name, "type": "", "size": len(content), "last_modified": datetime(2025, 1, 1)}
    return ({**about, "content": memoryview(content)},)


def test_an_upload_is_flown_and_a_damaged_one_is_said(share, tmp_path):
    plan = sim.save(SMALL.change({POINTS: 4.0}).rename("plan", ""), tmp_path / "plan.toml").read_bytes()
    share.upload.value = upload("plan.toml", plan)
    assert share.deck.scenario[POINTS] == 4.0
    share.upload.value = upload("plan.toml", plan + b"[[[")
    assert "plan.toml cannot be read as TOML" in share.deck.status.value
    assert share.deck.scenario[POINTS] == 4.0


def test_tables_and_run_are_written_beside_the_notebook_and_the_panel_says_where(share):
    tables = share.write_tables()
    share.errand.wait()
    assert str(tables) in share.text.value and "crm-download" in share.text.value
    with ZipFile(io.BytesIO(tables.read_bytes())) as archive:
        assert "transactions.csv" in archive.namelist()
    folder = share.write_run()
    share.errand.wait()
    assert sim.load_run(folder).scenario == SMALL
    assert str(folder) in share.text.value


def test_a_file_that_cannot_be_written_is_said(share, tmp_path):
    (tmp_path / "coffee-1-run").mkdir()
    (tmp_path / "coffee-1-run" / "thesis.txt").write_text("mine")
    share.write_run()
    share.errand.wait()
    assert "is not a saved run" in share.text.value
