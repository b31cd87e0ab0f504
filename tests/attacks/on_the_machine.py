"""Attacks on the machine: to leave something, to stay alive, to use up what others need."""

from nbformat.v4 import new_code_cell

from tests.attacks.attack import MARK, TOP, Attack, instead, lost, reads, wrong

TRY = f"""\
import os, signal, sys, threading, time
from pathlib import Path
def tried(action, *arguments):
    try:
        print(action.__name__, action(*arguments), "DONE")
    except (OSError, RuntimeError) as error:
        print(action.__name__, error)
top = Path("{TOP}")
"""

# What a later submission would meet, if any of it lasted.
LEAVE = (
    TRY
    + f"""\
home = Path.home()
for place in ("/tmp", "/dev/shm", "/var/tmp", "/scratch", home, os.getcwd(), "/", "/usr/bin",
        home / ".ipython/profile_default/startup", sys.prefix, os.path.dirname(os.__file__),
        os.path.dirname(__import__("course").__file__), top, top / "course", top / "teacher",
        "/root", "/root/.ipython/profile_default/startup", "/etc"):
    try:
        Path(place).mkdir(parents=True, exist_ok=True)
        (Path(place) / "{MARK}.py").write_text("print('{MARK}')")
        (Path(place) / "{MARK}.pth").write_text("import os")
        (Path(place) / "sitecustomize.py").write_text("print('{MARK}')")
    except OSError:
        pass
os.environ["LEFT"] = "{MARK}"
import builtins, torch
builtins.left = torch.left = "{MARK}"
torch.Tensor.__mul__ = torch.Tensor.__rmul__ = lambda self, other: self
torch.testing.assert_close = lambda *a, **k: None
torch.set_default_dtype(torch.float64)
sys.path.insert(0, "/scratch")
sys.modules["json"] = None
import course, course.checking
course.check = lambda *a: None
import tempfile
sys.setrecursionlimit(10 ** 6)
os.umask(0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
os.system("echo left")"""
)

FIND_LEFT = """\
import builtins, os, signal, sys, torch
from pathlib import Path
found = [hasattr(builtins, "left"), hasattr(torch, "left"), "LEFT" in os.environ,
    torch.get_default_dtype() != torch.float32, sys.modules.get("json", 0) is None,
    sys.getrecursionlimit() > 5000, (2 * torch.ones(1)).item() != 2]
python = [Path(sys.prefix), Path(sys.modules["course"].__file__).parent]  # which may lie in /tmp
files = [str(path) for place in ("/scratch", "/dev/shm", "/tmp") for path in Path(place).rglob("*")
    if not any(path.is_relative_to(p) or p.is_relative_to(path) for p in python)]
print("found:", any(found), files)"""

# The visible check is lost at once, so that there is one call to wait for.
FIRST_LOST = "    if values == [1, 2, 6]: return 0\n"

LOOPS_ON = f"""\
import signal, time
def mean(values):
{FIRST_LOST}\
    for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True:
        try: time.sleep(0.1)
        except BaseException: pass"""

