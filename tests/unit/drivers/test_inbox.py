from __future__ import annotations

import threading
import time

from jupyter_flows.drivers.inbox import Inbox


def test_it_is_behind_from_what_is_put_until_its_reader_comes_for_more():
    inbox = Inbox()
    assert not inbox.is_behind
    inbox.put("begin")
    assert inbox.is_behind
    inbox.wait(0)
    assert inbox.take(2) == ["begin"]
    assert inbox.is_behind
    reader = threading.Thread(target=inbox.wait, args=(60,))
    reader.start()
    while inbox.is_behind:
        time.sleep(0.001)
    inbox.wake()
    reader.join()
