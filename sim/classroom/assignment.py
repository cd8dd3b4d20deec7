"""The questions of an assignment: what counts as right, hints, and a check that answers at once.

The checks of a lesson (`checks.py`, which students get) declare the questions; its answers (`answers.py`,
which only instructors have) add the right ones and the known mistakes:

    quiz = Assignment("03_retention")
    quiz.number("repeat_rate", "share of customers", tolerance=0.005, hints=["Count customers."])

    @quiz.right("repeat_rate")
    def repeat_rate(company):
        return float((company.run.transactions.groupby("customer_id").size() > 1).mean())
"""

import difflib
import inspect
import math
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from sim.classroom.box import Box
from sim.classroom.card import CardError, on_card, read_card
from sim.classroom.reading import NotANumber, as_number, is_placeholder
from sim.classroom.sheet import ASKED, RIGHT, Sheet, asked, entry, verdict, word
from sim.classroom.world import World, mine

Answer = Callable[[World], float | str]
Judge = Callable[..., str | None]
"""Takes the company and the answers; returns None if they are right, else what is wrong in one sentence."""

AnyAnswer = TypeVar("AnyAnswer", bound=Callable[..., object])

SLIPS = {0.01: "100 times too large", 100.0: "100 times too small", -1.0: "of the wrong sign"}
"""What a factor that would make an answer right says of it."""
SURE = 10
"""A slip is named only if the answer it leads to is this many tolerances from 0: that is no coincidence."""


class Outcome(AssertionError):
    """A check that was not passed; a notebook shows its sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class NotAttempted(Outcome):
    """The answer is still the placeholder."""


class WrongAnswer(Outcome):
    """The answer is not right.

    question    its name
    sentence    what is wrong
    is_named    whether the sentence names the mistake; else it says no more than what was asked for
    has_hints   whether there are hints to try
    """

    def __init__(self, question: str, sentence: str, is_named: bool, has_hints: bool) -> None:
        super().__init__(question, sentence, is_named, has_hints)
        self.question, self.sentence = question, sentence
        self.is_named, self.has_hints = is_named, has_hints

    def __str__(self) -> str:
        pointer = f" (try hint({self.question!r}))" if self.has_hints else ""
        return f"{self.question}: {self.sentence}{pointer}"


@dataclass
class Question:
    """One question: how an answer is judged, and what helps. `unit` is "" where no number is asked for."""

    name: str
    judge: Judge
    hints: Sequence[str]
    unit: str = ""
    tolerance: float = 1.0
    allowed: Sequence[str] = ()
    right: Answer | None = None
    mistakes: dict[str, Answer] = field(default_factory=dict)

    @property
    def on_sheet(self) -> bool:
        """Whether it is judged by the answer sheet, not by a function."""
        return bool(self.unit or self.allowed)

    @property
    def plain_no(self) -> str:
        """What is said of an answer of which no more is known than that it is wrong."""
        return f"asked for: {self.unit}" if self.unit else "this is not what happens in your company"


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
        found: Sheet = on_card(read_card().sheets, self.name)
        return found

    def number(self, name: str, unit: str, tolerance: float, hints: Sequence[str] = ()) -> None:
        """Ask for one number in `unit`; what lies within `tolerance` of the right one is right."""
        if not (unit and tolerance > 0 and math.isfinite(tolerance)):
            raise ValueError(f"{name}: unit is {unit!r}, tolerance {tolerance}; allowed: a text, more than 0")

        def judge(company: World, answer: object) -> str | None:
            return self._judge_number(self.questions[name], answer)

        self._ask(Question(name, judge, hints, unit, tolerance))

    def choice(self, name: str, allowed: Sequence[str], hints: Sequence[str] = ()) -> None:
        """Ask for one of a few words."""
        if isinstance(allowed, str) or len({word(one) for one in allowed}) < 2:
            raise ValueError(f"{name}: allowed is {allowed!r}; allowed: at least two words that differ")

        def judge(company: World, answer: object) -> str | None:
            return self._judge_choice(self.questions[name], answer)

        self._ask(Question(name, judge, hints, allowed=allowed))

    def judged(self, name: str, hints: Sequence[str] = ()) -> Callable[[Judge], Judge]:
        """Decorator: a function or a decision, judged by what it does in the student's company."""

        def register(judge: Judge) -> Judge:
            self._ask(Question(name, judge, hints))
            return judge

        return register

    def right(self, name: str) -> Callable[[AnyAnswer], AnyAnswer]:
        """Decorator, for instructors: the right answer in a company."""

        def register(answer: AnyAnswer) -> AnyAnswer:
            self._question(name).right = answer  # type: ignore[assignment]
            return answer

        return register

    def mistake(self, name: str, sentence: str) -> Callable[[AnyAnswer], AnyAnswer]:
        """Decorator, for instructors: a wrong answer that tempts, and what to say of it."""
        if sentence in (RIGHT, ASKED, ""):
            raise ValueError(f"{name}: the sentence about a mistake is {sentence!r}; allowed: a sentence")

        def register(answer: AnyAnswer) -> AnyAnswer:
            self._question(name).mistakes[sentence] = answer  # type: ignore[assignment]
            return answer

        return register

    def answers(self, company: World) -> Sheet:
        """The sheet of a company, in the order of the hashes, which tells nothing.

        Answers that simulate ask for the same again and again: hand over a `Remembering`. ValueError for a
        question of number or choice without a right answer, or with one that cannot be.
        """
        sheet: Sheet = {}
        for question in self.questions.values():
            if question.on_sheet:
                sheet |= self._entries(question, company)
        return dict(sorted(sheet.items()))

    def check(self, name: str, *answers: object) -> None:
        """Show at once whether the answers are right; AssertionError if not, NotAttempted if there is none.

        ValueError for a question that does not exist or a wrong number of answers.
        """
        question = self._question(name)
        _require_fitting(question, answers)
        if any(map(is_placeholder, answers)):
            Box("not attempted", name, "write your answer in place of the ... and run this cell again").show()
            raise NotAttempted(f"{name}: not attempted yet")
        wrong = _judged(question, self.company, answers)
        if wrong is None:
            Box("right", name, "").show()
            return
        Box("wrong", name, wrong).show()
        raise WrongAnswer(name, wrong, wrong != question.plain_no, bool(question.hints)) from None

    def hint(self, name: str, number: int = 1) -> None:
        """Show a hint; `hint(name, 2)` shows the second."""
        hints = self._question(name).hints
        if isinstance(number, int) and 0 < number <= len(hints):
            Box("hint", f"{number} of {len(hints)} for {name}", hints[number - 1]).show()
            return
        known = f"there are {len(hints)}: ask for hint({name!r}, 1) first" if hints else "there are no hints"
        Box("hint", f"{name} has no hint {number!r}", known).show()

    def _ask(self, question: Question) -> None:
        if question.name in self.questions:
            raise ValueError(f"question {question.name!r} is there already; allowed: each name once")
        if isinstance(question.hints, str):
            raise ValueError(f"{question.name}: hints is a text; allowed: a list of texts")
        self.questions[question.name] = question

    def _question(self, name: str) -> Question:
        if name in self.questions:
            return self.questions[name]
        close = difflib.get_close_matches(str(name), self.questions, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(self.questions)}"
        raise ValueError(f"{self.name} has no question {name!r}; {hint}")

    def _entries(self, question: Question, company: World) -> Sheet:
        """What the sheet says of a question; the right answer comes last, so that no mistake hides it."""
        if question.right is None:
            raise ValueError(f"{self.name}: question {question.name!r} has no right answer")
        name, tolerance = question.name, question.tolerance
        right = question.right(company)
        wrong = {sentence: answer(company) for sentence, answer in question.mistakes.items()}
        _require_answer(self.name, question, right)
        known = {one: answer for one, answer in wrong.items() if _can_be_given(answer)} | {RIGHT: right}
        sheet = {entry(company.token, name, answer, tolerance): one for one, answer in known.items()}
        return sheet | {asked(company.token, name, tolerance): ASKED}

    def _judge_number(self, question: Question, answer: object) -> str | None:
        try:
            number = as_number(answer)
        except NotANumber as error:
            return f"one number is asked for ({question.unit}); {error}"
        found = self._verdict(question, number)
        if found is not None:
            return None if found == RIGHT else found
        slips = (text for factor, text in SLIPS.items() if self._is_slip(question, number * factor))
        slip = next(slips, None)
        return f"this is {slip}; {question.plain_no}" if slip else question.plain_no

    def _judge_choice(self, question: Question, answer: object) -> str | None:
        if not isinstance(answer, str) or word(answer) not in map(word, question.allowed):
            got = repr(answer) if isinstance(answer, str) else type(answer).__name__
            return f"got {got}; allowed: {', '.join(map(repr, question.allowed))}"
        found = self._verdict(question, answer)
        return None if found == RIGHT else found or question.plain_no

    def _is_slip(self, question: Question, mended: float) -> bool:
        return abs(mended) >= SURE * question.tolerance and self._verdict(question, mended) == RIGHT

    def _verdict(self, question: Question, answer: float | str) -> str | None:
        token = self.company.token
        if asked(token, question.name, question.tolerance) not in self.sheet:
            raise CardError(f"student.json is older than the question {question.name!r}; ask for a new one")
        return verdict(self.sheet, token, question.name, answer, question.tolerance)


