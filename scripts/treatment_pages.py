# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/treatments/ from the treatments' docstrings: a page each, and an index.

python scripts/treatment_pages.py            write
python scripts/treatment_pages.py --check    fail where a page is missing, stale or left over
"""

from __future__ import annotations

import sys
from pathlib import Path

from backprobe.treatments.names import TABLE
from backprobe.treatments.pages import page, usage
from backprobe.trials.patch.edits import WRITERS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference" / "treatments"
NOTE = "<!-- Written by `make docs` from the treatment's docstring; edit that. -->"


def text(name: str) -> str:
    """The Markdown page of a treatment."""
    written = "can write it into the source" if name in WRITERS else "doesn't write it"
    facts = f"`--treat {usage(name).split(', by default')[0]}`"
    default = TABLE[name].default
    if default:
        facts += f", by default `{default}`"
    facts += f" · [`prove --patch`](../../how-to/prove.md) {written}"
    return "\n\n".join([NOTE, f"# {name}", facts, page(name)]) + "\n"


def index() -> str:
    """The page that lists all treatments."""
    rows = [f"| [{name}]({name}.md) | {entry.line} |" for name, entry in TABLE.items()]
    table = "\n".join(["| treatment | what it gives |", "|---|---|", *rows])
    about = (
        "Each is one change that is applied to a script while it runs, and taken back without a "
        "trace. `backprobe run --treat NAME[=VALUE] train.py` runs a script under it, "
        "`backprobe prove` says whether it helps, `backprobe explain NAME` prints these pages."
    )
    return "\n\n".join([NOTE, "# Treatments", about, table]) + "\n"


def main(arguments: list[str]) -> int:
    """Writes or checks; returns the exit status."""
    wanted = {PAGES / f"{name}.md": text(name) for name in TABLE}
    wanted[PAGES / "README.md"] = index()
    present = set(PAGES.glob("*.md"))
    if "--check" in arguments:
        stale = [p for p, t in wanted.items() if p not in present or p.read_text() != t]
        wrong = sorted({*stale, *(present - set(wanted))})
        for path in wrong:
            where = path.relative_to(ROOT)
            print(f"treatment pages: {where} is not what the treatments say. Run: make docs")
        return 1 if wrong else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in present - set(wanted):
        path.unlink()
    for path, content in wanted.items():
        path.write_text(content)
    print(f"treatment pages: {len(wanted)} written to {PAGES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
