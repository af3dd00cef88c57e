"""Mutation tests of the arithmetic of money: each small lie in the source has to fail a test.

`python -m tests.mutants` goes through every module of `WATCHED`, `python -m tests.mutants money vat` through some. Each
mutant lives in a fork of its own, which imports the changed source and runs the tests of the module until one fails.
What survives and does not stand in `EQUAL`, with the reason why it changes nothing, makes the exit code 1.
"""

import ast
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Final

import hypothesis
import pytest
import pytestqt.plugin

ROOT: Final = Path(__file__).resolve().parent.parent
DOMAIN: Final = ROOT / "pos_client" / "domain"
AT_ONCE: Final = 2
LONGEST: Final = 60
"""Seconds of the processor's time, however busy the machine is; a mutant that loops for ever is dead."""

_RECEIPTS: Final = ("test_receipt_golden.py", "test_receipt.py", "test_receipt_storm.py", "test_refund.py")
_REFUNDS: Final = (
    "test_refund_backs.py",
    "test_settled_twice.py",
    "test_refund.py",
    "test_receipt_golden.py",
    "test_receipt_storm.py",
)
WATCHED: Final = {
    "money": ("test_money.py", *_RECEIPTS),
    "vat": ("test_vat.py", *_RECEIPTS),
    "settling": ("test_vat.py", *_RECEIPTS),
    "payment": ("test_payment.py", "test_sale.py", *_RECEIPTS),
    "receipt": _RECEIPTS,
    "returnable": ("test_returnable.py", "test_registrable.py"),
    "registrable": ("test_registrable.py", "test_returnable.py"),
    "originals": ("test_originals.py", *_REFUNDS),
    "paid_order": _REFUNDS,
    "refund": _REFUNDS,
    "correction": ("test_correction.py", "test_receipt_golden.py"),
    "loyalty": ("test_base_quote.py", "test_loyalty_values.py", "test_sale.py", *_RECEIPTS),
}
"""Modules, and the tests that hold them, those first that kill fastest."""

EQUAL: Final = {
    "money.largest_remainder: 1 → 2": "equal weights are equal at any size",
    "money.largest_remainder: 0 → 1": "a total of nothing has no sign",
    "money.largest_remainder: total < 0 → total <= 0": "a total of nothing has no sign",
    "money.Money.from_roubles: 1 → 2": "quantize looks at the exponent alone",
    "payment.split_equally: 1 → 2": "equal weights are equal at any size",
    **{
        f"registrable.ReceiptObstacle: '{word}' → '{word}?'": "kept nowhere; words are found by the member"
        for word in ("too_many_lines", "too_long", "seller_unknown", "seller_inn", "seller_name", "cashier_name")
    },
    "originals.: 0 → 1": "of a receipt that is made again only the lines and the terms are read",
    "originals._state_at: return OrderState.ACCEPTED → return None": "whether it waits is all that is asked",
    "receipt._parts: True → False": "two loops go over the same pairs, and the other refuses what does not fit",
    "loyalty.base_quote: True → False": "a discount is split into as many parts as there are lines",
    "correction.Correction.right: -1 → 1": "there are two steps at most, so that the last is the second",
    "paid_order.RefundObstacle: 'nothing_paid' → 'nothing_paid?'": "kept nowhere; words are found by the member",
    "paid_order.RefundObstacle: 'taken_back' → 'taken_back?'": "kept nowhere; words are found by the member",
    "paid_order.RefundObstacle: 'not_cash' → 'not_cash?'": "kept nowhere; words are found by the member",
}
"""Mutants that change nothing, as `module.place: what was changed`, and why."""

Change = Callable[[ast.AST], ast.AST | None]

