"""Where first purchases come from: channels, the follow-up of leads, word of mouth."""

from sim.levers.declare import Section, lever


class Acquisition(Section):
    """Where first purchases come from."""

    opening_customers: int = lever(
        2000, "Opening customers", "customers", (0, 5_000_000),
        "Customers who make their first purchase in the opening weeks.", step=100,
    )  # fmt: skip
    opening_weeks: float = lever(
        12.0, "Opening weeks", "weeks", (0, 520),
        "The opening customers' first purchases are spread evenly over these weeks.",
        source="CDNOW: first purchases in the first 12 weeks of 1997", step=1,
    )  # fmt: skip
    organic_leads_per_month: float = lever(
        0.0, "Organic leads", "leads per month", (0, 1e6),
        "People who find the company by themselves.", step=5,
    )  # fmt: skip
    organic_conversion: float = lever(
        0.3, "Organic conversion", "share of leads", (0, 1),
        "Share of organic leads that make a first purchase.",
        cell="acquisition / value creation", step=0.01,
    )  # fmt: skip
    paid_spend_per_month: float = lever(
        0.0, "Paid marketing", "currency per month", (0, 1e8),
        "Marketing spend on the paid channel.",
        cell="acquisition / marketing orientation", step=100,
    )  # fmt: skip
    paid_leads_ceiling: float = lever(
        200.0, "Paid leads at most", "leads per month", (0, 1e6),
        "Leads per month that unlimited spending would bring.", step=10,
    )  # fmt: skip
    paid_saturation_spend: float = lever(
        2000.0, "Saturation spend", "currency per month", (1, 1e8),
        "Spending this much brings 63 % of the ceiling; every further unit brings less.", step=100,
    )  # fmt: skip
    paid_conversion: float = lever(
        0.15, "Paid conversion", "share of leads", (0, 1),
        "Share of paid leads that make a first purchase.",
        cell="acquisition / innovative IT", step=0.01,
    )  # fmt: skip
    trial_spend_per_month: float = lever(
        0.0, "Free trials", "currency per month", (0, 1e8),
        "Marketing spend on the channel that gives the first purchase away.",
        cell="acquisition / marketing orientation", step=100,
    )  # fmt: skip
    trial_leads_ceiling: float = lever(
        200.0, "Trial leads at most", "leads per month", (0, 1e6),
        "Leads per month that unlimited spending on free trials would bring.", step=10,
    )  # fmt: skip
    trial_saturation_spend: float = lever(
        2000.0, "Trial saturation", "currency per month", (1, 1e8),
        "Spending this much on free trials brings 63 % of their ceiling.", step=100,
    )  # fmt: skip
    trial_conversion: float = lever(
        0.4, "Trial conversion", "share of leads", (0, 1),
        "Share of trial leads that take the free first purchase.", step=0.01,
    )  # fmt: skip
    trial_to_loss: float = lever(
        1.3, "Trial customers leave", "log-odds", (0, 5),
        "How much higher the log-odds of loss of customers from free trials are.",
        source="CLV 59 % lower: Datta, Foubert & van Heerde 2015; the value is tuned to it in retail",
        strength=True, step=0.05,
    )  # fmt: skip
    deal_spend_per_month: float = lever(
        0.0, "Deep discounts", "currency per month", (0, 1e8),
        "Marketing spend on the channel that sells the first purchase at a deep discount.",
        cell="acquisition / marketing orientation", step=100,
    )  # fmt: skip
    deal_leads_ceiling: float = lever(
        200.0, "Deal leads at most", "leads per month", (0, 1e6),
        "Leads per month that unlimited spending on deep discounts would bring.", step=10,
    )  # fmt: skip
    deal_saturation_spend: float = lever(
        2000.0, "Deal saturation", "currency per month", (1, 1e8),
        "Spending this much on deep discounts brings 63 % of their ceiling.", step=100,
    )  # fmt: skip
    deal_conversion: float = lever(
        0.3, "Deal conversion", "share of leads", (0, 1),
        "Share of deal leads that make the discounted first purchase.", step=0.01,
    )  # fmt: skip
    deal_discount: float = lever(
        0.4, "Depth of the deal", "share of the price", (0, 1),
        "How much of the price of the first purchase a deal takes off.",
        cell="acquisition / marketing orientation", step=0.05,
    )  # fmt: skip
    deal_to_loss: float = lever(
        0.4, "Deal customers leave", "log-odds", (0, 5),
        "How much higher the log-odds of loss of customers from deep discounts are.",
        strength=True, step=0.05,
    )  # fmt: skip
    deal_to_basket: float = lever(
        0.1, "Deal customers spend less", "log basket", (0, 3),
        "How much lower the log mean basket of customers from deep discounts is.", strength=True, step=0.05,
    )  # fmt: skip


