"""Attacks on what passes between the student's process and the tester, from inside the former.

Each of them owns the student's process wholly, as any student's cell may.
"""

from nbformat.v4 import new_code_cell

from tests.attacks.attack import Attack, lost, on_top, wrong

# The objects of ours that serve in the student's process.
FIND = """\
import gc, os, struct, sys
from course.grading.examiner import plain, student, wire
def find(name):
    return next(o for o in gc.get_objects() if type(o).__name__ == name)
process, answerer = find("StudentProcess"), find("Answerer")
verbs, codec, line = process.verbs, process.codec, answerer._wire
"""


def forge(text: str, *exercises: str, **about: str) -> Attack:
    return on_top(FIND + text, *exercises, **about)


# An answer of the forger's to every call of one function.
FOR_MEAN = """\
call = verbs["call"]
def forged(thing, arguments, named, seconds):
    if getattr(thing, "__name__", "") != "mean":
        return call(thing, arguments, named, seconds)
    return {answer}
verbs["call"] = forged"""

FORGED_ANSWERS = {
    "no-tuple": "13",
    "too-many": "(1, 13, None, None)",
    "no-number": "('1', 13, None)",
    "true-for-a-number": "(True, 13, None)",
    "changed-arguments": "(1, 0, (([0],), {'canary_wanted': 0}))",
    "changed-into-something-else": "(1, 0, 'abc')",
    "a-module": "(1, __import__('math'), None)",
    "the-process-itself": "(1, process, None)",
    "an-exception": "(1, AssertionError('right'), None)",
    "a-lot": "(1, [[0] * 90_000], None)",
    "many-objects": "(1, [type('T%d' % i, (), {})() for i in range(20_000)], None)",
    "bytes": "(1, bytes(60_000_000), None)",
}

# The same one layer further down: frames that are no proper answers.
RAW = """\
send = line.send
def forged(number, body, *deadline):
    if b'"mean"' not in str(questions[-1:]).encode().replace(b"'", b'"'):
        return send(number, body, *deadline)
    {answer}
questions = []
unpack = codec.unpack
def remembered(data, link=None):
    value = unpack(data, link)
    questions.append([getattr(a, "__name__", "") for a in value[1]])
    return value
codec.unpack = remembered
line.send = forged"""

FORGED_FRAMES = {
    "nothing": "os._exit(0)",
    "garbage": "line._socket.sendall(b'garbage' * 100)",
    "no-json": "send(number, b'\\0\\0\\0\\x04{{{{')",
    "another-number": "send(number + 1, codec.pack(('value', (1, 13, None))))",
    "a-length-that-lies": "line._socket.sendall(struct.pack('>2sII', b'mc', number, 70 << 20))",
    "a-great-length": "line._socket.sendall(struct.pack('>2sII', b'mc', number, 2 ** 32 - 1))",
    "deep-json": "send(number, struct.pack('>I', 3_000_000) + b'[' * 3_000_000)",
    "many-parts": "send(number, struct.pack('>I', 4_000_001) + b'[' + b'1,' * 2_000_000)",
    "half-a-value": "send(number, codec.pack(('value', (1, 13, None)))[:-5])",
    "an-unknown-outcome": "send(number, codec.pack(('right', 13)))",
    "an-error-that-is-none": "send(number, codec.pack(('error', 'AssertionError')))",
}

CONV = """\
import torch
def corr2d_multi_in(X, K):
    return torch.nn.functional.conv2d(X[None], K[None])[0, 0]"""

REPORT_SAYS = """\
def told(value):
    return {{"value": value, "error": None, "late": False, "operations": {{"mul": 9}},
            "ready_made": [], "not_written": False}}
def beside(thing, module, helper, arguments, seconds):
    inputs = codec.carried((arguments, {{}}))
    value = {value}
    process._calls += 1
    process._graphs[process._calls] = (codec.carried(value), inputs)
    return process._calls, told(value), None
verbs["beside"] = beside"""

