# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/rules/ from the rules' docstrings: a page each, and an index.

    python scripts/rule_pages.py            write
    python scripts/rule_pages.py --check    fail where a page is missing, stale or left over

Reads the registry, never source text. A docstring without its headings is an error.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path

from backprobe.rules import RULES
from backprobe.rules.base import HEADINGS, AbstractRule, family

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference" / "rules"
NOTE = "<!-- Written by `make docs` from the rule's docstring; edit that. -->"
FAMILIES = {
    "data": "inputs and targets",
    "model": "how the network is put together",
    "init": "the network as initialised",
    "signal": "activations and gradients on their way through the network",
    "optimizer": "the optimizer and its schedule",
    "loop": "the training loop, and what came of it",
}


def problems(rule: type[AbstractRule]) -> list[str]:
    """What keeps a rule from having a page: its name, its family, its headings."""
    found = []
    expected = rule.name.replace("-", "_")
    if rule.__module__.split(".")[-1] != expected:
        found.append(f"lives in {rule.__module__}; expected a file {expected}.py")
    if family(rule) not in FAMILIES:
        found.append(f"family {family(rule)!r}; expected one of {', '.join(FAMILIES)}")
    lines = _text(rule).splitlines()
    headings = tuple(line[3:].strip() for line in lines if line.startswith("## "))
    if headings != HEADINGS:
        found.append(f"headings {list(headings)}; expected {list(HEADINGS)}, each as `## …`")
    filled = [line for line in lines if line.strip()]
    hollow = [
        here[3:]
        for here, after in zip(filled, [*filled[1:], "## "], strict=True)
        if here.startswith("## ") and after.startswith("## ")
    ]
    if hollow:
        found.append(f"nothing under {', '.join(hollow)}")
    return found


def page(rule: type[AbstractRule]) -> str:
    """The Markdown page of a rule."""
    facts = f"Family [{family(rule)}](README.md#{family(rule)}) · at most {rule.severity}"
    return "\n\n".join([NOTE, f"# {rule.name}", facts, _text(rule), *_thresholds(rule)]) + "\n"


def index() -> str:
    """The page that lists all rules by family, with the first line of each."""
    parts = [
        NOTE,
        "# Rules",
        "Each is a pure function of the record. "
        "`backprobe explain RULE` prints these pages; `--ignore RULE` silences one for a run.",
    ]
    for name, about in FAMILIES.items():
        rows = [
            f"| [{rule.name}]({rule.name}.md) | {_text(rule).splitlines()[0]} |"
            for rule in sorted(RULES, key=lambda rule: rule.name)
            if family(rule) == name
        ]
        if rows:
            table = "\n".join(["| rule | what is wrong |", "|---|---|", *rows])
            parts += [f"## {name}", f"About {about}.", table]
    return "\n\n".join(parts) + "\n"


def _text(rule: type[AbstractRule]) -> str:
    return inspect.cleandoc(rule.__doc__ or "")


def _thresholds(rule: type[AbstractRule]) -> list[str]:
    limits = getattr(rule, "limits", None)
    if not dataclasses.is_dataclass(limits) or isinstance(limits, type):
        return []
    rows = ["| name | value | unit | source |", "|---|---|---|---|"]
    for field in dataclasses.fields(limits):
        value = f"{getattr(limits, field.name):g}"
        cells = (f"`{field.name}`", value, field.metadata["unit"], field.metadata["source"])
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return ["## Thresholds", "\n".join(rows)]


def main(arguments: list[str]) -> int:
    """Writes or checks; returns the exit status."""
    faults = [f"{rule.name}: {fault}" for rule in RULES for fault in problems(rule)]
    if faults:
        print("rule pages:", *faults, sep="\n  ")
        return 1
    wanted = {PAGES / f"{rule.name}.md": page(rule) for rule in RULES}
    wanted[PAGES / "README.md"] = index()
    present = set(PAGES.glob("*.md"))
    if "--check" in arguments:
        stale = [
            path for path, text in wanted.items() if path not in present or path.read_text() != text
        ]
        wrong = sorted({*stale, *(present - set(wanted))})
        for path in wrong:
            print(f"rule pages: {path.relative_to(ROOT)} is not what the rules say. Run: make docs")
        return 1 if wrong else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in present - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    print(f"rule pages: {len(wanted)} written to {PAGES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
