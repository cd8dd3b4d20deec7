"""Whatever is typed wrongly, or is wrong in a file, gets one line on standard error and exit code 2."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from terminal import Reply, type_in

NAMES = frozenset(sim.scenarios().index)
TEXT = st.text(max_size=30)
WORDS = TEXT.filter(lambda text: text not in NAMES and not text.startswith("-") and ".toml" not in text)
NO_NUMBER = TEXT.filter(lambda text: not is_number(text))
BROKEN_FILES = {
    "binary.toml": bytes(range(256)),
    "no_toml.toml": b"[clock\nmonths = 3",
    "unknown.toml": b"[clock]\nmonth = 3",
    "nan.toml": b"[market]\nrate_shape = nan",
    "huge.toml": b"[clock]\nmonths = 1" + b"0" * 400,
    "huger.toml": b"[clock]\nmonths = 1" + b"0" * 5000,
    "text.toml": b'[clock]\nmonths = "three"',
    "ladder.toml": b"ladder = 3",
    "customers.toml": b'starting_customers = "../../secret.parquet"',
    "deep.toml": b"a = " + b"[" * 5000,
    "binary.csv": bytes(range(256)),
    "empty.csv": b"",
    "one_column.csv": b"customer_id\n1\n",
    "no_rows.csv": b"customer_id,date,amount\n",
    "no_date.csv": b"customer_id,date,amount\n1,yesterday,3\n",
    "no_amount.csv": b"customer_id,date,amount\n1,2024-01-01,much\n",
    "few.csv": b"customer_id,date,amount\n1,2024-01-01,3\n",
    "quote.csv": b'customer_id,date,amount\n1,"2024-01-01,3\n',
    "binary.parquet": bytes(range(256)),
    "other.xlsx": b"PK",
}


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of broken files, folders where files are expected, and a run that was tampered with."""
    folder = tmp_path_factory.mktemp("désk top")
    for name, content in BROKEN_FILES.items():
        (folder / name).write_bytes(content)
    for name in ("folder.toml", "folder.csv", "folder.html", "empty run"):
        (folder / name).mkdir()
    scenario = sim.load("coffee").change({"acquisition.opening_customers": 5, "clock.months": 1})
    run = sim.simulate(scenario)
    run.save(folder / "good run")
    (run.save(folder / "bad run") / "points.parquet").write_bytes(b"PAR1")
    return folder


def assert_one_clear_line(reply: Reply) -> None:
    assert reply.code == 2
    assert reply.out == ""
    assert reply.err.startswith("crm-sim: ")
    assert reply.err.endswith("\n")
    assert reply.err.count("\n") == 1
    assert reply.err.rstrip("\n").isprintable()
    assert 20 < len(reply.err) < 700
    assert "Traceback" not in reply.err


