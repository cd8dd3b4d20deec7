"""The report on a graded assignment: how each question went, and which mistakes were common."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined

from sim.classroom.grade import (
    CRASHED,
    GRADED,
    NOT_ATTEMPTED,
    NOT_SUBMITTED,
    OUTCOME,
    STATUSES,
    TAMPERED,
    TIMED_OUT,
)
from sim.classroom.guide import markdown_table

ANSWERED = (GRADED, TAMPERED, TIMED_OUT, CRASHED)
"""Statuses of submissions whose answers were judged and say something about the questions."""
_IDLE = (NOT_ATTEMPTED, NOT_SUBMITTED)
_WRONG = "wrong"
COMMON = 3
"""So many mistakes are named a question."""

_MARKDOWN = """\
# Grades

{{ number }} students, {{ judged }} of them with answers to judge{% if mean is not none %}; mean score \
{{ mean }} of {{ most }}{% endif %}.

{{ statuses }}

## Scores

{{ scores }}

## Questions

Of the students whose answers were judged.

{{ questions }}

## Common mistakes

{{ mistakes }}

## Nothing attempted

{{ idle }}
"""
_PAGE = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Grades</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #202124; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #dadce0 }
th { text-align: left } td { font-variant-numeric: tabular-nums }
</style>
<h1>Grades</h1>
<p>{{ number }} students, {{ judged }} of them with answers to judge{% if mean is not none %}; mean score \
{{ mean }} of {{ most }}{% endif %}.</p>
{{ statuses }}
<h2>Scores</h2>{{ scores }}
<h2>Questions</h2><p>Of the students whose answers were judged.</p>{{ questions }}
<h2>Common mistakes</h2>{{ mistakes }}
<h2>Nothing attempted</h2>{{ idle }}
</html>
"""


def read_grades(path: Path) -> pd.DataFrame:
    """A CSV as `crm-sim class grade` writes it; ValueError for anything else."""
    try:
        grades = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise ValueError(f"{str(path)!r} is not a CSV file in UTF-8") from None
    missing = [name for name in ("student", "status", "score", "max_score") if name not in grades]
    if missing or not len(grades):
        what = f"no column {missing[0]!r}" if missing else "no row"
        raise ValueError(f"{str(path)!r} has {what}; allowed: what `crm-sim class grade` writes")
    return grades


def as_markdown(grades: pd.DataFrame) -> str:
    """The report as Markdown."""
    tables = {name: markdown_table(one) if len(one) else "None." for name, one in _tables(grades).items()}
    return Environment(undefined=StrictUndefined).from_string(_MARKDOWN).render(**_figures(grades), **tables)


def as_html(grades: pd.DataFrame) -> str:
    """The report as one page that needs nothing else; texts of students are escaped."""
    tables = {
        name: one.to_html(index=False, border=0) if len(one) else "<p>None.</p>"
        for name, one in _tables(grades).items()
    }
    return Environment(undefined=StrictUndefined).from_string(_PAGE).render(**_figures(grades), **tables)


def questions(grades: pd.DataFrame) -> pd.DataFrame:
    """How each question went among the students whose answers were judged."""
    judged = grades[grades["status"].isin(ANSWERED)]
    return pd.DataFrame([_question(name, judged[name + OUTCOME]) for name in _names(grades)])


def mistakes(grades: pd.DataFrame) -> pd.DataFrame:
    """The most common wrong answers that the checks could name: question, mistake, students."""
    found = []
    for name in _names(grades):
        said = grades[name + OUTCOME].astype(str)
        named = said[said.str.startswith(f"{_WRONG}: ")].str.removeprefix(f"{_WRONG}: ")
        counts = named.value_counts().head(COMMON)
        found += [{"question": name, "mistake": text, "students": int(n)} for text, n in counts.items()]
    return pd.DataFrame(found, columns=["question", "mistake", "students"])


def _names(grades: pd.DataFrame) -> list[str]:
    return [str(name).removesuffix(OUTCOME) for name in grades if str(name).endswith(OUTCOME)]


def _question(name: str, outcomes: "pd.Series[str]") -> dict[str, object]:
    kinds = outcomes.astype(str).str.partition(":")[0].value_counts()
    right = int(kinds.get("right", 0))
    return {
        "question": name,
        "right": right,
        "wrong": int(kinds.get(_WRONG, 0)),
        "not attempted": len(outcomes) - right - int(kinds.get(_WRONG, 0)),
        "right share": f"{right / len(outcomes):.0%}" if len(outcomes) else "",
    }


def _tables(grades: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    counts = grades["status"].value_counts()
    order = [*STATUSES, *(one for one in counts.index if one not in STATUSES)]
    statuses = [(one, int(counts[one])) for one in reversed(order) if one in counts]
    scores = grades["score"].value_counts().sort_index(ascending=False)
    idle = grades[grades["status"].isin(_IDLE)]
    return {
        "statuses": pd.DataFrame(statuses, columns=["status", "students"]),
        "scores": pd.DataFrame({"score": scores.index, "students": scores.to_numpy()}),
        "questions": questions(grades),
        "mistakes": mistakes(grades),
        "idle": idle[["student", "status"]],
    }


def _figures(grades: pd.DataFrame) -> dict[str, object]:
    judged = grades[grades["status"].isin(ANSWERED)]
    return {
        "number": len(grades),
        "judged": len(judged),
        "mean": f"{judged['score'].mean():.2f}" if len(judged) else None,
        "most": f"{grades['max_score'].max():g}",
    }
