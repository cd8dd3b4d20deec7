"""Questions and hints of the exercises of lesson 03."""

from sim.classroom import Assignment

quiz = Assignment("03_retention")
check, hint = quiz.check, quiz.hint

quiz.number(
    "repeat_rate",
    "share of customers",
    tolerance=0.002,
    hints=["How many purchases has each customer? `groupby` and `size` count them.", "Divide by customers."],
)
