"""How a submission's process begins and ends, and what its keeper says."""

import pytest

SLEEP = "import time; print('up'); time.sleep(60)"
# The first thread ends, and with it what is usually the process; another one lives on.
THREAD = """
import ctypes, os, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print('up')
ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)
"""


def test_the_keeper_says_when_it_begins_and_how_it_ended(warm):
    outcome = warm.run("print('hello')")
    assert outcome.out == "hello\n"
    assert outcome.said[0] == "ready"
    assert outcome.end["exit"] == 0
    assert outcome.end["signal"] is None
    assert 0 <= outcome.end["seconds"] < 1
    assert 1000 < outcome.end["memory"] < 1_000_000


def test_an_exit_code_is_told(warm):
    assert warm.run("import os; os._exit(7)").end["exit"] == 7


@pytest.mark.parametrize("code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_is_told(warm, code):
    assert warm.run(code).end["signal"] == 11


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize("then", ["kill", "close"])
@pytest.mark.parametrize("code", [SLEEP, THREAD])
def test_a_process_ends_when_it_is_told_to(warm, code, then, isolate):
    outcome = warm.run(code, then=then, isolate=isolate)  # returns once the process has ended
    assert outcome.out == "up\n"
    assert outcome.end["signal"] == 9


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize("code", [SLEEP, THREAD])
def test_a_process_ends_with_its_keeper(warm, code, isolate):
    outcome = warm.run(code, then="slay", isolate=isolate)  # returns once the process has ended
    assert outcome.out == "up\n"
    assert outcome.said in ([], ["ready"])  # the keeper may be slain before it could say so


def test_a_thread_ends_with_the_submission(warm):
    code = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    assert warm.run(code).end["exit"] == 0


def test_a_student_cannot_outlive_the_keeper(warm):
    code = "import ctypes; ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n" + SLEEP
    assert warm.run(code, then="slay").said in ([], ["ready"])


def test_what_cannot_be_confined_does_not_begin(warm):
    outcome = warm.run("print('begun')", limits={"scratch": "a lot"})
    assert outcome.out == ""
    assert "an empty /scratch: mount: Invalid argument" in outcome.said[0]
    outcome = warm.run("print('begun')", limits={"open_files": "many"})
    assert outcome.out == ""
    assert "refused" in outcome.said[0]


def test_a_trusted_student_has_the_limits_and_the_protocol(warm):
    outcome = warm.run("import os; print(os.getpid() > 1)", isolate=False)
    assert outcome.out == "True\n"
    assert outcome.end["exit"] == 0
    out = warm.out("bytearray(7 * 2**30)", isolate=False, limits={"memory": 2**28})
    assert out.startswith("MemoryError")


def test_the_processes_of_a_trusted_student_end_too(warm):
    code = "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('up')\n"
    assert warm.run(code, isolate=False).out == "up\n"  # returns once both have ended
