"""How a service ends: asked to, in under two seconds with streams open; killed, without loss."""

import os
import signal
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest
from senders import Senders
from stage import SERVICES, Stage, a_lead, mark
from stream import Watcher
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")


def test_a_service_that_is_asked_to_end_is_gone_in_two_seconds_with_streams_open(stage: Stage) -> None:
    token, url = stage.stack.token, stage.url("metrics")
    waiting = f"/v1/leads/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    with Senders(stage) as senders:
        with ExitStack() as open_streams:
            watchers = [open_streams.enter_context(Watcher(url, token, by)) for by in ("segment", "channel") * 5]

            def wait_long() -> None:
                with suppress(httpx.HTTPError):  # its door goes while it waits: that is what this test does
                    stage.http.get(stage.url("leads", waiting), params={"wait": 30})

            patient = threading.Thread(target=wait_long)
            patient.start()
            for name in SERVICES:
                service = stage.services[name]
                began = time.monotonic()
                service.stop()
                took = time.monotonic() - began
                assert took < 2, f"{name} took {took:.2f} s"
                assert stage.code(name) == 0
            until("every stream ends", lambda: all(w.ended.is_set() for w in watchers), 5)
            patient.join(5)
        stage.up()
        senders.goes_on()
    senders.arrives()


def test_each_service_killed_under_traffic_is_started_again_and_loses_and_doubles_nothing(stage: Stage) -> None:
    with Senders(stage) as senders:
        for name in SERVICES:
            service, pid = stage.services[name], stage.services[name].pid
            os.kill(pid, signal.SIGKILL)
            if name != "leads":
                senders.goes_on(20)
            until(f"the stack starts {name} again", lambda s=service, pid=pid: s.pid != pid and s.alive)
            service.wait_until_ready()
            senders.goes_on(20)
    senders.arrives()


def test_a_reader_that_was_cut_off_goes_on_where_it_was_or_fetches_anew(stage: Stage) -> None:
    channel, url, token = mark("channel"), stage.url("metrics"), stage.stack.token
    with Watcher(url, token, "channel") as first:
        here = first.frames[-1].id
    with Watcher(url, token, "channel"):  # changes are told while anybody watches
        stage.submit(a_lead(channel=channel))
        row = stage.counted("channel", channel, assigned=1)
    with Watcher(url, token, "channel", here) as again:
        until("what was missed", lambda: again.row(channel) == row)
        assert {frame.event for frame in again.frames} == {"changed"}
    stage.services["metrics"].stop()
    stage.up(["metrics"])
    with Watcher(url, token, "channel", here) as anew:
        assert anew.frames[0].event == "resync", (here, anew.frames)  # and the numbers whole, on the same connection
