import sys

import pytest

from twofold.controltests.chosen_engine import chosen_engine
from twofold.model.problem import UserError
from twofold.populations.sql_engine import DUCKDB

SPARK_MODULE = "twofold.controltests.spark_engine"


def test_without_a_setting_it_is_duckdb_in_this_process() -> None:
    with chosen_engine("") as engine:
        assert engine is DUCKDB


def test_missing_packages_are_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, SPARK_MODULE, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UserError) as refused, chosen_engine("sc://127.0.0.1:9"):
        pass
    (problem,) = refused.value.problems
    assert "packages for Spark are missing" in problem.found
    assert "pip install 'twofold[spark]'" in problem.remedy


def test_a_fault_of_ours_is_not_called_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, SPARK_MODULE, None)
    with pytest.raises(ImportError, match="spark_engine"), chosen_engine("sc://127.0.0.1:9"):
        pass
