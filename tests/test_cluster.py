"""The same script on local processes and on a Dask cluster."""

import os
from collections.abc import Iterator

import joblib
import pytest
from dask.distributed import Client, LocalCluster

import sim
from sim.experiments.fingerprint import engine
from sim.experiments.replicate import replicate, replicate_worlds
from summaries import process_id

TINY = sim.load("retail").change({"acquisition.opening_customers": 5, "clock.months": 2})
WORLDS = {"tiny": TINY, "members": TINY.change({"loyalty.points_per_unit": 1.0})}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    workers = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with workers, Client(workers) as client:
        yield client


def script() -> tuple[list[str], bytes]:
    """Two worlds with four seeds; nothing in it says where they are simulated."""
    runs = replicate_worlds(WORLDS, [1, 2, 3, 4]).runs
    return runs["world"].tolist(), runs.drop(columns="world").to_numpy(float).tobytes()


def test_local_processes_and_a_dask_cluster_give_the_same_bytes(cluster):
    with joblib.parallel_config(n_jobs=1):
        expected = script()
    with joblib.parallel_config(n_jobs=2):
        assert script() == expected
    with joblib.parallel_config("dask"):
        assert script() == expected


def test_all_workers_of_the_cluster_are_used_and_nothing_else(cluster):
    with joblib.parallel_config("dask"):
        used = set(replicate(TINY, 12, summary=process_id)["process"])
    assert used == set(cluster.run(os.getpid).values())


def test_a_cluster_can_be_asked_for_its_engine(cluster):
    assert set(cluster.run(engine).values()) == {engine()}
