# SPDX-License-Identifier: Apache-2.0
"""Starts a rule: its file with all headings, its line in the registry, its bad and good program.

python scripts/new_rule.py signal/vanishing-gradients
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from backprobe.rules import RULES
from backprobe.rules.base import HEADINGS

ROOT = Path(__file__).resolve().parent.parent
RULES_FOLDER = ROOT / "src" / "backprobe" / "rules"
REGISTRY = RULES_FOLDER / "__init__.py"
PROGRAMS = ROOT / "tests" / "rules" / "programs"

RULE = '''# SPDX-License-Identifier: Apache-2.0
"""TODO: the pattern, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold


class {class_name}(AbstractRule):
    """TODO: what is wrong, in one sentence.

{headings}
    """

    name = "{name}"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        example: float = threshold(1.0, "TODO: unit", "TODO: where the number comes from")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """TODO: at most one finding a place, none where it is healthy."""
        raise NotImplementedError("{name} has no check yet")
'''

PROGRAM = """# SPDX-License-Identifier: Apache-2.0
{first_line}
# TODO: train a small network, as its neighbours do; {what}
raise NotImplementedError("{name} has no {kind} program yet")
"""


def start(wanted: str) -> list[Path]:
    """Writes the files of a new rule; returns those that were written or changed.

    Arguments:
        wanted: "family/rule-name".

    Raises:
        ValueError: no such family, a name that is taken or not in kebab case.
    """
    families = sorted(path.parent.name for path in RULES_FOLDER.glob("*/__init__.py"))
    match = re.fullmatch(r"([a-z]+)/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)", wanted)
    if match is None or match[1] not in families:
        raise ValueError(
            f"NAME={wanted!r}: expected FAMILY/rule-name with a family of {', '.join(families)}; "
            "e.g. make new-rule NAME=signal/dead-relu"
        )
    family, name = match.groups()
    if name in {rule.name for rule in RULES}:
        raise ValueError(f"there is a rule {name} already: backprobe explain {name}")
    module = name.replace("-", "_")
    rule_file = RULES_FOLDER / family / f"{module}.py"
    bad, good = (PROGRAMS / module / f"{kind}.py" for kind in ("bad", "good"))
    for file in (rule_file, bad, good):
        if file.exists():
            raise ValueError(f"{file.relative_to(ROOT)} is there already; nothing was written")
    class_name = "".join(word.capitalize() for word in name.split("-"))
    headings = "\n\n".join(f"    ## {heading}\n    TODO" for heading in HEADINGS)
    registry = registered(REGISTRY.read_text(), family, module, class_name)
    for file, text in (
        (rule_file, RULE.format(class_name=class_name, name=name, headings=headings)),
        (bad, _program(name, "bad")),
        (good, _program(name, "good")),
        (REGISTRY, registry),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return [rule_file, bad, good, REGISTRY]


def _program(name: str, kind: str) -> str:
    if kind == "bad":
        first_line, what = f"# expects: {name} LAYER", "this one has the fault, at LAYER."
    else:
        first_line, what = "# The healthy program that comes closest.", "this one learns."
    return PROGRAM.format(name=name, kind=kind, first_line=first_line, what=what)


def registered(text: str, family: str, module: str, class_name: str) -> str:
    """The registry's source with the rule added to its family and to the imports.

    Raises:
        ValueError: the table is not as it is expected.
    """
    line = f"from backprobe.rules.{family}.{module} import {class_name}\n"
    block = re.search(rf"^    # {family}\n((?:    \w+,\n)*)", text, re.MULTILINE)
    first_import = text.find("from backprobe.rules.")
    if block is None or first_import < 0:
        raise ValueError(f"{REGISTRY.relative_to(ROOT)}: no line `# {family}` inside RULES")
    entries = sorted([*block[1].splitlines(keepends=True), f"    {class_name},\n"])
    text = text[: block.start(1)] + "".join(entries) + text[block.end(1) :]
    return text[:first_import] + line + text[first_import:]


def main(arguments: list[str]) -> int:
    """Starts the rule that the command line names; returns the exit status."""
    try:
        written = start(arguments[0] if arguments else "")
    except ValueError as refused:
        print(f"new-rule: {refused}", file=sys.stderr)
        return 2
    ruff = [sys.executable, "-m", "ruff", "check", "-q", "--fix", "--select", "I", str(REGISTRY)]
    subprocess.run(ruff, check=True)
    print("new-rule: fill the TODOs in these, then make docs and make test check:")
    for path in written:
        print(f"  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