# What a new user gets wrong, and the words that help.


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rum coffee", "No such command 'rum'. Did you mean 'run'?"),
        ("run", "Missing argument 'SCENARIO'; see crm-sim run --help"),
        ("run cofee", "no scenario 'cofee'; there are airline, coffee"),
        ("run nowhere.toml", "there is no file nowhere.toml"),
        ("run coffee tea", "unexpected extra argument"),
        ("run coffee --sed 3", "--seed"),
        ("run coffee --seed", "--seed"),
        ("run coffee --seed -1", "greater than or equal to 0"),
        ("run coffee --seed 18446744073709551616", "less than or equal to 18446744073709551615"),
        ("run coffee --seed 1.5", "--seed"),
        ("run coffee --format xml", "'xml' is not one of 'table', 'json', 'csv'"),
        ("run coffee --set", "--set"),
        ("run coffee --set points=2", "points is not a lever"),
        ("run coffee --set points_per_unit=2", "did you mean loyalty.points_per_unit?"),
        (
            "run coffee --set loyalty.points_per_unit",
            "'loyalty.points_per_unit'; allowed: a name and",
        ),
        ("run coffee --set loyalty.points_per_unit=", "allowed: a name and a value, such as loyalty"),
        (
            "run coffee --set loyalty.points_per_unit=two",
            "is 'two'; allowed: 0 to 20 points per currency unit",
        ),
        ("run coffee --set loyalty.points_per_unit=-1", "is -1.0; allowed: 0 to 20 points per currency unit"),
        ("run coffee --set loyalty.points_per_unit=nan", "is nan; allowed: 0 to 20 points per currency unit"),
        ("run coffee --set loyalty.points_per_unit=1e999", "is inf; allowed: 0 to 20"),
        ("run coffee --set loyalty.expiry=never", "is 'never'; allowed: one of 'none', 'fixed'"),
        ("run coffee --set clock.months=2.5", "is 2.5; allowed: a whole number from 1 to 240 months"),
        ("run coffee --set clock.start=1.1.2025", "is '1.1.2025'; allowed: a date from 1900-01-01 to"),
        ("run coffee --set clock.start=1735689600", "allowed: a date from 1900-01-01 to"),
        ("run coffee --set clock.months=2 --set clock.months=3", "--set clock.months is given twice"),
        ("levers nonsense", "no lever speaks of 'nonsense'; the sections are market"),
        ("levers --scenario cofee", "no scenario 'cofee'"),
        ("compare coffee", "a second scenario, or --set LEVER=VALUE"),
        ("compare coffee retail", "currency is 'EUR' in 'coffee' and 'USD' in 'retail'"),
        ("compare coffee coffee --replications 1", "replications is 1; allowed: a whole number from 2"),
        ("compare coffee coffee --replications 1e9", "--replications"),
        ("compare coffee coffee --kpi clw", "did you mean clv?"),
        ("compare coffee coffee --precision clv", "--precision is 'clv'; allowed: a name and a value"),
        ("compare coffee coffee --precision clv=0", "--precision clv is '0'; allowed: a number above 0"),
        ("compare coffee coffee --precision clv=nan", "allowed: a number above 0"),
        ("compare coffee coffee --precision speed=1", "'speed' is no KPI"),
        ("compare coffee coffee --report board.pdf", "allowed: a file that ends in .html"),
        ("compare coffee coffee --jobs 0", "greater than or equal to 1"),
        ("sweep coffee", "Missing option '--lever'"),
        (
            "sweep coffee --lever loyalty.points_per_unit=0,,1",
            "points_per_unit is ''; allowed: 0 to 20",
        ),
        ("sweep coffee --lever loyalty.points_per_unit=0,30", "is 30.0; allowed: 0 to 20"),
        (
            "sweep coffee --lever loyalty.points_per_unit=0..2",
            "allowed without --points: values, such",
        ),
        ("sweep coffee --lever loyalty.points_per_unit=2..0 --points 4", "low below high"),
        ("sweep coffee --lever loyalty.points_per_unit=0..2 --points 3", "a power of two"),
        ("sweep coffee --lever loyalty.expiry=fixed..none --points 4", "a range (low, high) of numbers"),
        ("sweep coffee --lever loyalty.points_per_unit=1 --out runs.xlsx", "a file that ends in .csv"),
        ("calibrate nowhere.csv -o mine.toml", "there is no file nowhere.csv"),
        ("calibrate nowhere.csv", "Missing option '--out'"),
        ("calibrate nowhere.csv -o mine.txt", "a file that ends in .toml"),
        (
            "calibrate nowhere.csv -o mine.toml --churn-model none",
            "'none' is not one of 'bg/nbd'",
        ),
        ("export nowhere tables", "there is no folder nowhere"),
        ("export", "Missing argument 'RUN'"),
    ],
)
def test_one_line_says_what_is_wrong_and_what_is_allowed(line: str, words: str) -> None:
    reply = type_in(*line.split())
    assert_one_clear_line(reply)
    assert words in reply.err


@pytest.mark.parametrize("name", [one for one in BROKEN_FILES if one.endswith(".toml")])
def test_a_broken_scenario_file_is_named(name: str, desk: Path) -> None:
    assert_one_clear_line(type_in("run", desk / name))