def _require_fitting(question: Question, answers: tuple[object, ...]) -> None:
    """ValueError if the question takes another number of answers."""
    try:
        inspect.signature(question.judge).bind(None, *answers)
    except TypeError:
        takes = len(inspect.signature(question.judge).parameters) - 1
        raise ValueError(f"check({question.name!r}, ...) takes {takes} answers; got {len(answers)}") from None


def _require_answer(assignment: str, question: Question, right: object) -> None:
    fits = word(right) in map(word, question.allowed) if isinstance(right, str) else not question.allowed
    if not (fits and _can_be_given(right)):
        allowed = question.allowed or "a finite number"
        raise ValueError(f"{assignment}: right answer of {question.name!r} is {right!r}; allowed: {allowed}")


def _can_be_given(answer: object) -> bool:
    """False for what some companies have no value of, as a mean of nothing."""
    return isinstance(answer, str) or math.isfinite(answer)  # type: ignore[arg-type]


def _judged(question: Question, company: World, answers: tuple[object, ...]) -> str | None:
    try:
        wrong = question.judge(company, *answers)
    except CardError:
        raise
    except (Exception, SystemExit) as error:  # of the student's own code: it becomes feedback
        return f"your code raised {type(error).__name__}: {error}{_place_in_notebook(error)}"
    if not (wrong is None or (isinstance(wrong, str) and wrong)):
        raise TypeError(f"the judge of {question.name!r} returned {wrong!r}; allowed: None or a sentence")
    return wrong


def _place_in_notebook(error: BaseException) -> str:
    """The student's own line that raised: cells are no files, all other code is."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if one.line and not Path(one.filename).is_file()]
    return f" (in your line: {own[-1].line})" if own else ""
