# SPDX-License-Identifier: Apache-2.0
"""The import graph of src/backprobe: no cycle, no upward arrow, torch only in its rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import backprobe

PACKAGE = Path(backprobe.__file__).parent

ROOMS = (
    "version",
    "settings",
    "records",
    "signals",
    "rules",
    "diagnose",
    "store",
    "report",
    "session",
    "treatments",
    "probe",
    "experiments",
    "trials",
    "face",
    "server",
    "integrations",
    "demo",
    "cli",
    "__init__",
    "__main__",
)
"""As in docs/design.md: a file may import only from its own room and from those before it."""

TORCH_ROOMS = {"treatments", "probe", "experiments", "integrations"}

SCRIPTS = {f"backprobe.demo.{path.stem}" for path in (PACKAGE / "demo").glob("[!_]*.py")}
"""Users' scripts, run in a process of their own and imported by nobody."""

LATE: dict[tuple[str, str], str] = {
    ("backprobe.cli.run", "backprobe.cli._options"): "numpy only where --ignore was given",
    ("backprobe.cli.run", "backprobe.cli._supervise"): "the script starts before numpy is loaded",
    (
        "backprobe.integrations.pytest_plugin",
        "backprobe.experiments.assertions",
    ): "pytest loads plugins in every project; torch only where a test asks for it",
    ("backprobe.probe.bootstrap.sitecustomize", "backprobe.probe.launched"): "torch comes first",
    ("backprobe.probe.launched", "backprobe.treatments.apply"): "only in runs with treatments",
    ("backprobe.face.watch", "backprobe.probe.entry"): "the models that are watched brought torch",
}
"""Own imports inside a function, (importer, imported) → why it can't stand at the top."""


@dataclass(frozen=True)
class Import:
    """One import statement's target, and where it stands."""

    target: str
    line: int
    late: bool
    typing_only: bool


@cache
def modules() -> dict[str, Path]:
    """Dotted name → file, of every module of the package; a package by its own name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room(module: str) -> str:
    """The entry of ROOMS that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def imports(module: str) -> tuple[Import, ...]:
    """All that a module imports: `from a import b` is the file a.b where there is one."""
    found: list[Import] = []

    def visit(node: ast.AST, late: bool, typing_only: bool) -> None:
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if modules()[module].name == "__init__.py" else _parent(module)
                for _ in range(node.level - 1):
                    package = _parent(package)
                base = f"{package}.{base}".rstrip(".")
            names = [f"{base}.{alias.name}" for alias in node.names]
            targets = [name if name in modules() else base for name in names]
        found.extend(Import(target, node.lineno, late, typing_only) for target in targets)  # type: ignore[attr-defined]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for statement in node.body:
                visit(statement, late, True)
            for statement in node.orelse:
                visit(statement, late, typing_only)
            return
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, late, typing_only)

    visit(ast.parse(modules()[module].read_text()), late=False, typing_only=False)
    return tuple(found)


def _parent(module: str) -> str:
    return module.rpartition(".")[0]


def _own(module: str) -> list[Import]:
    return [one for one in imports(module) if one.target.split(".")[0] == "backprobe"]


def test_every_file_is_in_a_known_room() -> None:
    """A new room is given its place in the order before anything is put into it."""
    strangers = sorted({room(module) for module in modules()} - set(ROOMS))
    assert strangers == []


def test_no_arrow_points_upward() -> None:
    """A file imports only from its own room and the rooms listed before it."""
    wrong = [
        f"{module}:{one.line} imports {one.target}"
        for module in modules()
        for one in _own(module)
        if ROOMS.index(room(one.target)) > ROOMS.index(room(module))
    ]
    assert wrong == []


def test_no_file_imports_itself_in_a_circle() -> None:
    """The files can be put in an order in which each needs only those before it."""
    graph = {module: {one.target for one in _own(module)} - {module} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_own_imports_stand_at_the_top() -> None:
    """An own import inside a function is one of those with a reason, and no reason is stale."""
    late = {(module, one.target) for module in modules() for one in _own(module) if one.late}
    assert late == set(LATE)


def test_torch_is_imported_in_its_rooms_only() -> None:
    """Outside the torch rooms torch is named in annotations at most."""
    wrong = [
        f"{module}:{one.line}"
        for module in modules()
        if room(module) not in TORCH_ROOMS and module not in SCRIPTS
        for one in imports(module)
        if one.target.split(".")[0] == "torch" and not one.typing_only
    ]
    assert wrong == []


BLOCKER = """
import importlib, sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ImportError("torch is blocked")

sys.meta_path.insert(0, NoTorch())
for name in sys.argv[1:]:
    importlib.import_module(name)
assert "torch" not in sys.modules
"""


def test_all_other_rooms_work_without_torch() -> None:
    """Viewer, rules and command line load on a machine that has no torch."""
    names = [
        module for module in modules() if room(module) not in TORCH_ROOMS and module not in SCRIPTS
    ]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKER, *names], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_import_backprobe_loads_neither_torch_nor_numpy() -> None:
    """A script pays for what it uses: `import backprobe` alone loads no heavy library."""
    code = "import sys, backprobe; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
