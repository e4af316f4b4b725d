"""One kill -9 of each kind; ``benchmarks/kill.py`` does twenty, spread over the whole work."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def kill():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "kill.py"
    spec = importlib.util.spec_from_file_location("kill", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["kill"]


@pytest.fixture(scope="module")
def source(kill, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill") / "source"
    kill.make_source(folder)
    return folder


@pytest.mark.parametrize(("scenario", "units"), [("import", 2), ("labels", 40), ("train", 2)])
def test_what_was_acknowledged_survives_and_nothing_is_done_twice(kill, source, scenario, units):
    row = kill.kill_once(scenario, source, kill.Moment(after_s=0.0, after_units=units))
    assert units <= row.done_before < kill.SCENARIOS[scenario].units
    assert row.acknowledged >= units
    assert row.missing == 0
    assert row.synchronous == 2
    assert row.integrity == "ok"
    assert row.done_again == 0
    assert row.complete
    assert not kill.failed(row)


def test_a_lost_id_would_be_seen(kill, tmp_path, source):
    root = tmp_path / "project"
    kill.prepare_imported(root, source)
    there, _ = kill.stored_ids(root)
    row = kill.Row("labels", 1.0, 1, len({"999999"} - there), 2, "ok", 1, 0, True)
    assert kill.failed(row)
