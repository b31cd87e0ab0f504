"""What a student's code uses up is its own share, and gone with it."""

import time

MIB = 1024**2


def test_too_much_memory_is_a_memory_error(warm):
    out = warm.out("x = bytearray(7 * 2**30)", limits={"memory": 200 * MIB})
    assert out.startswith("MemoryError")


def test_too_much_memory_bit_by_bit_is_a_memory_error(warm):
    code = "x = []\nwhile True: x.append(bytearray(10 * 2**20))"
    assert warm.out(code, limits={"memory": 200 * MIB}).startswith("MemoryError")


def test_the_limit_cannot_be_raised(warm):
    code = (
        "import resource\n"
        "for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):\n"
        "    try: resource.setrlimit(what, (-1, -1))\n"
        "    except ValueError as error: print(error)\n"
    )
    assert warm.out(code).splitlines() == ["not allowed to raise maximum limit"] * 3


def test_files_in_scratch_together_are_bounded(warm):
    code = (
        "import os\nwritten = 0\n"
        "try:\n"
        "    for i in range(100):\n"
        "        with open('{}/%d' % i, 'wb', buffering=0) as f: written += f.write(bytes(2**20))\n"
        "except OSError as error: print(error.strerror, written <= 5 * 2**20)\n"
    )
    for folder in "/scratch", "/dev/shm":
        out = warm.out(code.format(folder), limits={"scratch": 4 * MIB})
        assert out == "No space left on device True"


def test_the_number_of_files_is_bounded(warm):
    code = "import os\nfor i in range(10**6): os.mkdir('/{}/%d' % i)"
    for folder in "scratch", "dev/shm":
        out = warm.out(code.format(folder), limits={"files": 100})
        assert "No space left" in out
        assert int(out.rsplit("/", 1)[1].strip("'")) < 100


def test_one_file_is_bounded(warm):
    code = "with open('x', 'wb') as f:\n  for i in range(9): f.write(bytes(2**20))"
    assert "File too large" in warm.out(code, limits={"file_size": 4 * MIB})


def test_open_files_are_bounded(warm):
    out = warm.out("x = [open('/dev/null') for i in range(1000)]", limits={"open_files": 50})
    assert "Too many open files" in out


def test_threads_are_bounded(warm):
    code = (
        "import threading, time\n"
        "for i in range(99): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    assert warm.out(code, limits={"threads": 10}) == "RuntimeError: can't start new thread"


def test_what_one_submission_writes_the_next_does_not_find(warm):
    leave = (
        "import os\nfor f in ('/scratch', '/dev/shm'): open(f + '/x', 'w'); print(os.listdir(f))"
    )
    find = "import os\nfor f in ('/scratch', '/dev/shm'): print(os.listdir(f))"
    assert warm.out(leave).splitlines() == ["['x']"] * 2
    assert warm.out(find).splitlines() == ["[]"] * 2


def test_processor_time_ends_a_loop_that_heeds_no_signal(warm):
    code = (
        "import signal\n"
        "for s in range(1, 65):\n"
        "    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True: pass\n"
    )
    end = warm.run(code, limits={"processor": 1}).end
    assert end["signal"] == 9
    assert 0.5 < end["seconds"] < 2  # the kernel counts ticks here, and finer there


def test_the_clock_ends_a_sleep(warm):
    start = time.monotonic()
    end = warm.run("import time; time.sleep(60)", limits={"wall": 0.3}).end
    assert end["signal"] == 9
    assert 0.3 < time.monotonic() - start < 5