@pytest.mark.parametrize("name", [one for one in BROKEN_FILES if not one.endswith(".toml")])
def test_a_broken_log_writes_no_scenario(name: str, desk: Path) -> None:
    assert_one_clear_line(type_in("calibrate", desk / name, "-o", desk / "mine.toml"))
    assert not (desk / "mine.toml").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "folder.toml"),
        ("calibrate", "folder.csv", "-o", "mine.toml"),
        ("calibrate", "few.csv", "-o", "folder.toml"),
        ("calibrate", "few.csv", "-o", "few.csv/mine.toml"),
        ("compare", "nan.toml", "nan.toml", "--report", "folder.html"),
        ("run", "nan.toml", "--out", "few.csv"),
        ("export", "empty run", "tables"),
        ("export", "few.csv", "tables"),
        ("export", "bad run", "tables"),
        ("export", "good run", "good run"),
        ("export", "good run", "few.csv"),
        ("export", "good run", "few.csv/tables"),
    ],
    ids=" ".join,
)
def test_folders_and_files_in_the_wrong_place_are_left_as_they_are(
    arguments: tuple[str, ...], desk: Path, monkeypatch
) -> None:
    monkeypatch.chdir(desk)
    before = {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()}
    assert_one_clear_line(type_in(*arguments))
    assert {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("out", ["few.csv", "good run/points.parquet/run"])
def test_a_run_cannot_be_saved_where_a_file_is(out: str, desk: Path) -> None:
    small = ("--set", "acquisition.opening_customers=0", "--set", "clock.months=1")
    reply = type_in("run", "retail", *small, "--out", desk / out)
    assert (reply.code, reply.out) == (2, "")
    assert reply.err.count("\n") == 2  # the run itself was fine
    assert "crm-sim: " in reply.err.splitlines()[1]


# A hundred random ones.


def options(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return values.map(lambda value: [name, value])


def bad_settings(name: str) -> st.SearchStrategy[list[str]]:
    """What `--set` and `--lever` refuse: no lever, no value, no number, none that is allowed."""
    lever = "loyalty.points_per_unit"
    numbers = (
        st.floats(max_value=-1e-9) | st.floats(min_value=20.001) | st.integers(21) | st.just(float("nan"))
    )
    wrong = [
        TEXT.map(lambda text: f"{text}=1"),
        TEXT.filter(lambda text: "=" not in text),
        numbers.map(lambda value: f"{lever}={value}"),
        NO_NUMBER.filter(lambda text: ".." not in text).map(lambda text: f"{lever}={text}"),
        TEXT.map(lambda text: f"loyalty.expiry=x{text}"),
        st.integers(10**12).map(lambda value: f"clock.start={value}"),
        st.integers(10**300).map(lambda value: f"clock.months={value}"),
    ]
    return options(name, st.one_of(wrong))


BAD_OPTIONS = {
    "run": st.one_of(
        bad_settings("--set"),
        options("--seed", (st.integers(max_value=-1) | st.integers(2**64)).map(str) | NO_NUMBER),
        options("--format", TEXT.filter(lambda text: text not in ("table", "json", "csv"))),
        WORDS.map(lambda text: [f"--x{text}"]),
        WORDS.map(lambda text: [text]),
    ),
    "compare": st.one_of(
        bad_settings("--set"),
        options("--replications", (st.integers(max_value=1) | st.integers(10**6)).map(str) | NO_NUMBER),
        options("--kpi", TEXT),
        options("--precision", TEXT | TEXT.map(lambda text: f"clv=-{text}")),
        options("--jobs", st.integers(max_value=0).map(str) | NO_NUMBER),
        options("--report", TEXT.map(lambda text: text + ".pdf")),
        WORDS.map(lambda text: [text]),
    ),
    "sweep": st.one_of(
        bad_settings("--lever"),
        options("--points", st.integers(max_value=0).map(str) | NO_NUMBER),
        options("--out", TEXT.map(lambda text: text + ".txt")),
    ),
}
FILES = st.sampled_from([*BROKEN_FILES, "folder.toml", "folder.csv", "no such file.toml", "no\0file.toml"])


@st.composite
def bad_lines(draw: st.DrawFn) -> Callable[[Path], list[str]]:
    """A command line with one thing wrong in it, given the folder of broken files."""
    command = draw(st.sampled_from([*BAD_OPTIONS, "file", "scenario", "log", "saved run", "command"]))
    if command in BAD_OPTIONS:
        extra = draw(BAD_OPTIONS[command])
        before = ["--lever", "loyalty.expiry=lot"] if command == "sweep" and "--lever" not in extra else []
        worlds = ["retail", "retail"] if command == "compare" else ["retail"]
        return lambda desk: [command, *worlds, *before, *extra]
    text, file = draw(WORDS), draw(FILES)
    lines: dict[str, Callable[[Path], list[str]]] = {
        "file": lambda desk: ["run", str(desk / file)],
        "scenario": lambda desk: ["compare", text, "coffee"],
        "log": lambda desk: ["calibrate", str(desk / file), "-o", str(desk / "mine.toml")],
        "saved run": lambda desk: [
            "export",
            str(desk / "empty run" / text.replace("..", "")),
            str(desk / "out"),
        ],
        "command": lambda desk: [f"x{text}", "coffee"],
    }
    return lines[command]


@settings(max_examples=max(100, settings.default.max_examples))
@given(line=bad_lines())
def test_a_random_malformed_command_line_gets_one_clear_line(
    line: Callable[[Path], list[str]], desk: Path
) -> None:
    assert_one_clear_line(type_in(*line(desk)))
    assert not (desk / "mine.toml").exists()
    assert not (desk / "out").exists()