class Sales(Section):
    """Following up leads: who contacts them, how soon, and in which order."""

    representatives: int = lever(
        0, "Sales representatives", "people", (0, 500),
        "People who contact leads one by one. At 0 nobody does: leads decide at once and by themselves.",
        cell="acquisition / value creation", strength=True, step=1,
    )  # fmt: skip
    hours_per_lead: float = lever(
        1.0, "Work per lead", "hours", (0.01, 100),
        "Mean hours a representative is busy with one lead; exponential.", step=0.25,
    )  # fmt: skip
    automated_share: float = lever(
        0.0, "Automated follow-up", "share of leads", (0, 1),
        "Share of leads contacted at once by a machine instead of a representative.",
        cell="acquisition / innovative IT", step=0.05,
    )  # fmt: skip
    automated_to_conversion: float = lever(
        0.3, "Machines persuade less", "log-odds", (0, 5),
        "How much lower the log-odds of conversion are when a machine makes the contact.",
        strength=True, step=0.05,
    )  # fmt: skip
    delay_to_conversion: float = lever(
        0.4, "Waiting cools leads", "log-odds per log hour", (0, 3),
        "Log-odds of conversion lost per unit of log(1 + hours until the first contact).",
        strength=True, step=0.05,
    )  # fmt: skip
    fit_to_conversion: float = lever(
        0.7, "Fit and intent decide", "log-odds per standard deviation", (0, 3),
        "How much a lead's fit and intent together move the log-odds of conversion.",
        strength=True, step=0.1,
    )  # fmt: skip
    score_accuracy: float = lever(
        0.6, "Accuracy of the score", "correlation", (0, 1),
        "Correlation of the lead score with the propensity it estimates; the best are contacted first.",
        cell="acquisition / innovative IT", step=0.05,
    )  # fmt: skip
    wage_per_hour: float = lever(
        30.0, "Wage in sales", "currency per hour", (0, 1000),
        "What an hour of a representative costs, busy or idle, for 160 hours a month.", step=1,
    )  # fmt: skip


class WordOfMouth(Section):
    """What customers tell others: promoters bring leads, detractors cost conversions."""

    referrals_per_promoter: float = lever(
        0.0, "Referrals", "leads per promoter per month", (0, 1),
        "Chance that a customer who is a promoter at heart sends somebody in a month.",
        strength=True, cell="acquisition / value creation", step=0.01,
    )  # fmt: skip
    referral_conversion: float = lever(
        0.4, "Referral conversion", "share of leads", (0, 1),
        "Share of referred leads that make a first purchase.", step=0.01,
    )  # fmt: skip
    referral_to_loss: float = lever(
        0.3, "Referred customers stay", "log-odds", (0, 5),
        "How much lower the log-odds of loss of referred customers are.",
        source="value at least 16 % higher, the retention gap stays: Schmitt et al. 2011; tuned to it",
        strength=True, step=0.05,
    )  # fmt: skip
    referral_to_basket: float = lever(
        0.12, "Referred customers spend", "log basket", (0, 2),
        "How much higher the log basket of a referred customer is at first.",
        source="a margin premium that fades: Schmitt et al. 2011; Van den Bulte et al. 2018",
        strength=True, step=0.02,
    )  # fmt: skip
    referral_fade_months: float = lever(
        12.0, "Fading of the premium", "months", (0.1, 240),
        "Half-life of the higher baskets of referred customers.",
        source="the premium fades within some three years: Schmitt et al. 2011", step=1,
    )  # fmt: skip
    detractor_drag: float = lever(
        1.0, "Detractors scare off", "log-odds", (0, 10),
        "Log-odds of conversion lost if all customers were detractors at heart.", strength=True, step=0.1,
    )  # fmt: skip
