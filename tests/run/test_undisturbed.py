"""The threads of NumPy's products, and the collector, are as they were once nobody derives any more."""

import gc
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from threadpoolctl import OpenBLASController, threadpool_info, threadpool_limits

from bpgen.run.undisturbed import collector_paused, one_thread

# Later versions let no thread but the first one that set a limit set another.
clear_controlling_thread = getattr(OpenBLASController, "clear_controlling_thread", lambda: None)


def threads():
    """Of the library that NumPy comes with: its limits are the process's, those of OpenMP each thread's own."""
    folders = {Path(np.__file__).parent, Path(np.__file__).parent.parent / "numpy.libs"}
    pools = [pool for pool in threadpool_info() if folders & set(Path(pool["filepath"]).parents)]
    return {pool["num_threads"] for pool in pools}


@pytest.fixture(autouse=True)
def two_threads():
    before = threadpool_limits(2, user_api="blas")
    clear_controlling_thread()
    if threads() != {2}:
        pytest.skip("NumPy's products have no threads here")
    yield
    before.restore_original_limits()
    clear_controlling_thread()


def test_products_are_made_by_one_thread_inside_and_by_as_many_as_before_outside():
    with one_thread():
        assert threads() == {1}
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


@pytest.mark.parametrize("first_leaves_first", [True, False])
def test_of_two_that_overlap_none_takes_one_thread_for_what_was_set_before(first_leaves_first):
    inside, go, gone = Event(), Event(), Event()

    def first():
        with one_thread():
            inside.set()
            go.wait(5)
        gone.set()

    other = Thread(target=first)
    other.start()
    assert inside.wait(5)
    with one_thread():
        assert threads() == {1}
        if first_leaves_first:
            go.set()
            assert gone.wait(5)
    go.set()
    other.join()
    assert threads() == {2}


def test_a_failure_inside_leaves_all_as_it_was():
    enabled = gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_paused(), one_thread():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert threads() == {2}
    assert gc.isenabled() == enabled
