"""Wrong answers made mechanically: one small change to the syntax tree of a solution each."""

import ast
import copy
from collections.abc import Callable, Iterator

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Mod: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
}
METHODS = {
    "sum": ("mean",),
    "mean": ("sum",),
    "stack": ("cat",),
    "cat": ("stack",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "max": ("min",),
    "reshape": ("repeat",),
    "abs": ("neg",),
    "matmul": ("mul",),
    "step": ("zero_grad",),
}

Change = Callable[[ast.AST], None]


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every mutant of a source text, as (name, source); the name is `old -> new` of its line.

    >>> dict(mutants("def f(x):\\n    return x + 1"))["return x + 1 -> return x - 1"]
    'def f(x):\\n    return x - 1'
    """
    original = ast.parse(source)
    text = ast.unparse(original)
    seen = {text}
    for position, node in enumerate(ast.walk(original)):
        for change in changes(node):
            tree = copy.deepcopy(original)
            change(next(n for i, n in enumerate(ast.walk(tree)) if i == position))
            mutant = ast.unparse(ast.fix_missing_locations(tree))
            if mutant not in seen:
                seen.add(mutant)
                yield name_change(text, mutant), mutant


def name_change(old: str, new: str) -> str:
    """The first line that differs, before and after."""
    pairs = zip(old.split("\n"), new.split("\n"), strict=False)
    before, after = next((o, n) for o, n in pairs if o != n)
    return f"{before.strip()} -> {after.strip()}"


def changes(node: ast.AST) -> Iterator[Change]:
    """The ways in which one node of a tree is changed."""
    match node:
        case ast.BinOp(op=op):
            for other in OPERATORS.get(type(op), ()):
                yield lambda n, other=other: setattr(n, "op", other())
        case ast.AugAssign(op=op):
            for other in OPERATORS.get(type(op), ()):
                yield lambda n, other=other: setattr(n, "op", other())
        case ast.UnaryOp(op=ast.USub()):
            yield lambda n: setattr(n, "op", ast.UAdd())
        case ast.Compare(ops=[op]):
            for comparison in COMPARISONS.get(type(op), ()):
                yield lambda n, other=comparison: setattr(n, "ops", [other()])
        case ast.BoolOp(op=op):
            opposite = ast.And if isinstance(op, ast.Or) else ast.Or
            yield lambda n: setattr(n, "op", opposite())
        case ast.Constant(value=bool()):
            yield lambda n: setattr(n, "value", not n.value)
        case ast.Constant(value=int() | float() as value):
            for other in (value + 1, value - 1):
                yield lambda n, other=other: setattr(n, "value", other)
        case ast.If() | ast.IfExp():
            yield lambda n: setattr(n, "test", ast.Constant(True))
            yield lambda n: setattr(n, "test", ast.Constant(False))
        case ast.Attribute(attr=attr):
            for other in METHODS.get(attr, ()):
                yield lambda n, other=other: setattr(n, "attr", other)
        case ast.Call(args=args, keywords=keywords):
            if len(args) > 1:
                yield lambda n: n.args.__setitem__(slice(0, 2), n.args[1::-1])
                yield lambda n: n.args.pop()
            for position in range(len(keywords)):
                yield lambda n, position=position: n.keywords.pop(position)
        case ast.Slice(lower=lower, upper=upper):
            if lower is not None:
                yield lambda n: setattr(n, "lower", None)
            if upper is not None:
                yield lambda n: setattr(n, "upper", None)
        case ast.Tuple(elts=[_, _, *_]):
            yield lambda n: n.elts.__setitem__(slice(0, 2), n.elts[1::-1])
            yield lambda n: n.elts.__setitem__(slice(-2, None), n.elts[:-3:-1])
        case ast.Return(value=value) if value is not None:
            yield lambda n: setattr(n, "value", None)
    for field in ("body", "orelse"):
        body = getattr(node, field, None)
        if isinstance(body, list) and not isinstance(node, ast.Module):
            for position, statement in enumerate(body):
                docstring = isinstance(statement, ast.Expr) and isinstance(
                    statement.value, ast.Constant
                )
                if not docstring and not isinstance(statement, ast.Return | ast.Pass):
                    yield lambda n, position=position, field=field: getattr(n, field).__setitem__(
                        position, ast.Pass()
                    )
