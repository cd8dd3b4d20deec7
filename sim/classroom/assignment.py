"""The questions of an assignment: what counts as right, hints, and a check that answers at once.

The checks of a lesson (`checks.py`, which students get) declare the questions; its answers (`answers.py`, which
only instructors have) add the right ones and the known mistakes:

    quiz = Assignment("03_retention")
    quiz.number("repeat_rate", "share of customers", tolerance=0.005, hints=["Count customers, not purchases."])

    @quiz.right("repeat_rate")
    def repeat_rate(company):
        return float((company.run.transactions.groupby("customer_id").size() > 1).mean())
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from IPython.display import HTML, display

from sim.classroom.sheet import RIGHT, Sheet, entry, verdict
from sim.classroom.world import World, mine, read_card

Answer = Callable[[World], float | str]
Judge = Callable[..., str | None]
"""Takes the company and the answers; returns None if they are right, else what is wrong in one sentence."""

COLOURS = {"right": "#e6f4ea", "wrong": "#fce8e6", "not attempted": "#fef7e0"}


class NotAttempted(AssertionError):
    """The answer is still the placeholder."""


@dataclass
class Question:
    """One question: how an answer is judged, and what helps."""

    name: str
    judge: Judge
    hints: Sequence[str]
    tolerance: float = 1.0
    right: Answer | None = None
    mistakes: dict[str, Answer] = field(default_factory=dict)


class Assignment:
    """The questions of one assignment, for the company of whoever works on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.questions: dict[str, Question] = {}

    @cached_property
    def company(self) -> World:
        """The company of the student whose card lies beside the notebook."""
        return mine(self.name)

    @cached_property
    def sheet(self) -> Sheet:
        """The answer sheet on the student's card."""
        return read_card()["sheets"][self.name]

    def number(self, name: str, unit: str, tolerance: float, hints: Sequence[str] = ()) -> None:
        """Ask for one number in `unit`; what lies within `tolerance` of the right one is right."""

        def judge(company: World, answer: object) -> str | None:
            return self._judge_number(name, unit, answer)

        self.questions[name] = Question(name, judge, hints, tolerance)

    def choice(self, name: str, allowed: Sequence[str], hints: Sequence[str] = ()) -> None:
        """Ask for one of a few words."""

        def judge(company: World, answer: object) -> str | None:
            if answer not in allowed:
                return f"got {answer!r}; allowed: {', '.join(map(repr, allowed))}"
            return self._by_sheet(name, answer, "this is not what happens in your company")

        self.questions[name] = Question(name, judge, hints)

    def judged(self, name: str, hints: Sequence[str] = ()) -> Callable[[Judge], Judge]:
        """Decorator: a function or a decision, judged by what it does in the student's company."""

        def register(judge: Judge) -> Judge:
            self.questions[name] = Question(name, judge, hints)
            return judge

        return register

    def right(self, name: str) -> Callable[[Answer], Answer]:
        """Decorator, for instructors: the right answer in a company."""

        def register(answer: Answer) -> Answer:
            self.questions[name].right = answer
            return answer

        return register

    def mistake(self, name: str, sentence: str) -> Callable[[Answer], Answer]:
        """Decorator, for instructors: a wrong answer that tempts, and what to say of it."""

        def register(answer: Answer) -> Answer:
            self.questions[name].mistakes[sentence] = answer
            return answer

        return register

    def answers(self, company: World) -> Sheet:
        """The sheet of a company; the right answers are written last, so that no mistake hides one."""
        sheet = {}
        for question in self.questions.values():
            if question.right is None:
                continue
            known = {**question.mistakes, RIGHT: question.right}
            for sentence, answer in known.items():
                sheet[entry(company.token, question.name, answer(company), question.tolerance)] = sentence
        return sheet

    def check(self, name: str, *answers: object) -> None:
        """Show at once whether the answers are right; AssertionError if not, NotAttempted if there is none."""
        question = self.questions[name]
        if any(answer is ... or answer is None for answer in answers):
            _show(name, "not attempted", "replace the ... and run this cell again")
            raise NotAttempted(f"{name}: not attempted yet")
        wrong = _judged(question, self.company, answers)
        if wrong is None:
            _show(name, "right", "right")
            return
        _show(name, "wrong", wrong)
        raise AssertionError(f"{name}: {wrong}" + (f" (try hint({name!r}))" if question.hints else ""))

    def hint(self, name: str, number: int = 1) -> None:
        """Show a hint; `hint(name, 2)` shows the second."""
        hints = self.questions[name].hints
        text = hints[number - 1] if 0 < number <= len(hints) else "there are no more hints"
        display(HTML(f"<div class='crm-hint'><b>Hint {number} of {len(hints)}</b>: {escape(text)}</div>"))

    def _judge_number(self, name: str, unit: str, answer: object) -> str | None:
        if not hasattr(answer, "__float__") or not math.isfinite(number := float(answer)):
            return f"one number is asked for ({unit}); got {type(answer).__name__}"
        return self._by_sheet(name, number, f"not yet; asked for: {unit}")

    def _by_sheet(self, name: str, answer: float | str, otherwise: str) -> str | None:
        found = verdict(self.sheet, self.company.token, name, answer, self.questions[name].tolerance)
        return None if found == RIGHT else found or otherwise


def _judged(question: Question, company: World, answers: tuple[object, ...]) -> str | None:
    try:
        return question.judge(company, *answers)
    except Exception as error:  # of the student's own code: it becomes feedback
        return f"your code raised {type(error).__name__}: {error}"


def _show(name: str, outcome: str, text: str) -> None:
    style = f"padding:.4em .8em;background:{COLOURS[outcome]};color:#202124"
    display(HTML(f"<div class='crm-check' data-outcome='{outcome}' style='{style}'>{name}: {escape(text)}</div>"))
