"""A cluster that cannot be used is told in a line, before anything is asked."""

from __future__ import annotations

import sys

import pytest

from quantgate.cluster.ray_cluster import connected
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.run import RunConfig, load_config


def test_where_ray_is_not_installed_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r'Ray is not installed: pip install "quantgate\[ray\]"'), connected(None):
        pass


def test_the_address_of_a_client_is_refused_with_what_will_do():
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match="run the command on a node of the cluster"), connected("ray://10.0.0.1:10001"):
        pass


def test_options_of_a_cluster_without_one_are_refused():
    options = {"task": ["arithmetic"], "base_url": "http://127.0.0.1:1/v1", "model": "m", "out": "run"}
    with pytest.raises(UsageError, match="are for --executor ray"):
        load_config(RunConfig, None, {**options, "ray_address": "auto"})
