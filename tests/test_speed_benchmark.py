"""The networks that the benchmark compares with are what their papers say, and the stopwatch measures."""
import numpy as np
import pytest

from benchmarks.contenders import CONTENDERS, builder, gflop
from benchmarks.networks import HED, LDC
from benchmarks.stopwatch import Stopwatch


@pytest.mark.parametrize("name, expected", [("HED", 160), ("LDC", 12.7), ("ResNet generator", 161), ("paper", 311)])
def test_networks_cost_what_is_published(name, expected):
    assert abs(gflop(name, 512) / expected - 1) < 0.01


def test_networks_have_the_published_number_of_parameters():
    assert abs(sum(p.numel() for p in LDC().parameters()) / 674e3 - 1) < 0.01
    assert abs(sum(p.numel() for p in HED().parameters()) / 14.7e6 - 1) < 0.01


def test_ours_is_cheapest():
    assert gflop("fast", 512) < min(gflop(name, 512) for name in CONTENDERS if not name.startswith("fast"))


def test_stopwatch_measures_time_and_memory():
    watch = Stopwatch(builder("fast", "float32", "cpu"), threads=1)
    photo = np.zeros((64, 64, 3), np.uint8)
    seconds, memory = watch.time(photo)
    total, parts = watch.profile(photo)
    large = watch.time(np.zeros((512, 512, 3), np.uint8))
    watch.close()
    assert 0 < seconds < 60 and 50e6 < memory < 10e9
    assert any("convolution" in name for name in parts) and sum(parts.values()) <= total
    assert large[0] > total and large[1] > memory
    assert not watch.process.is_alive()
