"""The page as a process: it serves until told to stop, then finishes what is under way."""

import logging
import resource
import signal
import threading
from collections.abc import Callable

import gradio as gr

from audiogan.ui.light_sessions import LightSessions

HEAD_SECONDS = 10.0  # for a new connection to send the head of its first request
REST_SECONDS = 75  # between two requests: longer than nginx keeps a connection, so that nginx closes it first
STALL_SECONDS = 300  # without progress while a client does not take its answer
FINISH_SECONDS = 6  # for sounds under way when the process is told to stop
CLOSE_SECONDS = 9  # for all other answers: many supervisors kill after 10
OPEN_FILES = 65_536
STOP = (signal.SIGTERM, signal.SIGINT)
LOG = logging.getLogger(__name__)


def serve(app: gr.Blocks, launch: dict, stopping: Callable[[], None] | None = None) -> None:
    """Launch, serve until SIGTERM or Ctrl-C, finish what is under way, and return; a second signal ends it at once.

    Args:
        app: from `build_app`.
        launch: arguments of `launch`.
        stopping: called as soon as the process is told to stop.

    Raises:
        ValueError: the port is taken, or the host is not an address of this machine.
    """
    allow_connections()
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in STOP}
    try:
        launch_page(app, launch)
        be_impatient(app.server)
        remember_little(app)
        while not told.wait(0.5) and app.server.thread.is_alive():
            app.files.sweep()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if stopping:
        stopping()
    stop(app)


def launch_page(app: gr.Blocks, launch: dict) -> None:
    """Launch and return; arguments and errors are those of `serve`.

    A page shared through Gradio's tunnel serves its own code, too.
    """
    host, port = launch["server_name"], launch["server_port"]
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host  # IPv6, as in a page's address
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)  # else uvicorn says it as well
    try:
        app.launch(prevent_thread_lock=True, **launch | {"server_name": named})
    except OSError as error:
        if error.errno is not None:
            raise
        reason = "the port is taken, or the host is no address of this machine"  # Gradio does not say which
        raise ValueError(f"the page cannot be served at {named}:{port}: {reason}") from None
    # The tunnel stays open. If this were true, pages would ask another server for their code, which `headers` forbids.
    app.share = False


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """False for an address that the system refuses, which uvicorn logs as the bare error."""
    return not isinstance(record.msg, OSError)


def stop(app: gr.Blocks) -> None:
    """Take no new connections, finish what is under way, and close, in little more than `CLOSE_SECONDS`.

    Requests in line are refused at once. Sounds unfinished after `FINISH_SECONDS` are given up: otherwise the process
    would end only after the last of them, because Python joins the threads that make them.
    """
    LOG.info("Stopping: finishing what is under way.")
    app.health.stopping.set()
    app.gate.close()
    app.server.config.timeout_graceful_shutdown = CLOSE_SECONDS
    app.server.should_exit = True
    app.app.stop_event.set()  # ends the heartbeats, which would never finish
    app.server.thread.join(FINISH_SECONDS)
    app.library.close()
    app.server.thread.join(CLOSE_SECONDS - FINISH_SECONDS + 2)
    app.close(verbose=False)


def remember_little(app: gr.Blocks) -> None:
    """Make Gradio keep `LightSessions`."""
    app.app.state_holder = LightSessions()
    app.app.state_holder.set_blocks(app)


def be_impatient(server) -> None:
    """Close connections that send no first request within `HEAD_SECONDS`, or take none of an answer for
    `STALL_SECONDS`; uvicorn alone would hold them for ever. After a request they may rest for `REST_SECONDS`, so that
    a proxy, or a page that asks now and then, finds them open.
    """
    server.config.timeout_keep_alive = REST_SECONDS
    server.config.http_protocol_class = impatient(server.config.http_protocol_class)


def impatient(protocol: type) -> type:
    """A uvicorn protocol that checks every `HEAD_SECONDS` whether its client has made progress."""

    class Impatient(protocol):
        """Closes a connection that is idle for too long before its first or after its last request, or whose client
        does not take the answer.
        """

        def connection_made(self, transport):
            super().connection_made(transport)
            self._seen, self._rested, self._look = None, 0.0, self.loop.call_later(HEAD_SECONDS, self._check)
            self._left, self._stalled = 0, 0.0

        def connection_lost(self, error):
            self._look.cancel()
            super().connection_lost(error)

        def _check(self):
            at_rest = self.cycle is not None and self.cycle.response_complete and self.cycle is self._seen
            self._rested = self._rested + HEAD_SECONDS if at_rest else 0.0
            if self.cycle is None or self._rested > REST_SECONDS:
                self.transport.close()
                return
            left = self.transport.get_write_buffer_size()
            self._stalled = self._stalled + HEAD_SECONDS if left and left == self._left else 0.0
            if self._stalled > STALL_SECONDS:
                self.transport.abort()  # close would wait for the client
                return
            self._seen, self._left = self.cycle, left
            self._look = self.loop.call_later(HEAD_SECONDS, self._check)

    return Impatient


def allow_connections() -> None:
    """Raise the limit on open files as far as allowed, up to `OPEN_FILES`: 1,024 are too few for a crowd."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
