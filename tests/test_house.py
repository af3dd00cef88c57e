"""Rules of the house that no linter holds."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE_LINES = 450
LONGEST_FUNCTION_LINES = 60
MOST_METHODS = 20
SCRIPTS = ("till", "packaging/smoke.py")
QT = {"PySide6", "shiboken6", "qasync"}
NESTS_ON_PURPOSE = {
    ROOT / "tests" / "ui" / "test_loop.py",  # shows what our loop survives
    ROOT / "tests" / "benchmarks" / "start_up_runner.py",  # the yardstick is a bare window under Qt's own loop
}

Rule = Callable[[ast.Module], Iterator[tuple[int, str]]]


# ------------------------------------------------------------------------------------------------- what is looked at


def product_files() -> list[Path]:
    return sorted([*ROOT.glob("pos_client/**/*.py"), *ROOT.glob("offline_queue/**/*.py")])


def files_of_tests() -> list[Path]:
    return sorted(ROOT.glob("tests/**/*.py"))


def script_files() -> list[Path]:
    return [ROOT / name for name in SCRIPTS]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def tracked() -> tuple[str, ...]:
    # Whoever checks the tree out need not be whoever owns it.
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],  # noqa: S607 - git lies where the system keeps it
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return tuple(name for name in listing.stdout.split("\0") if name and (ROOT / name).exists())


def offences(paths: list[Path], rule: Rule) -> list[str]:
    """Each offence as file:line and what is there."""
    return [f"{path.relative_to(ROOT)}:{line}: {what}" for path in paths for line, what in rule(parsed(path))]


# --------------------------------------------------------------------------------------------------------- the rules


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Dotted names of the absolute imports, wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.lineno, node.module
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def imports_of(*packages: str) -> Rule:
    def rule(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for line, name in imported(tree):
            if name.partition(".")[0] in packages:
                yield line, f"imports {name}"

    return rule


def imports_beyond_the_standard_library(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, name in imported(tree):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "offline_queue"}:
            yield line, f"imports {name}"


def calls_of(*methods: str) -> Rule:
    """Calls of a method or a function by its last name."""

    def rule(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called.rpartition(".")[2] in methods:
                    yield node.lineno, f"calls {called}"

    return rule


def mentions_of(*names: str) -> Rule:
    """Uses of a name in any role: call, decorator, attribute, import."""

    def rule(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in names:
                    yield node.lineno, f"uses {name}"

    return rule


def attributes_of(owner: str) -> Rule:
    def rule(tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)) if name == owner:
                    yield node.lineno, f"uses {ast.unparse(node)}"

    return rule


def blocking_sleeps(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr="sleep"):
                yield node.lineno, "uses time.sleep"
            case ast.ImportFrom(module="time", names=names) if any(alias.name == "sleep" for alias in names):
                yield node.lineno, "imports time.sleep"


def mocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, name in imported(tree):
        if name.partition(".")[0] in {"mock", "pytest_mock"} or name.startswith("unittest.mock"):
            yield line, f"imports {name}"
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="monkeypatch"), attr="setattr" | "setitem" | "delattr"):
                yield node.lineno, f"uses {ast.unparse(node)}"
            case ast.arg(arg="mocker"):
                yield node.lineno, "asks for mocker"
            case _:
                pass


def long_functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {lines} lines"


def crowded_classes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Classes by their own methods, properties among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
            if methods > MOST_METHODS:
                yield node.lineno, f"{node.name} has {methods} methods"


nested_loops = calls_of("exec", "exec_", "processEvents")
forgotten_coroutines = mentions_of("asyncSlot", "asyncClose")
static_message_boxes = attributes_of("QMessageBox")
quits = calls_of("quit")


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (imports_beyond_the_standard_library, "def late():\n    import httpx"),
        (imports_beyond_the_standard_library, "from pos_client import ports"),
        (imports_of(*QT), "from PySide6.QtCore import Qt"),
        (nested_loops, "dialog.exec()"),
        (nested_loops, "QApplication.processEvents()"),
        (forgotten_coroutines, "@qasync.asyncSlot()\ndef clicked(): ..."),
        (forgotten_coroutines, "from qasync import asyncClose"),
        (static_message_boxes, "QMessageBox.question(None, 'a', 'b')"),
        (static_message_boxes, "QtWidgets.QMessageBox.warning(None, 'a', 'b')"),
        (quits, "app.quit()"),
        (quits, "QApplication.instance().quit()"),
        (blocking_sleeps, "time.sleep(1)"),
        (blocking_sleeps, "from time import sleep"),
        (mocks, "from unittest import mock"),
        (mocks, "from unittest.mock import patch"),
        (mocks, "def test_it(mocker): ..."),
        (mocks, "monkeypatch.setattr('a.b', 1)"),
        (long_functions, "async def late():\n" + "    pass\n" * LONGEST_FUNCTION_LINES),
        (crowded_classes, "class God:\n" + "    @property\n    def one(self): ...\n" * (MOST_METHODS + 1)),
    ],
)
def test_a_rule_sees_an_offence(rule: Rule, source: str) -> None:
    assert list(rule(ast.parse(source)))


# ------------------------------------------------------------------------------------------------------------- walls


def test_the_queue_needs_nothing_but_the_standard_library() -> None:
    found = offences(sorted(ROOT.glob("offline_queue/**/*.py")), imports_beyond_the_standard_library)
    assert not found, "offline_queue must stay importable alone"


def test_screens_do_not_import_qt() -> None:
    found = offences(sorted(ROOT.glob("pos_client/ui/*_screen.py")), imports_of(*QT))
    assert not found, "a screen is a value: what to show; how is the view's business"


def test_screens_load_without_qt() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted(ROOT.glob("pos_client/ui/*_screen.py"))
    ]
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        f"print(*sorted({QT!r} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603 - our own words
    assert not loaded.stdout.strip(), "some module that a screen imports brings Qt with it"


def test_qasync_is_imported_in_one_file_only() -> None:
    files = [path for path in product_files() if list(imports_of("qasync")(parsed(path)))]
    assert len(files) == 1, f"the loop must be replaceable by a line: {files}"


def test_httpx_is_imported_in_one_adapter_only() -> None:
    shop = ROOT / "pos_client" / "training"
    files = [
        path for path in product_files() if not path.is_relative_to(shop) and list(imports_of("httpx")(parsed(path)))
    ]
    assert len(files) == 1, f"the HTTP client must be replaceable by a line: {files}"
    assert all(path.parent.name == "adapters" for path in files), f"httpx lives in an adapter: {files}"


# --------------------------------------------------------------------------------------------------------- manners


def test_nothing_runs_a_nested_event_loop() -> None:
    others = [path for path in files_of_tests() if path not in NESTS_ON_PURPOSE]
    found = offences([*product_files(), *others], nested_loops)
    assert not found, "a nested loop inside a coroutine kills other tasks: `await dialogs.ask(...)`"


def test_no_signal_is_tied_to_a_coroutine_behind_the_back() -> None:
    found = offences([*product_files(), *files_of_tests()], forgotten_coroutines)
    assert not found, "outside a running loop it silently does nothing: use `tasks.spawn`"


def test_no_static_message_box_is_used() -> None:
    found = offences([*product_files(), *files_of_tests()], static_message_boxes)
    assert not found, "it runs a nested loop: `await dialogs.ask(...)`"


def test_nobody_quits_the_application() -> None:
    found = offences([*product_files(), *files_of_tests()], quits)
    assert not found, "asyncio's runner ends the loop; quitting Qt leaves futures unfinished"


def test_nothing_sleeps_with_the_thread() -> None:
    found = offences([*product_files(), *files_of_tests(), *script_files()], blocking_sleeps)
    assert not found, "wait for the event itself, or on the loop's clock"


def test_nothing_is_mocked() -> None:
    found = offences(files_of_tests(), mocks)
    assert not found, "if a test needs a patch, the design lacks a parameter"


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in [*product_files(), *script_files()] if not ast.get_docstring(parsed(path))]
    assert not silent, "open the module with one sentence"


def test_no_file_outgrows_a_reader() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in [*product_files(), *script_files()]}
    long = {str(path): lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES}
    assert not long, f"split at about 400 lines, {LONGEST_FILE_LINES} is too many"


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (long_functions, "def just():\n" + "    pass\n" * (LONGEST_FUNCTION_LINES - 1)),
        (
            crowded_classes,
            "class Just:\n    async def one(self): ...\n" + "    def one(self): ...\n" * (MOST_METHODS - 1),
        ),
    ],
)
def test_a_size_that_a_reader_can_hold_is_no_offence(rule: Rule, source: str) -> None:
    assert not list(rule(ast.parse(source)))


def test_no_function_outgrows_a_screen() -> None:
    found = offences([*product_files(), *script_files()], long_functions)
    assert not found, "part it into steps that have names"


def test_no_class_does_everything() -> None:
    found = offences(product_files(), crowded_classes)
    assert not found, "part it along a seam: a value of its own, a module of functions, a second use case"


def test_an_old_python_can_read_the_front_door() -> None:
    source = (ROOT / "till").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


# ------------------------------------------------------------------------------------------------------------- locks


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_a_lock_names_version_and_hash_of_everything(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirement = re.compile(r"[a-z0-9-]+==[^ ]+( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+")
    loose = [line[:60] for line in lines if not requirement.fullmatch(line.rstrip())]
    assert lines, "the lock is empty"
    assert not loose, "renew the locks with `./till lock`"


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_a_lock_holds_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert ":" + "//" not in text, "where packages come from is the machine's business"


def test_what_is_shipped_is_what_is_tested() -> None:
    locks = [(ROOT / "requirements" / name).read_text(encoding="utf-8") for name in ("run.txt", "dev.txt")]
    run, dev = (set(re.findall(r"^[a-z0-9-]+==[^ ]+", lock, flags=re.MULTILINE)) for lock in locks)
    assert run <= dev, "renew the locks with `./till lock`"


# -------------------------------------------------------------------------------------------------------- the tree

# Written in pieces, so that this file does not offend.
REGISTRIES = ("py" + "pi.org", "python" + "hosted", "npm" + "js.org", "debian" + ".org", "ubuntu" + ".com")
MACHINE_PATHS = re.compile(
    r"(?<![\w.:/-])/(?:home|root|Users|wo" + r"rk)/\w|/opt/(?:wheels|pyp" + r"i)|\.\./sha" + r"red"
)


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8")


def test_no_tracked_file_names_a_registry() -> None:
    found = [(name, registry) for name, text in texts() for registry in REGISTRIES if registry in text]
    assert not found, "where packages come from is the machine's business"


@pytest.mark.parametrize(
    "path", ["/ho" + "me/me/till", '"/wo' + 'rk/main"', "../sha" + "red/design", "/op" + "t/wheels"]
)
def test_a_path_of_a_machine_is_recognised(path: str) -> None:
    assert MACHINE_PATHS.search(path)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = [(name, match[0]) for name, text in texts() if (match := MACHINE_PATHS.search(text))]
    assert not found, "the tree must mean the same on every machine"


def test_locks_of_one_tool_are_not_tracked() -> None:
    assert "uv.lock" not in tracked(), "the locks are requirements/*.txt; uv.lock carries addresses"
