"""Attacks that want points for wrong answers: by the shell, by names, by what is returned."""

from tests.attacks.attack import Attack, instead, lost, on_top, wrong

STRIP_ASSERTS = """\
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Strip())"""

RUN_NOTHING = """\
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult
shell = get_ipython()
run = shell.run_cell_async
async def run_answers_only(text, *arguments, **named):
    if "def " in text or "import" in text:
        return await run(text, *arguments, **named)
    return ExecutionResult(ExecutionInfo(text, False, False, False, None, "x"))
shell.run_cell_async = run_answers_only"""

DROP_ERRORS = """\
kernel = getattr(get_ipython(), "kernel", None)
print("a kernel:", kernel)
if kernel:
    send = kernel.session.send
    def send_no_error(stream, kind, content=None, *arguments, **named):
        if kind == "error":
            return
        if kind == "execute_reply":
            content = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
        return send(stream, kind, content, *arguments, **named)
    kernel.session.send = send_no_error"""

SHADOW_ALL = """\
def nothing(*arguments, **named):
    return None
class HiddenTest:
    def __init__(self, function): pass
    def __getattr__(self, name): return nothing
    def points(self): return 4.0
assert_close = check = print = abs = nothing
canary_lesson = hidden = HiddenTest(None)
isinstance = hasattr = lambda *arguments: True
canary_got = canary_wanted = canary_given = drawn_canary_input = 0
__name__ = __file__ = "course.checking.hidden\""""

SAYS_YES = """\
class Yes:
    def yes(self, *arguments):
        return True
    def itself(self, *arguments):
        return self
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = __instancecheck__ = yes
    __ne__ = lambda self, other: False
    __abs__ = __sub__ = __rsub__ = __add__ = __getitem__ = __getattr__ = __call__ = itself
    __hash__ = object.__hash__
    __float__ = lambda self: 13.0
    __index__ = __int__ = __len__ = lambda self: 13
    __class__ = property(lambda self: {kind})
def {name}(*arguments):
    return Yes()"""

TENSOR_THAT_LIES = """\
import torch
class Close(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        if function in (torch.isclose, torch.allclose, torch.eq, torch.equal):
            return torch.tensor(True)
        return super().__torch_function__(function, types, arguments, named or {{}})
    shape = property(lambda self: torch.Size({shape}))
    dtype = property(lambda self: torch.float32)
    def __eq__(self, other):
        return torch.tensor(True)
    def tolist(self):
        return [2.0, 4.0]
def {name}(*arguments):
    return torch.zeros(1).as_subclass(Close)"""

FIND_THE_CALLER = """\
import sys
def mean(values):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if name in ("canary_wanted", "expected", "reference", "solution"):
                return value
        frame = frame.f_back
    return 0"""

ON_THE_BUILTINS = """\
import builtins
builtins.abs = builtins.round = lambda *values: 0"""

