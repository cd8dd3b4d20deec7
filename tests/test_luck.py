"""Keyed luck: words against the definition of SplitMix64, pinned for ever; neighbouring keys unrelated.

Luck has no randomness of its own, so a statistical check here passes always or never. The threshold for each
of the p-values is ALPHA and their number is bounded below, so that a perfect generator would have failed with
a probability below FALSE_ALARM.
"""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import luck
from sim.luck import Luck
from sim.world import purposes

ALPHA = 1e-5
FALSE_ALARM = 0.01

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
SEEDS = (0, 1, 2, 7, MASK)
CHANNELS = (0, 10**9, 2 * 10**9)  # where the world's customer keys begin
USED = tuple(range(1, 21))  # purposes
N = 2**16

WORDS = st.integers(0, MASK)
PURPOSES = st.integers(0, 2**20)


# SplitMix64 in plain Python, from its definition (Steele, Lea & Flood 2014), and its inverse.


def mix(word: int) -> int:
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def unshift(word: int, by: int) -> int:
    """The x for which x ^ (x >> by) is `word`."""
    x = word
    while by < 64:
        x ^= x >> by
        by *= 2
    return x


def unmix(word: int) -> int:
    word = unshift(word, 31) * pow(0x94D049BB133111EB, -1, 2**64) & MASK
    word = unshift(word, 27) * pow(0xBF58476D1CE4E5B9, -1, 2**64) & MASK
    return unshift(word, 30)


def splitmix64(state: int) -> Iterator[int]:
    while True:
        state = (state + GOLDEN) & MASK
        yield mix(state)


def plain_word(seed: int, purpose: int, customer: int, count: int) -> int:
    """The definition of a word, one step a line."""
    world = mix(seed)
    purpose_in_world = mix((world + (purpose + 1) * GOLDEN) & MASK)
    start = mix((purpose_in_world + customer * GOLDEN) & MASK)
    return mix((start + count * GOLDEN) & MASK)


def customer_starting_at(start: int, seed: int, purpose: int) -> np.uint64:
    """The customer whose sequence starts at a given state: everything in the definition can be undone."""
    purpose_in_world = mix((mix(seed) + (purpose + 1) * GOLDEN) & MASK)
    return np.uint64((unmix(start) - purpose_in_world) * pow(GOLDEN, -1, 2**64) & MASK)


PUBLISHED = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)  # SplitMix64 from state 1234567


def test_plain_splitmix64_gives_the_published_outputs() -> None:
    outputs = splitmix64(1234567)
    assert tuple(next(outputs) for _ in PUBLISHED) == PUBLISHED


@given(WORDS)
def test_the_inverse_undoes_the_mix(word: int) -> None:
    assert unmix(mix(word)) == word


@pytest.mark.parametrize("seed", SEEDS)
def test_words_are_the_published_splitmix64_sequence_for_the_customer_that_starts_it(seed: int) -> None:
    customer = customer_starting_at((1234567 + GOLDEN) & MASK, seed, purpose=11)
    found = Luck(seed).words(11, customer, np.arange(len(PUBLISHED)))
    assert tuple(map(int, found)) == PUBLISHED


@given(WORDS, PURPOSES, WORDS, WORDS)
def test_words_follow_their_definition(seed: int, purpose: int, customer: int, count: int) -> None:
    found = Luck(seed).words(purpose, np.uint64(customer), np.uint64(count))
    assert found.dtype == np.uint64
    assert found.tolist() == [plain_word(seed, purpose, customer, count)]


# seed, purpose, customer, count, word: never to be changed, or every saved result changes.
PINS = (
    (0, 1, 1, 0, 0xD4D21EC7102F2EEB),
    (0, 11, 1, 1, 0xE99AF60343753AA8),
    (1, 11, 1, 1, 0x4AF32ED3306DAE94),
    (7, 13, 2357, 26, 0x29783620CA344909),
    (7, 9, 10**9 + 1, 0, 0x4328E817911DDDF),
    (2**64 - 1, 22, 2 * 10**9 + 54321, 23, 0x3B09628AD9ECBDE7),
)