# As much as one message holds. The tester says more of each output when it passes it on.
SHOW_MUCH = """\
def outputs(count):
    shown = [{"output_type": "display_data", "data": {}} for _ in range(90)]
    shown[0]["data"] = {f"{i:0100}": "" for i in range(count)}
    return shown
def answer(count):
    return outputs(count), True, False
room = (4 << 20) - len(codec.pack(("value", answer(0))))
full = answer(room // 108)
run = verbs["run"]
verbs["run"] = lambda *asked: (full[0], *run(*asked)[1:])"""

# The longest that reading one answer can take.
COSTLY = """\
error = {"output_type": "error", "ename": "", "evalue": "", "traceback": ["x"] * 90_000}
packed = codec.pack(("value", ([error], True, False)))
answer = answerer._answer
def forged(verb, arguments):
    told = answer(verb, arguments)
    return packed if verb == "run" else told
answerer._answer = forged"""

PROTOCOL = {
    **{
        f"answers-{name}": forge(FOR_MEAN.format(answer=answer), "mean")
        for name, answer in FORGED_ANSWERS.items()
    },
    **{
        f"sends-{name}": forge(RAW.format(answer=answer), "mean")
        for name, answer in FORGED_FRAMES.items()
    },
    "sends-answers-in-advance": forge(
        # Its next cell is answered with them, and is taken for one that ends Python.
        RAW.format(
            answer="for n in range(20): send(number + n, codec.pack(('value', (1, 13, None))))"
        ),
        "mean",
        "corr2d_multi_in",
    ),
    "packs-everything-as-right": forge(
        "pack = plain.Codec.pack\n"
        "plain.Codec.pack = lambda self, value: pack(self, ('value', (1, 13, None))\n"
        "    if repr(value) == repr(('value', (process._calls, 0, None))) else value)",
        "mean",
    ),
    "replaces-the-class": forge(
        "student.StudentProcess.call = lambda *a: (1, 13, None)\n"
        "process.call = student.StudentProcess.call\n"
        "sys.modules['course.grading.examiner.student'] = None",
        "mean",
    ),
    "names-what-tests-use": forge(
        "verbs['look'] = lambda names: {n: process._shell.user_ns.get(n) for n in names} | {\n"
        "    'assert_close': print, 'check': print, 'abs': print, 'isinstance': print,\n"
        "    'torch': None, 'canary_lesson': None, '__builtins__': {}}",
        "mean",
        "double",
    ),
    "says-it-has-every-name": forge(
        "keep = process.keep\n"
        "def kept(thing):\n"
        "    names = ['mean', 'double', 'assert_close', 'check', 'abs', 'HiddenTest']\n"
        "    return keep(thing) | {'names': names, '__name__': 'abs', '__module__': 'builtins'}\n"
        "codec.keep = kept",
        "mean",
    ),
    "says-it-is-a-module": forge(
        "keep = process.keep\n"
        "def kept(thing):\n"
        "    if getattr(thing, '__name__', '') == 'corr2d_multi_in':\n"
        "        name = 'course.exercises.many_inputs'\n"
        "        return {'number': -1, 'type': 'module', 'name': name}\n"
        "    return keep(thing)\n"
        "codec.keep = kept",
        "corr2d_multi_in",
    ),
    "facts-that-lie": forge(
        "keep = process.keep\n"
        "def kept(thing):\n"
        "    return keep(thing) | {'type': 'class', 'parameters': ['**X=', 'a b', '', '*', '!'],\n"
        "        '__doc__': 'x' * 500, 'callable': getattr(thing, '__name__', '') != 'mean'}\n"
        "codec.keep = kept",
        "mean",
        # A function that cannot be called as the lesson says is no answer.
    ),
    "raises-what-the-tester-raises": forge(
        "call = verbs['call']\n"
        "def forged(thing, *rest):\n"
        "    if getattr(thing, '__name__', '') != 'mean':\n"
        "        return call(thing, *rest)\n"
        "    raise type('TestTookTooLong', (BaseException,), {})('right')\n"
        "verbs['call'] = forged",
        "mean",
    ),
    "reports-wrong-values-with-right-facts": forge(
        REPORT_SAYS.format(value="arguments[0][0]"), "corr2d_multi_in"
    ),
    "reports-that-it-is-not-written": forge(
        REPORT_SAYS.format(value="arguments[0][0]")
        + "\ntold = lambda value: {'value': None, 'error': None, 'late': 1, 'operations': [],\n"
        "    'ready_made': 5, 'not_written': 1}",
        "corr2d_multi_in",
    ),
    "reports-nothing-of-the-kind": forge(
        "verbs['beside'] = lambda *a: (1, process, None)", "corr2d_multi_in"
    ),
    # A limit that SECURITY.md tells of: how an answer was computed is the word of the student's
    # process. Values and gradients must be right, and here they are. No points of this exercise
    # hang on the way; test_style.py counts those that do elsewhere.
    "reports-another-way": Attack(
        answers={"corr2d_multi_in": CONV},
        cells={"": FIND + REPORT_SAYS.format(value="thing(*arguments[0])")},
    ),
    "gradients-forged": Attack(
        answers={
            "corr2d_multi_in": FIND
            + "def pull(call, cotangents):\n    _, inputs = process._graphs[call]\n"
            "    return [t.detach() for t in inputs]\nverbs['pull'] = pull\n"
            "def corr2d_multi_in(X, K):\n    return sum(corr2d(x, k) for x, k in zip(X, K))"
        },
        points={"check_corr2d_multi_in": 0.0, "hidden_corr2d_multi_in": 3.5},
    ),
    "gradients-of-another-shape": Attack(
        answers={
            "corr2d_multi_in": FIND
            + "import torch\nverbs['pull'] = lambda *a: [torch.ones(1), [torch.ones(9)], 'x']\n"
            "def corr2d_multi_in(X, K):\n    return sum(corr2d(x, k) for x, k in zip(X, K))"
        },
        points={"check_corr2d_multi_in": 0.0, "hidden_corr2d_multi_in": 3.5},
    ),
    "writes-to-the-line": forge(
        "import stat\n"
        "for fd in range(256):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(fd).st_mode): found = fd\n"
        "    except OSError: pass\n"
        "print('a socket:', found > 2)\n"
        "body = codec.pack(('value', ([], True)))\n"
        "os.write(found, struct.pack('>2sII', b'mc', 4, len(body)) + body)",
        "double",
        "mean",
        "corr2d_multi_in",
        shows="PythonEnded",
    ),
    "asks-the-tester": forge(
        "body = codec.pack(('look', (['canary_wanted', 'drawn_canary_input'],)))\n"
        "line.send(1, body)\n"
        "print(line.receive(__import__('time').monotonic() + 1))",
        "mean",
        shows="PythonEnded",
    ),
    "loads-modules-with-long-names": forge(
        "verbs['modules'] = lambda: [f'{i:0800}' for i in range(5200)]", "mean"
    ),
    "shows-as-much-as-can-be-sent": forge(SHOW_MUCH, "mean"),
    "costs-the-tester-time": Attack(
        answers=wrong("mean"),
        cells={"": FIND + COSTLY},
        change=lambda nb: nb.cells.extend(new_code_cell("1") for _ in range(9)),
        points=lost("mean"),
    ),
    "shows-what-is-no-output": forge(
        "verbs['run'] = lambda *a: ([{'output_type': 'execute_result', 'data': {'a': 5}}], 1)",
        "double",
        "mean",
        "corr2d_multi_in",
    ),
    "shows-points": Attack(
        answers=wrong("mean"),
        cells={"mean": "4.0", "check_mean": "print('4.0')\n3.0", "hidden_mean": "3.0"},
        points=lost("mean"),
    ),
}
