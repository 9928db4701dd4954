"""Photographs and blocks of slides counted by dask's workers: the files are those of one process, whatever dies."""

import os
import pickle
import shutil
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources

import pytest

from hemolens.batch import workers
from hemolens.batch.photograph_task import count_here
from hemolens.errors import ClusterError, UsageError
from hemolens.models.store import DEFAULT_MODEL
from hemolens.options import CountOptions
from hemolens.output.options import OutputOptions
from hemolens.segmentation.network_maps import load_model
from hemolens.synthetic import draw_smear

from .drawn_run import count, draw_photographs, tasks_of

dask = pytest.importorskip("dask", reason="needs dask: pip install 'hemolens[cluster]'")
distributed = pytest.importorskip("distributed", reason="needs dask: pip install 'hemolens[cluster]'")

from hemolens.batch import cluster  # noqa: E402
from hemolens.batch.cluster import Kit, connected, count_on_cluster, counting_on  # noqa: E402


@pytest.fixture(scope="module")
def client():
    """Of a cluster of two processes."""
    with connected("local:2") as client:
        yield client


@pytest.fixture(scope="module")
def on_cluster(client):
    return counting_on(client.scheduler.address)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """With one that is there twice."""
    folder = tmp_path_factory.mktemp("photographs")
    draw_photographs(folder)
    shutil.copy(folder / "0.png", folder / "0 again.png")
    return folder


@pytest.fixture(scope="module")
def expected(photographs, tmp_path_factory):
    return count(photographs, tmp_path_factory.mktemp("one") / "out", count_here)


def kill_a_worker(client):
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


def test_a_cluster_writes_what_one_process_writes(photographs, expected, on_cluster, tmp_path):
    found = count(photographs, tmp_path / "out", on_cluster)
    assert [row["image"] for row in found["counts"] if row["error"]] == ["2b.png"]
    assert found == expected


@pytest.mark.posix("signals")
def test_a_killed_worker_costs_nobody_a_count(photographs, expected, client, on_cluster, tmp_path):
    def counting(tasks):
        for n, photograph in enumerate(on_cluster(tasks)):
            if n == 0:
                kill_a_worker(client)
            yield photograph

    assert count(photographs, tmp_path / "out", counting) == expected


def test_a_photograph_that_ends_its_workers_is_a_row_that_says_so(photographs):
    class Killed:
        def result(self):
            raise distributed.KilledWorker("the task", None, 3)

    (task,) = tasks_of(photographs / "0.png")
    said = "'0' ended the process that counted it, 4 times: it may need more memory than there is"
    assert cluster._result_of(task, Killed()).record.error == said


def test_no_more_tasks_are_taken_than_are_in_work(photographs, on_cluster):
    taken = []

    def tasks():
        for task in tasks_of(*[photographs / "2b.png"] * 30):
            taken.append(task)
            yield task

    for n, _ in enumerate(on_cluster(tasks())):
        assert len(taken) - n <= 2 * workers.AHEAD
    assert len(taken) == 30


def test_no_worker_is_asked_for_where_nothing_is_to_be_counted():
    assert list(count_on_cluster([], "tcp://127.0.0.1:1")) == []


# ------------------------------------------------------------------ slides


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("tiffslide", reason="needs tiffslide: pip install 'hemolens[slides]'")
    path = tmp_path_factory.mktemp("slides") / "a.svs"
    smear = draw_smear(seed=3, height=700, width=760, n_rbc=80, n_wbc=2, n_plt=6, red_cell_diameter_px=12)
    tifffile.imwrite(path, smear.pixels, tile=(64, 64), photometric="rgb")
    return path


def test_a_slide_is_counted_block_by_block_as_by_one_process(slide, client, on_cluster):
    options, output = CountOptions(models=("otsu-watershed",), diameter_px=12), OutputOptions(export=("geojson",))
    tasks = tasks_of(slide, options=options, output=output)
    with distributed.get_task_stream(client) as stream:
        (found,) = on_cluster(tasks)
    (expected,) = count_here(tasks)
    assert found.record.error is None
    assert len([each for each in stream.data if "_count_block" in str(each["key"])]) == 4
    assert expected.numbers.counts.rbc > 50
    assert (found.cells, found.parts, found.files) == (expected.cells, expected.parts, expected.files)


# ------------------------------------------------------------------ what workers must have


def test_a_model_of_ones_own_comes_with_the_run(tmp_path):
    for suffix in (".onnx", ".toml"):
        with resources.as_file(resources.files("hemolens.models") / "shipped") as shipped:
            shutil.copy(shipped / f"{DEFAULT_MODEL}{suffix}", tmp_path / f"ours{suffix}")
    model = str(tmp_path / "ours.onnx")
    methods = CountOptions(models=(model,)).methods
    kit = Kit.of(methods)
    shutil.rmtree(tmp_path)
    pickle.loads(pickle.dumps(kit)).unpack()  # noqa: S301
    assert load_model(model, methods["rbc"].card.sha256).card == methods["rbc"].card


def test_what_comes_with_hemolens_is_not_sent():
    assert Kit.of(CountOptions().methods).models == ()


def test_a_worker_with_other_versions_is_refused():
    kit = Kit.of(CountOptions().methods)
    with pytest.raises(UsageError, match=r"other versions .* got numpy .*; allowed: numpy 1.0; install the same"):
        replace(kit, versions={**kit.versions, "numpy": "1.0"}).unpack()


# ------------------------------------------------------------------ clusters that are not there


def test_a_run_whose_cluster_is_lost_goes_on_elsewhere(photographs, expected, tmp_path):
    def counting(tasks):
        with connected("local:1") as client:
            for n, photograph in enumerate(count_on_cluster(tasks, client.scheduler.address)):
                if n == 1:
                    client.cluster.close()
                yield photograph

    soon_given_up = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with soon_given_up, pytest.raises(ClusterError, match=r"the cluster was lost: .*; start it again, and go on with"):
        count(photographs, tmp_path / "out", counting)
    assert not (tmp_path / "out" / "run.json").exists()
    assert count(photographs, tmp_path / "out", count_here, resume=True) == expected


def test_workers_of_this_machine_that_do_not_come_back_are_not_waited_for(photographs, monkeypatch):
    @contextmanager
    def deserted(address):
        with connected(address) as client:
            client.cluster.scale(0)
            while client.scheduler_info()["workers"]:
                time.sleep(0.05)
            yield client

    monkeypatch.setattr(cluster, "connected", deserted)
    monkeypatch.setattr(cluster, "LOOK_S", 0.1)
    monkeypatch.setattr(cluster, "DESERTED_S", 0.2)
    with pytest.raises(ClusterError, match=r"the cluster was lost: got 'local:1' \(CancelledError\)"):
        next(count_on_cluster(tasks_of(photographs / "0.png"), "local:1"))


def test_a_cluster_that_does_not_answer_is_named(photographs):
    quick = {"distributed.comm.timeouts.connect": "1s"}
    said = r"the cluster cannot be reached: got 'tcp://127.0.0.1:1' \(.*\); allowed: a scheduler that answers"
    with dask.config.set(quick), pytest.raises(ClusterError, match=said):
        list(count_on_cluster(tasks_of(photographs / "0.png"), "tcp://127.0.0.1:1"))


@pytest.mark.parametrize("address", ["", "local", "local:0", "local:x", "scheduler:8786", "http://a:1", "tcp://a"])
def test_what_is_no_address_of_a_cluster_is_refused(address):
    with pytest.raises(UsageError, match="no address of a cluster"):
        counting_on(address)