@pytest.mark.parametrize(("seed", "purpose", "customer", "count", "word"), PINS)
def test_words_and_uniforms_are_pinned_for_ever(
    seed: int, purpose: int, customer: int, count: int, word: int
) -> None:
    assert Luck(seed).words(purpose, customer, count).tolist() == [word]
    assert Luck(seed).uniform(purpose, customer, count).tolist() == [((word >> 12) + 0.5) / 2**52]


NAMES = [
    *(
        "RATE",
        "DROPOUT",
        "SPEND",
        "LENIENCY",
        "LIFETIME",
        "OPENING",
        "ARRIVAL",
        "REACH",
        "CONVERSION",
        "ALIVE",
    ),
    *("WAIT", "LOSS", "BASKET", "VISIT", "JOIN", "REDEEM", "ASKED", "ANSWERS", "NPS_NOISE", "CSAT_NOISE"),
]


def test_purposes_keep_their_numbers_and_share_none() -> None:
    numbers = {name: value for name, value in vars(purposes).items() if name.isupper()}
    assert [numbers[name] for name in NAMES] == list(USED)
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.parametrize(("word", "expected"), [(0, 2.0**-53), (MASK, 1 - 2.0**-53)])
def test_uniforms_stay_inside_the_open_interval_at_the_extreme_words(word: int, expected: float) -> None:
    customer = customer_starting_at(unmix(word), seed=5, purpose=3)
    assert Luck(5).words(3, customer).tolist() == [word]
    found = Luck(5).uniform(3, customer)
    assert 0 < expected < 1
    assert found.tolist() == [expected]


# Keys in, shapes out.


def test_one_purpose_gives_one_value_a_customer_and_several_a_row_each() -> None:
    world, customers = Luck(3), np.arange(1, 6)
    assert world.uniform(4, 17).shape == (1,)
    assert world.uniform(4, customers).shape == (5,)
    assert world.uniform(4, customers, 9).shape == (5,)
    assert world.uniform(4, customers, np.arange(5)).shape == (5,)
    assert world.uniform(4, 17, np.arange(8)).shape == (8,)
    assert world.uniform((4, 5, 6), customers).shape == (3, 5)
    assert world.uniform((4, 5, 6), customers, np.arange(5)).shape == (3, 5)
    assert world.uniform((4,), customers).shape == (1, 5)
    assert world.uniform(4, np.empty(0, np.int64)).shape == (0,)
    assert world.uniform((4, 5), np.empty(0, np.int64)).shape == (2, 0)


KEYS = st.lists(st.tuples(st.integers(0, 3 * 10**9), st.integers(0, 10**6)), min_size=1, max_size=20)


@given(WORDS, KEYS, st.lists(PURPOSES, min_size=1, max_size=4))
def test_a_draw_depends_on_its_own_key_only(
    seed: int, keys: list[tuple[int, int]], several: list[int]
) -> None:
    customers, counts = (np.array(part, np.int64) for part in zip(*keys, strict=True))
    together = Luck(seed).uniform(tuple(several), customers, counts)
    alone = [[Luck(seed).uniform(purpose, *key)[0] for key in keys] for purpose in several]
    assert together.tolist() == alone
    assert Luck(seed).uniform(tuple(several), customers, counts).tolist() == alone


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64, np.intp])
def test_the_integer_type_of_a_key_makes_no_difference(kind: type) -> None:
    customers, counts = np.arange(1, 100), np.arange(99)
    expected = Luck(1).words((1, 2), customers, counts)
    assert np.array_equal(Luck(1).words((1, 2), customers.astype(kind), counts.astype(kind)), expected)
    assert np.array_equal(Luck(kind(1)).words((1, 2), customers, counts), expected)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, np.float64(1), True, False, np.True_, "1", None, 1j, [1]])
def test_a_seed_that_is_no_whole_number_in_range_is_refused_in_one_sentence(seed: object) -> None:
    with pytest.raises(ValueError) as caught:
        Luck(seed)  # type: ignore[arg-type]
    assert str(caught.value) == f"seed is {seed!r}; allowed: a whole number from 0 to 2**64 - 1"


@pytest.mark.parametrize("seed", [0, MASK, np.int8(0), np.int64(2**62), np.uint64(MASK)])
def test_a_seed_may_be_any_kind_of_whole_number(seed: int) -> None:
    world = Luck(seed)
    assert type(world.seed) is int
    assert world.seed == int(seed)


