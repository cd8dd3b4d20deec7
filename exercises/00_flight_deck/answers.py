"""Right answers and known mistakes of the exercises of lesson 00: for instructors."""

from checks import quiz

# ---- profit ------------------------------------------------------


@quiz.right("profit")
def profit(company):
    return company.run.months["profit"].sum()


@quiz.mistake("profit", "this is revenue: costs are not yet taken off")
def revenue(company):
    return company.run.months["revenue"].sum()


@quiz.mistake("profit", "this is the margin: rewards, marketing and service are not yet taken off")
def margin(company):
    return company.run.months["margin"].sum()


@quiz.mistake("profit", "this is the mean of a month; asked for are all months together")
def profit_a_month(company):
    return company.run.months["profit"].mean()


@quiz.right("profit_share")
def profit_share(company):
    return 100 * profit(company) / revenue(company)


@quiz.mistake(
    "profit_share", "this is the margin's share: rewards, marketing and service are not yet taken off"
)
def margin_share(company):
    return 100 * margin(company) / revenue(company)


# ---- surveys -----------------------------------------------------


def scores(company, kind):
    surveys = company.run.surveys
    return surveys.loc[surveys["kind"] == kind, "score"]


@quiz.right("nps")
def nps(company):
    score = scores(company, "nps")
    return 100 * ((score >= 9).mean() - (score <= 6).mean())


@quiz.mistake("nps", "the passives are missing: who answers 7 or 8 counts among all answers")
def without_passives(company):
    score = scores(company, "nps")
    promoters, detractors = (score >= 9).sum(), (score <= 6).sum()
    return 100 * (promoters - detractors) / (promoters + detractors)


@quiz.mistake("nps", "these are the promoters alone; the detractors are not yet taken off")
def promoters(company):
    return 100 * (scores(company, "nps") >= 9).mean()


@quiz.mistake("nps", "this is the mean answer, not the NPS")
def mean_answer(company):
    return scores(company, "nps").mean()


@quiz.right("csat")
def csat(company):
    return 100 * (scores(company, "csat") >= 4).mean()


@quiz.mistake("csat", "this is the mean score; CSAT is the share of those who are satisfied")
def mean_score(company):
    return scores(company, "csat").mean()


@quiz.mistake("csat", "only the fives are counted; satisfied is 4 or 5")
def fives(company):
    return 100 * (scores(company, "csat") == 5).mean()


# ---- churn -------------------------------------------------------


@quiz.right("churn")
def churn(company):
    return company.run.months["churn_rate"].mean()


@quiz.mistake("churn", "this is retention: the share of those who stay")
def retention(company):
    return company.run.months["retention_rate"].mean()


@quiz.mistake("churn", "this is the share lost in all months together, of all who ever came")
def ever_lost(company):
    return company.run.truth["churned_at"].notna().mean()


@quiz.right("lost_in_a_year")
def lost_in_a_year(company):
    return 1 - (1 - churn(company)) ** 12


@quiz.mistake(
    "lost_in_a_year", "twelve times the monthly rate counts people who are already lost a second time"
)
def twelve_times(company):
    return 12 * churn(company)


@quiz.mistake("lost_in_a_year", "this is the share that stays")
def stayed(company):
    return (1 - churn(company)) ** 12


# ---- twins -------------------------------------------------------


def doubled(company):
    present = company.scenario.loyalty.points_per_unit
    return company.simulate({"loyalty.points_per_unit": 2 * present})


@quiz.right("effect")
def effect(company):
    return doubled(company).kpis()["clv"] - company.run.kpis()["clv"]


@quiz.mistake("effect", "the sign is the other way round: with twice the points less without")
def other_way_round(company):
    return -effect(company)


@quiz.mistake("effect", "this is in per cent of CLV; asked for is EUR")
def in_per_cent(company):
    return 100 * effect(company) / company.run.kpis()["clv"]


@quiz.right("standard_error")
def standard_error(company):
    return (doubled(company).clv - company.run.clv).sem()


@quiz.mistake(
    "standard_error", "this is for two separate samples; yours are twins: subtract customer by customer first"
)
def unpaired(company):
    return (doubled(company).clv.sem() ** 2 + company.run.clv.sem() ** 2) ** 0.5


@quiz.mistake("standard_error", "this is the standard deviation of one customer, not the error of the mean")
def deviation(company):
    return (doubled(company).clv - company.run.clv).std()


# ---- self-selection ----------------------------------------------


def members(company):
    customers = company.run.customers
    return customers.loc[customers["member_since"].notna(), "customer_id"]


def gained(company):
    return company.run.clv - company.simulate({"loyalty.points_per_unit": 0}).clv


@quiz.right("seeming")
def seeming(company):
    clv = company.run.clv
    is_member = clv.index.isin(members(company))
    return clv[is_member].mean() - clv[~is_member].mean()


@quiz.mistake("seeming", "compare with those who are not members, not with all customers")
def against_all(company):
    clv = company.run.clv
    return clv[clv.index.isin(members(company))].mean() - clv.mean()


@quiz.right("true_effect")
def true_effect(company):
    gain = gained(company)
    return gain[gain.index.isin(members(company))].mean()


@quiz.mistake("true_effect", "this is the mean over all customers; asked for are the members")
def over_everybody(company):
    return gained(company).mean()
