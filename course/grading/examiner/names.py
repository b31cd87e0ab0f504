"""Which of the lesson's own statements a test needs, and which names it needs of the student."""

import ast
import builtins
import dis
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Literal

from IPython.core.inputtransformer2 import TransformerManager

Kind = Literal["answer", "own", "given", "test"]

# What IPython and Python bring along, so that no student is asked for it.
BROUGHT_ALONG = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__", "__file__", "In"}
LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_GLOBALS"}
STORES = {"STORE_NAME", "STORE_GLOBAL"}
WHOLE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Part:
    """What the tester runs of one cell.

    source : for a test the whole cell; for a given cell the statements that some test needs
    asks : the names that this source takes from the student's process
    """

    source: str = ""
    asks: tuple[str, ...] = ()


@dataclass
class _Statement:
    cell: int
    source: str
    binds: set[str]
    needs: set[str]
    everything: bool = False
    chosen: bool = field(default=False)


def what_tests_need(
    cells: Sequence[tuple[Kind, str]], students: frozenset[str] = frozenset()
) -> list[Part]:
    """Say for each cell what the tester runs of it.

    cells : kind and source of every code cell, in order
    students : names that the released answer cells define; the lesson's own never stand in for them

    A test is run whole. Of a given cell come the statements that bind a name which a test loads,
    or which such a statement loads. All other names are asked of the student's process.

    >>> cells = [("given", "import math\\nr = 2"), ("answer", ""), ("test", "assert area(r) > 12")]
    >>> [(part.source, part.asks) for part in what_tests_need(cells)]
    [('r = 2', ()), ('', ()), ('assert area(r) > 12', ('area',))]
    """
    return list(_what_tests_need(tuple(cells), students))


@lru_cache(maxsize=64)
def _what_tests_need(
    cells: tuple[tuple[Kind, str], ...], students: frozenset[str]
) -> tuple[Part, ...]:
    given = [s for at, (kind, text) in enumerate(cells) if kind == "given" for s in _read(at, text)]
    tests = {at: _read(at, text) for at, (kind, text) in enumerate(cells) if kind == "test"}
    wanted = {name for statements in tests.values() for s in statements for name in s.needs}
    last_test = max(tests, default=-1)
    _choose([s for s in given if s.cell < last_test], wanted, students)
    parts, bound = [], set(BROUGHT_ALONG)
    asked_before: set[str] = (
        set()
    )  # what given functions take from the student when tests call them
    for at, (kind, text) in enumerate(cells):
        chosen = tests.get(at) or [s for s in given if s.cell == at and s.chosen]
        asks = sorted(asked_before) if kind == "test" else []
        here: set[str] = set()
        for statement in chosen:
            asks += sorted(statement.needs - bound - here - set(asks))
            here |= statement.binds
        if kind == "given":
            bound |= here - students
            asked_before |= set(asks)
        source = text if kind == "test" else "\n".join(s.source for s in chosen)
        parts.append(Part(source, tuple(asks)))
    return tuple(parts)


def _choose(given: list[_Statement], wanted: set[str], students: frozenset[str]) -> None:
    """Mark the statements that bind what is wanted, and what those want, until nothing is new."""
    found = True
    while found:
        found = False
        for statement in given:
            if not statement.chosen and (
                statement.everything or statement.binds & wanted - students
            ):
                statement.chosen = found = True
                wanted |= statement.needs


def defined_names(source: str) -> frozenset[str]:
    """The names that a cell's text binds at its top level.

    >>> sorted(defined_names("def area(r): return 3 * r\\nsize = area(2)"))
    ['area', 'size']
    """
    return frozenset(name for statement in _read(0, source) for name in statement.binds)


def _read(cell: int, source: str) -> list[_Statement]:
    """The statements of a cell; none if it is no Python, which then is the tester's to tell."""
    try:
        text = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
        body = [part for node in ast.parse(text).body for part in _single(node)]
        return [_statement(cell, text, node) for node in body]
    except (SyntaxError, ValueError):
        return []


def _single(node: ast.stmt) -> list[ast.stmt]:
    """An import of several names as one import each, so that a test gets those it needs."""
    if isinstance(node, ast.Import):
        return [ast.Import([alias]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [node]


def _statement(cell: int, text: str, node: ast.stmt) -> _Statement:
    module = ast.fix_missing_locations(ast.Module([node], type_ignores=[]))
    code = compile(module, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    stores: set[str] = set()
    needs: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in LOADS and instruction.argval not in stores:
            needs.add(instruction.argval)
        elif instruction.opname in STORES:
            stores.add(instruction.argval)
    stores |= {i.argval for c in _inside(code) for i in _global_stores(c)}
    needs |= {i.argval for c in _inside(code) for i in _loads(c)} - stores
    everything = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    # The segment of a definition would leave its decorators out, and split imports have none.
    source = ast.unparse(node) if isinstance(node, WHOLE) else ast.get_source_segment(text, node)
    return _Statement(cell, source or "", stores | _changed(node), needs, everything)


def _inside(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inside(constant)


def _loads(code: CodeType) -> Iterator[dis.Instruction]:
    return (i for i in dis.get_instructions(code) if i.opname in LOADS)


def _global_stores(code: CodeType) -> Iterator[dis.Instruction]:
    return (i for i in dis.get_instructions(code) if i.opname == "STORE_GLOBAL")


def _changed(node: ast.stmt) -> set[str]:
    """Names whose value the statement changes: `X[0] = 1`, `layer.bias = b`, `values.append(3)`."""
    targets: list[ast.expr] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign):
            targets += inner.targets
        elif isinstance(inner, ast.AugAssign | ast.AnnAssign):
            targets.append(inner.target)
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            targets.append(inner.value.func)
    single = [part for t in targets for part in (t.elts if isinstance(t, ast.Tuple) else [t])]
    parts = [t for t in single if isinstance(t, ast.Subscript | ast.Attribute)]
    return {name for part in parts for name in _base(part)}


def _base(target: ast.expr) -> set[str]:
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return {target.id} if isinstance(target, ast.Name) else set()