_COMPARE: Final = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COUNT: Final = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def lies_about(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may be changed to."""
    if isinstance(node, ast.Constant):
        yield from _other_values(node.value)
        return
    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for at, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:at], _COMPARE[type(op)](), *ops[at + 1 :]], comparators)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COUNT:
            yield ast.BinOp(left, _COUNT[type(op)](), right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(test=test, body=then, orelse=otherwise):
            yield ast.If(ast.UnaryOp(ast.Not(), test), then, otherwise)
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case _:
            pass


def _other_values(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield ast.Constant(value + 1)
        case str() if value:
            yield ast.Constant(f"{value}?")
        case _:
            pass


def touchable(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes whose change is a change of behaviour: no documentation, annotations, exports or words of errors."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Raise() | ast.ImportFrom() | ast.Import():
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                continue
            case ast.AnnAssign(value=value):
                waiting += [value] if value is not None else []
                continue
            case ast.FunctionDef(body=body, args=args):
                waiting += [*body, *args.defaults, *(one for one in args.kw_defaults if one is not None)]
                continue
            case ast.ClassDef(body=body):
                waiting += body
                continue
            case _:
                pass
        yield node
        waiting += ast.iter_child_nodes(node)


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """What was changed, and the changed source."""
    for at, original in enumerate(touchable(ast.parse(source))):
        for which, _ in enumerate(list(lies_about(original))):
            tree = ast.parse(source)
            node = next(islice(touchable(tree), at, None))
            before, line = ast.unparse(node).split("\n")[0], getattr(node, "lineno", 0)
            place = ".".join(_around(tree, line))
            lie = ast.copy_location(next(islice(lies_about(node), which, None)), node)
            after = ast.unparse(ast.fix_missing_locations(lie)).split("\n")[0]
            yield f"{place}: {before} → {after} (line {line})", ast.unparse(_Swap(node, lie).visit(tree))


def _around(tree: ast.Module, line: int) -> Iterator[str]:
    """Names of the classes and functions that a line stands in, the outermost first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            yield node.name


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


class Changed(MetaPathFinder, InspectLoader):
    """Gives one module another source."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        return spec_from_loader(name, self, is_package=False) if name == self._name else None

    def get_source(self, fullname: str) -> str:
        del fullname
        return self._source


def lives(name: str, source: str, tests: Sequence[str]) -> int:
    """Start a mutant in a process of its own; its exit code is 0 if no test noticed."""
    child = os.fork()
    if child:
        return child
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.meta_path.insert(0, Changed(name, source))
    code = 1
    try:
        # Plugins are loaded before the fork, and pytest warns that it cannot rewrite them.
        usual = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = pytest.main([*usual, *tests])
    finally:
        os._exit(int(code))


def survivors(module: str) -> Iterator[str]:
    """Mutants of a module that no test noticed."""
    paths = [str(ROOT / "tests" / "domain" / name) for name in WATCHED[module]]
    name, truth = f"pos_client.domain.{module}", (DOMAIN / f"{module}.py").read_text(encoding="utf-8")
    running: dict[int, str] = {lives(name, truth, paths): ""}
    if not list(_ended(running)):
        raise RuntimeError(f"{module}: its tests fail without any mutant")
    count = 0
    for what, source in mutants(truth):
        count += 1
        running[lives(name, source, paths)] = what
        if len(running) == AT_ONCE:
            yield from _ended(running)
    while running:
        yield from _ended(running)
    _say(f"{module}: {count} mutants")


def _ended(running: dict[int, str]) -> Iterator[str]:
    child, status = os.wait()
    what = running.pop(child)
    if status == 0:
        yield what


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(modules: Sequence[str]) -> int:
    """Go through the modules; 1 if a mutant survives that nobody has explained."""
    os.environ.setdefault("TILL_STORM", "150")
    # Loaded once, for all forks; whatever imports the domain is loaded by each fork anew.
    _say(f"under {pytest.__name__} {pytest.__version__}, {hypothesis.__name__}, {pytestqt.plugin.__name__}")
    unexplained = 0
    for module in modules or WATCHED:
        for what in survivors(module):
            reason = EQUAL.get(f"{module}.{what.rpartition(' (line')[0]}")
            unexplained += reason is None
            _say(f"  {module}.{what} lives: {reason or 'NOBODY KNOWS WHY'}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
