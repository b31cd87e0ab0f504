"""Processes that may be lost one at a time.

nbgrader changes the working directory and student code may kill the process that runs it, so each
worker is a process of its own; the pools of the standard library stop when one of theirs dies.
"""

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

_spawn = multiprocessing.get_context("spawn")


class WorkerLost(Exception):
    """The process died before it answered, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Worker:
    """A process that builds a function once and then calls it on request."""

    def __init__(self, build: Callable[..., Callable[[Any], Any]], *arguments: Any) -> None:
        self._build, self._arguments = build, arguments
        self._process: Any = None

    def call(self, argument: Any) -> Any:
        """Call the function in the process; raise WorkerLost if the process dies of it."""
        started = time.monotonic()
        if self._process is None:
            self._connection, theirs = _spawn.Pipe()
            self._process = _spawn.Process(
                target=_serve, args=(theirs, self._build, self._arguments), daemon=True
            )
            with _ctrl_c_held():
                self._process.start()
            theirs.close()
        try:
            self._connection.send(argument)
            return self._connection.recv()
        except (EOFError, OSError) as error:
            self.stop()
            raise WorkerLost(time.monotonic() - started) from error

    def stop(self) -> None:
        if self._process is not None:
            self._connection.close()
            self._process.join(timeout=5)
            self._process.kill()
            self._process = None


def _serve(
    connection: Connection, build: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]
) -> None:
    try:
        function = build(*arguments)
        _release_ctrl_c()
        while True:
            connection.send(function(connection.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        pass  # nobody is asking any more


@contextlib.contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Let a process that starts now wait with Ctrl-C, which amid its imports gives a traceback."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # else starting it, on the way, lets Ctrl-C through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _release_ctrl_c() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def map_with(workers: list[Worker], arguments: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield (argument, answer) as the answers come; the answer of a lost worker is WorkerLost."""
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def answer(argument: Any) -> Any:
        worker = idle.get()
        try:
            return worker.call(argument)
        except WorkerLost as lost:
            return lost
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(len(workers)) as threads:
        asked = {threads.submit(answer, argument): argument for argument in arguments}
        try:
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            # What has begun is let finish (Ctrl-C reaches it too): nothing is left half-written.
            threads.shutdown(cancel_futures=True)
            for worker in workers:
                worker.stop()