# Uniformity and independence of neighbouring keys.


def along_customers(seed: int, channel: int, purpose: int, count: int) -> luck.Words:
    return Luck(seed).words(purpose, channel + 1 + np.arange(N), count)


def along_counts(seed: int, channel: int, customer: int) -> luck.Words:
    return Luck(seed).words(purposes.WAIT, channel + customer, np.arange(N))


def along_purposes(seed: int, channel: int) -> luck.Words:
    return Luck(seed).words(USED, channel + 1 + np.arange(N // len(USED))).T.ravel()


def along_seeds(first: int, channel: int, count: int) -> luck.Words:
    worlds, customers = map(Luck, range(first, first + N // 32)), channel + 1 + np.arange(32)
    return np.array([one.words(purposes.WAIT, customers, count) for one in worlds]).T.ravel()


def streams() -> Iterator[tuple[str, luck.Words]]:
    """Words in the order of a neighbourhood, for the keys that the world uses."""
    for channel in CHANNELS:
        for seed in SEEDS:
            at = f"seed {seed}, channel at {channel}"
            yield f"customers, wait, {at}", along_customers(seed, channel, purposes.WAIT, 0)
            yield f"customers, loss, {at}", along_customers(seed, channel, purposes.LOSS, 37)
            yield f"counts, {at}", along_counts(seed, channel, 1)
            yield f"purposes, {at}", along_purposes(seed, channel)
        yield f"seeds from 0, channel at {channel}", along_seeds(0, channel, 0)
        yield f"seeds up to 2**64 - 1, channel at {channel}", along_seeds(MASK - N // 32 + 1, channel, 3)


def to_uniform(words: luck.Words) -> luck.Floats:
    return ((words >> np.uint64(12)) + 0.5) * 2.0**-52


def square_p(x: luck.Floats, y: luck.Floats, cells: int) -> float:
    """p-value of independence and uniformity of pairs, over cells x cells squares."""
    square = (x * cells).astype(int) * cells + (y * cells).astype(int)
    return float(stats.chisquare(np.bincount(square, minlength=cells**2)).pvalue)


def serial_p(u: luck.Floats, lags: int) -> float:
    """p-value of no correlation with the next `lags` neighbours (Box & Pierce 1970)."""
    z = (u - 0.5) * np.sqrt(12)
    correlations = [np.sum(z[:-lag] * z[lag:]) / np.sqrt(z.size - lag) for lag in range(1, lags + 1)]
    return float(stats.chi2.sf(np.square(correlations).sum(), lags))


def battery(words: luck.Words) -> dict[str, float]:
    """p-values of a stream that should be independent and uniform."""
    u, lowest = to_uniform(words), (words >> np.uint64(12)).astype(np.uint8)
    pairs, fours = u[: u.size // 2 * 2].reshape(-1, 2), u[: u.size // 4 * 4].reshape(-1, 4)
    corners = (fours > 0.5) @ [8, 4, 2, 1]
    return {
        "uniform: 256 bins": stats.chisquare(np.bincount((u * 256).astype(int), minlength=256)).pvalue,
        "uniform: Kolmogorov-Smirnov": stats.kstest(u, "uniform").pvalue,
        "lowest bits: 256 bins": stats.chisquare(np.bincount(lowest, minlength=256)).pvalue,
        "neighbours: 32 x 32 squares": square_p(*pairs.T, 32),
        "four in a row: 16 corners": stats.chisquare(np.bincount(corners, minlength=16)).pvalue,
        "serial correlation: 24 lags": serial_p(u, 24),
    }


def related() -> Iterator[tuple[str, luck.Floats, luck.Floats]]:
    """Pairs of draws whose keys are related: what a weaker hash would let collide or correlate."""
    a, b = np.divmod(np.arange(N), 256)
    for seed in SEEDS:
        world, after = Luck(seed), Luck((seed + 1) & MASK)
        for channel in CHANNELS:
            key, at = channel + 1 + np.arange(N), f"seed {seed}, channel at {channel}"
            wait = world.uniform(purposes.WAIT, key, 1)
            yield f"wait and loss, {at}", wait, world.uniform(purposes.LOSS, key, 1)
            yield f"wait and next wait, {at}", wait, world.uniform(purposes.WAIT, key, 2)
            yield f"this and the next seed, {at}", wait, after.uniform(purposes.WAIT, key, 1)
            yield f"next seed, purpose before, {at}", wait, after.uniform(purposes.WAIT - 1, key, 1)
            yield f"next customer, count before, {at}", wait, world.uniform(purposes.WAIT, key + 1, 0)
            yield f"next customer, purpose before, {at}", wait, world.uniform(purposes.WAIT - 1, key + 1, 1)
            yield f"same number, next channel, {at}", wait, world.uniform(purposes.WAIT, key + 10**9, 1)
        swapped = world.uniform(purposes.WAIT, b + 1, a), world.uniform(purposes.WAIT, a + 1, b)
        off_diagonal = a < b
        yield f"customer and count swapped, seed {seed}", swapped[0][off_diagonal], swapped[1][off_diagonal]


@pytest.fixture(scope="module")
def p_values() -> dict[str, float]:
    single = {f"{name}: {check}": p for name, words in streams() for check, p in battery(words).items()}
    return single | {f"pairs, {name}": square_p(x, y, 16) for name, x, y in related()}


def test_neighbouring_keys_are_uniform_and_independent(p_values: dict[str, float]) -> None:
    assert len(p_values) * ALPHA < FALSE_ALARM
    assert {name: p for name, p in p_values.items() if not p > ALPHA} == {}


def test_p_values_are_themselves_uniform_so_luck_is_not_too_even_either(p_values: dict[str, float]) -> None:
    assert len(p_values) > 400
    assert stats.kstest(list(p_values.values()), "uniform").pvalue > ALPHA
    assert max(p_values.values()) < 1 - ALPHA


@pytest.mark.parametrize(
    "weak",
    [
        pytest.param(np.arange(N, dtype=np.uint64) * np.uint64(GOLDEN), id="a Weyl sequence, unmixed"),
        pytest.param(np.repeat(along_customers(1, 0, 11, 0)[::2], 2), id="every draw twice"),
        pytest.param(along_customers(1, 0, 11, 0) & np.uint64(MASK - 0xFF000), id="lowest bits always 0"),
        pytest.param(along_customers(1, 0, 11, 0) // np.uint64(100) * np.uint64(99), id="1 % short"),
    ],
)
def test_the_battery_catches_a_weak_generator(weak: luck.Words) -> None:
    assert min(battery(weak).values()) < ALPHA


def test_no_two_keys_share_a_word() -> None:
    """Among a million random words a repetition has a chance of one in thirty million."""
    customers = np.concatenate([channel + 1 + np.arange(2000) for channel in CHANNELS])
    words = [Luck(seed).words(USED, customers, count) for seed in SEEDS for count in (0, 1)]
    found = np.concatenate([block.ravel() for block in words])
    assert np.unique(found).size == found.size > 1_000_000


@pytest.mark.parametrize("what", ["customer", "count", "seed", "purpose"])
def test_every_bit_of_a_key_flips_every_bit_of_the_word_half_of_the_time(what: str) -> None:
    """A z-score for each pair of an input bit and an output bit; the largest of 4,096 stays below 6."""
    key = {"seed": 7, "purpose": purposes.WAIT, "customer": np.arange(1, 2001, dtype=np.uint64), "count": 5}
    bits = {"customer": 64, "count": 64, "seed": 64, "purpose": 16}[what]

    def words(**changed: object) -> luck.Words:
        seed, *rest = (key | changed).values()
        return Luck(seed).words(*rest)  # type: ignore[arg-type]

    for bit in range(bits):
        flipped = key[what] ^ (np.uint64(1 << bit) if what == "customer" else 1 << bit)
        given = np.uint64(flipped) if what == "count" else flipped
        change = words() ^ words(**{what: given})
        flips = np.unpackbits(change.view(np.uint8)).reshape(change.size, 64).sum(axis=0)
        z = (flips - change.size / 2) / np.sqrt(change.size / 4)
        assert np.abs(z).max() < 6, (what, bit)
