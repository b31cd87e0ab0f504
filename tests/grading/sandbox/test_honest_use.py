"""What a lesson asks for works behind all walls."""

import pytest

from tests.grading.sandbox.conftest import warm_process

FIT = "from sklearn.linear_model import Ridge; print(Ridge(0).fit([[1], [2]], [2, 4]).coef_)"
RING = """
import signal
signal.signal(signal.SIGALRM, lambda *_: print('rang'))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
"""


@pytest.fixture(scope="module")
def warm(isolation):
    process = warm_process("torch", "matplotlib.pyplot", "IPython")
    yield process
    process.close()


def test_torch_multiplies_and_differentiates_with_two_threads(warm):
    code = """
import torch
torch.set_num_threads(2)
X = torch.randn(600, 500, requires_grad=True)
(X @ torch.randn(500, 400)).relu().sum().backward()
Y = torch.nn.functional.conv2d(torch.randn(2, 3, 64, 64), torch.randn(8, 3, 5, 5))
print(X.grad.shape, Y.shape, torch.get_num_threads())
"""
    expected = "torch.Size([600, 500]) torch.Size([2, 8, 60, 60]) 2"
    assert warm.out(code) == expected


def test_torch_trains_saves_and_loads(warm):
    code = """
import torch
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Conv2d(4, 1, 3))
step = torch.optim.Adam(net.parameters())
data = torch.utils.data.TensorDataset(torch.randn(8, 3, 10, 10))
for (X,) in torch.utils.data.DataLoader(data, batch_size=4, shuffle=True):
    step.zero_grad(); net(X).square().mean().backward(); step.step()
torch.save(net.state_dict(), 'net.pt')
print(net.load_state_dict(torch.load('net.pt')))
"""
    assert warm.out(code) == "<All keys matched successfully>"


def test_numpy_solves(warm):
    code = """
import numpy as np
A = np.random.default_rng(0).normal(size=(300, 300))
print(np.allclose(A @ np.linalg.solve(A, np.ones(300)), 1), np.linalg.svd(A)[1].shape)
np.save('a.npy', A); print(np.load('a.npy', mmap_mode='r').shape)
"""
    assert warm.out(code).splitlines() == ["True (300,)", "(300, 300)"]


def test_matplotlib_saves_a_figure(warm):
    code = """
import io, matplotlib.pyplot as plt
fig, ax = plt.subplots(); ax.imshow([[1, 2], [3, 4]]); ax.set_title('Größe $x^2$')
fig.savefig('a.png'); fig.savefig(file := io.BytesIO(), format='svg')
print(len(open('a.png', 'rb').read()) > 1000, len(file.getvalue()) > 1000)
"""
    assert warm.out(code) == "True True"


def test_ipython_runs_cells_and_awaits(warm):
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell('import asyncio\\nawait asyncio.sleep(0.01)\\nanswer = 6 * 7', store_history=True)
print(shell.user_ns['answer'], shell.run_cell('1 / 0').error_in_exec)
"""
    assert warm.out(code) == "42 division by zero"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import asyncio; print(asyncio.run(asyncio.sleep(0.01, 'slept')))", "slept"),
        ("import asyncio; print(asyncio.run(asyncio.to_thread(sum, [1, 2])))", "3"),
        ("import tempfile; print(tempfile.mkdtemp().startswith('/scratch'))", "True"),
        ("import tempfile; f = tempfile.TemporaryFile(); print(f.write(b'abc'))", "3"),
        ("import time; print(time.process_time() >= 0, time.sleep(0.01))", "True None"),
        ("import os; print(os.cpu_count() >= 1, os.getcwd())", "True /scratch"),
        ("import os, random, secrets; print(len(os.urandom(2) + secrets.token_bytes(2)))", "4"),
        ("import pathlib; print(pathlib.Path('~').expanduser())", "/scratch"),
        ("import getpass; print(getpass.getuser())", "student"),
        ("import multiprocessing as m; l = m.Lock(); print(l.acquire())", "True"),
        ("import multiprocessing.dummy as m; print(m.Pool(2).map(abs, [-1, 2]))", "[1, 2]"),
        ("import sqlite3; print(sqlite3.connect('a.db').execute('select 1').fetchall())", "[(1,)]"),
        ("import datetime, zoneinfo; print(datetime.datetime.now().year > 2000)", "True"),
        ("import sys; print(sys.stdout.isatty(), sys.stdin.read())", "False "),
        ("import shutil, os; os.mkdir('a'); shutil.move('a', 'b'); print(os.listdir())", "['b']"),
        (FIT, "[2.]"),
        (RING, "rang"),
        ("from concurrent.futures import ThreadPoolExecutor as P; print(*P(4).map(abs, [1]))", "1"),
        ("import resource; print(resource.getrusage(0).ru_maxrss > 0)", "True"),
        ("import mmap; print(len(mmap.mmap(-1, 4096)))", "4096"),
    ],
)  # fmt: skip
def test_python_can(warm, code, expected):
    assert warm.out(code) == expected