VERDICT = {
    "displayhook": instead(
        "mean",
        "import sys\ndef mean(values):\n"
        "    get_ipython().displayhook(1.0)\n    sys.displayhook(1.0)\n    raise ValueError",
        table=2,
        stock="as many points as it says",
    ),
    "displayhook-nan": instead(
        "mean",
        "def mean(values):\n    get_ipython().displayhook(float('nan'))\n    raise ValueError",
        table=3,
        stock="full marks",
    ),
    "displayhook-500": instead(
        "mean",
        "def mean(values):\n    get_ipython().displayhook(500)\n    raise ValueError",
        table=4,
        stock="the submission is not graded",
    ),
    "transforms-text": on_top(
        "get_ipython().input_transformers_post.append(\n"
        "    lambda lines: ['pass\\n'] if 'assert ' in ''.join(lines) else lines)",
        "mean",
        table=5,
        stock="full marks",
    ),
    "transforms-syntax": on_top(STRIP_ASSERTS, "mean", table=6, stock="full marks"),
    "runs-nothing": on_top(RUN_NOTHING, "mean", "double", table=7, stock="full marks"),
    "drops-errors": on_top(
        DROP_ERRORS, "mean", table=8, stock="full marks", shows="a kernel: None"
    ),
    "shadows-all-names": on_top(
        SHADOW_ALL, "double", "mean", "corr2d_multi_in", table=9, stock="full marks"
    ),
    "shadows-after-the-answer": Attack(
        9,
        "full marks",
        wrong("double"),
        {"double": "def assert_close(*a, **k): pass\ndef check(*a): pass\ntorch = None"},
        points=lost("double"),
    ),
    "overwrites-code": on_top(
        "import torch.testing\ndef nothing(*a, **k): pass\n"
        "torch.testing.assert_close.__code__ = nothing.__code__\n"
        "assert_close.__code__ = nothing.__code__\ncheck.__class__.__call__ = nothing",
        "double",
        table=10,
        stock="full marks",
    ),
    "equals-everything": instead(
        "mean", SAYS_YES.format(name="mean", kind="int"), table=11, stock="full marks"
    ),
    "equals-every-tensor": instead(
        "double", SAYS_YES.format(name="double", kind="torch.Tensor"), table=11, stock="full marks"
    ),
    "tensor-that-lies": instead("double", TENSOR_THAT_LIES.format(name="double", shape=[2])),
    "tensor-that-lies-of-corr": instead(
        "corr2d_multi_in", TENSOR_THAT_LIES.format(name="corr2d_multi_in", shape=[2, 2])
    ),
    "shows-no-traceback": on_top(
        "shell = get_ipython()\nshell.showtraceback = shell._showtraceback = lambda *a, **k: None",
        "mean",
        table=13,
        stock="0",
    ),
    "handles-exceptions": on_top(
        "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)",
        "mean",
        table=14,
        stock="0",
    ),
    "clears-outputs": on_top(
        "from IPython.display import clear_output\n"
        "get_ipython().events.register('post_run_cell', lambda *a: clear_output())",
        "mean",
        table=15,
        stock="0",
    ),
    "captures-outputs": on_top(
        "import ipywidgets\nout = ipywidgets.Output()\n"
        "get_ipython().events.register('pre_run_cell', lambda *a: out.__enter__())",
        "mean",
        table=16,
        stock="0",
    ),
    "knows-the-visible-case": Attack(
        59,
        "the visible points, as here",
        {"mean": "def mean(values):\n    return 3 if values == [1, 2, 6] else 0"},
        points={"hidden_mean": 0.0},
    ),
    "counts-calls": instead(
        "double",
        "calls = []\ndef double(x):\n    calls.append(x)\n"
        "    return 2 * x if len(calls) == 1 else calls[0]",
        points={"hidden_double": 0.0},
    ),
    "sees-that-it-is-graded": instead(
        "double",
        "import os\ndef double(x):\n    return x if os.environ.get('COURSE_GRADED') else 2 * x",
        table=59,
        stock="possible, and of no use",
    ),
    "warns": Attack(
        60,
        "0 points although it is right",
        {
            "mean": "import sys, warnings\ndef mean(values):\n    warnings.warn('slow')\n"
            "    print('slow', file=sys.stderr)\n    return sum(values) / len(values)"
        },
    ),
    "looks-for-the-caller": instead("mean", FIND_THE_CALLER),
    "replaces-builtins": on_top(ON_THE_BUILTINS, "mean"),
    "takes-builtins-away": Attack(
        # Its own answers lose theirs: no `sum`, no `len`, no `zip`.
        cells={"": "__builtins__ = {}"},
        points=lost("mean", "corr2d_multi_in"),
    ),
    "deletes-given-names": Attack(cells={"": "pass", "double": "del assert_close, check"}),
    "overwrites-a-given-function": instead(
        "double",
        "def corr2d(X, K):\n    return X\ndef double(x):\n    return x",
        points=lost("double", "corr2d_multi_in"),
    ),
    "one-function-for-all": instead(
        "mean",
        "def mean(values):\n    return 3\ncheck_mean = hidden_mean = mean",
        points={"hidden_mean": 0.0},
    ),
    "changes-its-input": instead("double", "def double(x):\n    return x.zero_()"),
    "changes-its-list": instead(
        "mean", "def mean(values):\n    values[:] = [0]\n    return values[0]"
    ),
    "changes-earlier-answers": instead(
        "double",
        "import torch\nlast = torch.zeros(2)\n"
        "def double(x):\n    global last\n    last.resize_(x.shape).copy_(2 * x)\n"
        "    last, before = torch.zeros(2), last\n    return last",
    ),
    "returns-a-generator": instead(
        "mean", "def mean(values):\n    yield sum(values) / len(values)"
    ),
    "returns-a-promise": instead(
        "mean", "async def mean(values):\n    return sum(values) / len(values)"
    ),
    "returns-nan": instead("mean", "def mean(values):\n    return float('nan')"),
    "returns-infinity": instead("mean", "def mean(values):\n    return float('inf')"),
    "returns-true": instead("mean", "def mean(values):\n    return True"),
    "returns-a-huge-number": instead("mean", "def mean(values):\n    return 7 ** 100_000"),
    "returns-a-loop": instead(
        "mean", "def mean(values):\n    a = []\n    a.append(a)\n    return a"
    ),
    "returns-a-deep-list": instead(
        "mean",
        "def mean(values):\n    a = []\n    for _ in range(100_000): a = [a]\n    return a",
    ),
    "returns-a-number-of-its-own": instead(
        "mean",
        "class Number(int):\n    def __sub__(self, other): return 0\n    __rsub__ = __sub__\n"
        "    def __eq__(self, other): return True\n"
        "    def __abs__(self): return 0\n    __hash__ = None\n"
        "def mean(values):\n    return Number(0)",
    ),
    "returns-a-huge-view": instead(
        "double", "import torch\ndef double(x):\n    return torch.zeros(1).expand(10 ** 12)"
    ),
    "returns-no-memory": instead(
        "double", "import torch\ndef double(x):\n    return torch.empty(x.shape, device='meta')"
    ),
    "returns-a-sparse-tensor": instead(
        "double", "import torch\ndef double(x):\n    return torch.zeros(x.shape).to_sparse()"
    ),
    "returns-an-empty-tensor": instead(
        "double", "import torch\ndef double(x):\n    return torch.empty(0)"
    ),
    "ends-by-stop-iteration": instead("mean", "def mean(values):\n    raise StopIteration"),
    "leaves-the-test": instead("mean", "import sys\ndef mean(values):\n    sys.exit(0)"),
    "interrupts-the-test": instead("mean", "def mean(values):\n    raise KeyboardInterrupt"),
    "is-not-written": instead(
        "corr2d_multi_in", "def corr2d_multi_in(X, K):\n    raise NotImplementedError()"
    ),
    "exception-of-a-known-name": instead(
        "corr2d_multi_in",
        "class _Lost(Exception): pass\nclass TookTooLong(BaseException): pass\n"
        "class PythonEnded(RuntimeError): pass\n"
        "def corr2d_multi_in(X, K):\n    raise [_Lost, TookTooLong, PythonEnded][len(X) % 3]('no')",
    ),
    "exception-that-says-nothing": instead(
        "mean",
        "class Silent(Exception):\n    def __str__(self): raise SystemExit\n"
        "    __repr__ = __str__\n    def __getattr__(self, name): raise SystemExit\n"
        "def mean(values):\n    raise Silent",
    ),
    "exception-that-says-a-lot": instead(
        "mean", "def mean(values):\n    raise ValueError('x' * 100_000_000)"
    ),
    "gradient-of-another-function": Attack(
        answers={
            "corr2d_multi_in": """\
import torch
class Forged(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, K):
        ctx.save_for_backward(X, K)
        return sum(corr2d(x, k) for x, k in zip(X, K))
    @staticmethod
    def backward(ctx, G):
        return tuple(torch.ones_like(t) for t in ctx.saved_tensors)
def corr2d_multi_in(X, K):
    return Forged.apply(X, K)"""
        },
        points={"check_corr2d_multi_in": 0.0, "hidden_corr2d_multi_in": 3.5},
    ),
}
