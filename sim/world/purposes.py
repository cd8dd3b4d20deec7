"""What a draw of luck decides. Numbers are for ever: add new ones at the end, never reuse or renumber."""

RATE = 1  # how often this customer would buy
DROPOUT = 2  # how easily this customer is lost (a probability, or a rate for pareto/nbd)
SPEND = 3  # how large this customer's baskets are
LENIENCY = 4  # how kindly this customer judges
LIFETIME = 5  # pareto/nbd: how long this customer stays
OPENING = 6  # when in the opening weeks the first purchase falls
ARRIVAL = 7  # the wait until a channel's next possible lead
REACH = 8  # whether the channel's spending reaches this possible lead
CONVERSION = 9  # whether the lead buys
ALIVE = 10  # whether a customer taken over from a log is still one
WAIT = 11  # the wait until the next purchase
LOSS = 12  # bg/nbd: whether the customer is lost after a purchase
BASKET = 13  # the amount of one purchase
VISIT = 14  # how well one purchase goes
JOIN = 15  # whether a customer joins the program at a purchase
REDEEM = 16  # whether a member takes the reward at a purchase
ASKED = 17  # whether a survey wave asks this customer
ANSWERS = 18  # whether the customer answers
NPS_NOISE = 19  # how far the 0-10 answer strays from the satisfaction behind it
CSAT_NOISE = 20  # the same for the 1-5 answer
