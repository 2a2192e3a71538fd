"""The cache of arrays: what a lost race or a disk that refuses leaves behind."""
import hashlib
import os

import numpy as np
import pytest

from data import cache

KEY = b"key"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of KEY, in a cache of its own."""
    monkeypatch.setattr(cache, "folder", lambda: str(tmp_path / "cache"))
    return tmp_path / "cache" / hashlib.sha256(KEY).hexdigest()[:24]


def test_arrays_are_built_once(place):
    first = cache.cached(KEY, lambda: {"a": np.arange(3)})
    second = cache.cached(KEY, pytest.fail)
    assert np.array_equal(first["a"], [0, 1, 2]) and np.array_equal(second["a"], [0, 1, 2])


def test_another_process_may_be_faster(place):
    def build():
        place.mkdir(parents=True)
        np.save(place / "a.npy", np.arange(3))
        return {"a": np.arange(3)}

    assert np.array_equal(cache.cached(KEY, build)["a"], [0, 1, 2])
    assert os.listdir(place.parent) == [place.name]


def test_a_cache_that_cannot_be_written_is_done_without(place, monkeypatch):
    def refuse(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(cache.np, "save", refuse)
    assert np.array_equal(cache.cached(KEY, lambda: {"a": np.arange(3)})["a"], [0, 1, 2])
    assert os.listdir(place.parent) == []


def test_what_a_crash_cut_off_is_built_anew(place):
    cache.cached(KEY, lambda: {"a": np.arange(3)})
    for length in (0, 20, 140):
        with open(place / "a.npy", "r+b") as file:
            file.truncate(length)
        assert np.array_equal(cache.cached(KEY, lambda: {"a": np.arange(3)})["a"], [0, 1, 2])
    assert np.array_equal(cache.cached(KEY, pytest.fail)["a"], [0, 1, 2])


def test_a_folder_from_which_files_are_gone_is_built_anew(place):
    for gone in (["a.npy"], ["b.npy", "a.npy"], ["names.json"]):
        cache.cached(KEY, lambda: {"a": np.arange(3), "b": np.arange(4)})
        for name in gone:
            os.remove(place / name)
        found = cache.cached(KEY, lambda: {"a": np.arange(3), "b": np.arange(4)})
        assert sorted(found) == ["a", "b"] and np.array_equal(found["a"], [0, 1, 2])
    assert len(cache.cached(KEY, pytest.fail)) == 2