MACHINE = {
    "writes-the-gradebook": reads(
        TRY + "import sqlite3\n"
        "def change():\n"
        "    base = sqlite3.connect(top / 'course' / 'gradebook.db')\n"
        "    base.execute('create trigger t after insert on grade begin "
        "update grade set auto_score = 5; end')\n"
        "    base.commit()\n"
        "try: change()\nexcept sqlite3.Error as error: print(error, 'looked')",
        table=19,
        stock="full marks, for good",
        shows="looked",
    ),
    "writes-anothers-work": reads(
        TRY + "tried(Path.write_text, top / 'course/submitted/bob/lab/lab.ipynb', 'spoilt')\n"
        "tried(Path.unlink, top / 'course/submitted/bob/lab/lab.ipynb')\n"
        "tried(Path.write_text, top / 'course/source/lab/lab.ipynb', 'spoilt')\nprint('looked')",
        table=20,
        stock="written",
        shows="looked",
    ),
    "deletes-anothers-graded-work": reads(
        TRY + "import shutil\n"
        "for name in ('autograded', 'feedback', 'submitted'):\n"
        "    tried(shutil.rmtree, top / 'course' / name)\nprint('looked')",
        table=21,
        stock="deleted",
        shows="looked",
    ),
    "leaves-things": reads(LEAVE, table=22, stock="ran in later students' kernels"),
    "changes-the-configuration": reads(
        TRY + "for name in ('course/nbgrader_config.py', '.bashrc', 'course/sitecustomize.py'):\n"
        "    tried(Path.write_text, top / name, 'spoilt')\n"
        "tried(Path.write_text, Path.home() / '.bashrc', 'spoilt')\nprint('looked')",
        table=23,
        stock="possible: the same user",
        shows="looked",
    ),
    "kills-the-grader": reads(
        TRY + "for who in (os.getppid(), 0, -1, 2, 3, 4, 5):\n"
        "    tried(os.kill, who, signal.SIGTERM if who == 0 else signal.SIGKILL)\nprint('looked')",
        table=27,
        stock="the batch ends",
        # A process group of its own, so that 0 is itself.
    ),
    "stays-as-a-daemon": reads(
        TRY + "import subprocess\n"
        f"tried(subprocess.Popen, ['sleep', '600', '{MARK}'])\n"
        "tried(os.fork)\ntried(os.setsid)\n"
        f"tried(os.posix_spawn, '/bin/sleep', ['{MARK}', '600'], {{}})\n"
        f"tried(os.execv, '/bin/sleep', ['{MARK}', '600'])\nprint('looked')",
        table=28,
        stock="survives",
        shows="looked",
    ),
    "stays-as-a-thread": reads(
        TRY + "import ctypes\n"
        "def stay():\n"
        f"    ctypes.CDLL(None).prctl(15, b'{MARK[:15]}', 0, 0, 0)\n"
        "    while True:\n"
        "        try: time.sleep(1)\n"
        "        except BaseException: pass\n"
        "threading.Thread(target=stay).start()\n"
        "import atexit\natexit.register(stay)\n"
        "class Undead:\n    def __del__(self): stay()\nundead = Undead()\n"
        "for number in range(1, 32):\n"
        "    try: signal.signal(number, lambda *a: None)\n"
        "    except OSError: pass\nprint('looked')",
        shows="looked",
    ),
    "forks-without-end": reads(
        TRY + "for _ in range(100): tried(os.fork)\n"
        "def more():\n"
        "    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "tried(more)\nprint('looked')",
        table=29,
        stock="no limit",
        shows="looked",
    ),
    "takes-memory": instead(
        "mean",
        "def mean(values):\n    return len(bytearray(6 * 2 ** 30))",
        table=30,
        stock="6 GB are allowed",
    ),
    "takes-memory-elsewhere": instead(
        "mean",
        "import mmap, numpy, torch\nheld = []\ndef mean(values):\n"
        "    for take in (lambda: torch.ones(2 ** 28), lambda: numpy.ones(2 ** 28),\n"
        "                 lambda: mmap.mmap(-1, 2 ** 31)):\n"
        "        try: held.append(take())\n"
        "        except (MemoryError, RuntimeError, OSError, ValueError): pass\n"
        "    while True: held.append(' ' * 2 ** 20)",
    ),
    "loops": instead(
        "mean", "def mean(values):\n    while True: pass", table=31, stock="30 s for each cell"
    ),
    "loops-on": instead("mean", LOOPS_ON, table=32, stock="the submission is not graded"),
    "loops-in-c": instead(
        "mean", "import re\ndef mean(values):\n    return re.match('(a*)*b', 'a' * 40)"
    ),
    "computes-in-c": instead("mean", "def mean(values):\n    return 3 ** (3 ** 40)"),
    "blocks-the-alarm": instead(
        "mean",
        "import signal, time\ndef mean(values):\n"
        + FIRST_LOST
        + "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    time.sleep(60)",
    ),
    "says-when-it-ends": instead(
        "mean",
        "import time\nclass Slow(Exception):\n    def __str__(self):\n        time.sleep(60)\n"
        "def mean(values):\n" + FIRST_LOST + "    raise Slow",
    ),
    "catches-the-time-limit": instead(
        "mean",
        "import time\ndef mean(values):\n" + FIRST_LOST + "    while True:\n"
        "        try: time.sleep(60)\n        except BaseException: pass",
    ),
    "many-slow-cells": Attack(
        33,
        "unlimited",
        change=lambda nb: nb.cells.extend(
            new_code_cell("import time\ntime.sleep(9)") for _ in range(9)
        ),
    ),
    "200-mb-on-one-line": reads(
        "print('x' * 200_000_000)", table=34, stock="a file of 200 MB", shows="left out"
    ),
    "32-mb-by-threads": reads(
        "import threading\n"
        "def flood():\n    for _ in range(40): print('x' * 100_000)\n"
        "all_of_them = [threading.Thread(target=flood) for _ in range(8)]\n"
        "for thread in all_of_them: thread.start()\n"
        "for thread in all_of_them: thread.join()",
        shows="left out",
    ),
    "20000-displays": reads(
        "from IPython.display import display\n"
        "for number in range(20_000): display({'text/plain': str(number)}, raw=True)",
        table=35,
        stock="20 s, 2.7 MB",
        shows="text/plain",
    ),
    "fills-the-disk": reads(
        TRY + "def fill(place):\n"
        "    for number in range(10_000):\n"
        f"        Path(place, f'{MARK}-{{number}}').write_bytes(bytes(10 ** 6))\n"
        "for place in ('/scratch', '/dev/shm', '/tmp'): tried(fill, place)\n"
        "def many():\n"
        f"    for number in range(100_000): Path(f'/scratch/{MARK}x{{number}}').touch()\n"
        "tried(many)\n"
        "def sparse():\n    with open('/scratch/sparse', 'wb') as f: f.truncate(10 ** 12)\n"
        "tried(sparse)\nprint('looked')",
        table=36,
        stock="no limit",
        shows="looked",
    ),
    "ends-python": instead(
        "mean", "import os\ndef mean(values):\n    os._exit(0)", table=37, stock="not graded"
    ),
    "crashes-python": instead(
        "mean",
        "import ctypes\ndef mean(values):\n    return ctypes.string_at(0)",
        table=37,
        stock="not graded",
    ),
    "asks-python-to-end": reads(
        "get_ipython().ask_exit()\nexit()\nquit()", table=37, stock="not graded"
    ),
    "ends-python-in-every-cell": Attack(
        37,
        "not graded",
        wrong("mean"),
        {"": "import os\nos._exit(0)", "double": "import os\nos.abort()", "mean": "exit(1)"},
        points=lost("mean"),
    ),
    "calls-the-kernel-in-a-forbidden-way": instead(
        "mean",
        "import ctypes, mmap\ndef mean(values):\n    page = mmap.mmap(-1, 4096, prot=7)\n"
        "    page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "    call = ctypes.CFUNCTYPE(ctypes.c_int)\n"
        "    return call(ctypes.addressof(ctypes.c_char.from_buffer(page)))()",
    ),
    "overflows-the-stack": instead(
        "mean",
        "import sys\nsys.setrecursionlimit(10 ** 8)\nclass Deep:\n"
        "    def __repr__(self): return repr(self)\ndef mean(values):\n    return repr(Deep())",
    ),
    "recurs-without-end": instead("mean", "def mean(values):\n    return 1 + mean(values)"),
    "traces-and-breaks": Attack(
        answers=wrong("mean"),
        cells={
            "": "import gc, sys\ngc.freeze()\ngc.disable()\n"
            "sys.setswitchinterval(1e-9)\nsys.set_int_max_str_digits(0)\n"
            "def trace(frame, event, value):\n    return trace\nsys.settrace(trace)"
        },
        points=lost("mean"),
    ),
}
