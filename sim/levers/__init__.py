"""Every lever of the simulated company, by section."""

from sim.levers.acquisition import Acquisition, Sales, WordOfMouth
from sim.levers.declare import FIRST_START, LAST_START, Section
from sim.levers.discounts import Discounts
from sim.levers.extension import Extension
from sim.levers.loyalty import Loyalty
from sim.levers.market import Clock, Finance, Market
from sim.levers.privileges import Privileges
from sim.levers.rebates import Rebates
from sim.levers.retention import Experience, Fulfilment, Product, Retention, Surveys
from sim.levers.service import Service

__all__ = [
    "FIRST_START",
    "LAST_START",
    "Acquisition",
    "Clock",
    "Discounts",
    "Experience",
    "Extension",
    "Finance",
    "Fulfilment",
    "Loyalty",
    "Market",
    "Privileges",
    "Product",
    "Rebates",
    "Retention",
    "Sales",
    "Section",
    "Service",
    "Surveys",
    "WordOfMouth",
]
