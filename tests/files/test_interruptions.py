import signal
import threading

import pytest

from hemolens.files.interruptions import interruptions_wait


def test_an_interruption_comes_after_the_step():
    steps = []

    def interrupted_step():
        with interruptions_wait():
            signal.raise_signal(signal.SIGINT)
            steps.append("done")

    with pytest.raises(KeyboardInterrupt):
        interrupted_step()
    assert steps == ["done"]


def test_the_handlers_are_as_before():
    before = signal.getsignal(signal.SIGINT)
    with interruptions_wait():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_changes_no_handler():
    seen = []

    def step():
        with interruptions_wait():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
