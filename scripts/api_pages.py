# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/api/ from the docstrings of the public names: a page a subject, an index.

    python scripts/api_pages.py            write
    python scripts/api_pages.py --check    fail where a page is missing, stale or left over

griffe reads the source and runs none of it, so no trainer and no torch has to be installed. A
public name that stands on no page, or on one without a docstring, is an error.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.api_subjects import SUBJECTS, Subject  # noqa: E402

PAGES = ROOT / "docs" / "reference" / "api"
NOTE = "<!-- Written by `make docs` from the docstrings; edit those. -->"
LONGEST = 88
"""Letters of a signature that stays on one line."""
SECTIONS = {
    griffe.DocstringSectionKind.parameters: "Arguments",
    griffe.DocstringSectionKind.attributes: "Attributes",
    griffe.DocstringSectionKind.returns: "Returns",
    griffe.DocstringSectionKind.raises: "Raises",
}


STARS = {"variadic positional": "*", "variadic keyword": "**"}


class Unwritable(SystemExit):
    """A name that no page can be written of."""


def package() -> griffe.Module:
    """backprobe as its source says."""
    loader = griffe.GriffeLoader(search_paths=[str(ROOT / "src")])
    found = loader.load("backprobe")
    assert isinstance(found, griffe.Module)
    return found


def public(source: griffe.Module) -> tuple[list[str], dict[str, str]]:
    """The public names, and where each is at home, as the package's `__init__` has them."""
    tree = ast.parse(Path(str(source.filepath)).read_text())
    homes = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("backprobe")
        for alias in node.names
    }
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names: list[str] = ast.literal_eval(values["__all__"])
    return names, homes


def page(source: griffe.Module, subject: Subject) -> str:
    """The Markdown page of a subject."""
    parts = [NOTE, f"# {subject.title}", subject.about]
    for name in subject.names:
        parts += list(_entry(source, name, public(source)[1].get(name)))
    return "\n\n".join(parts) + "\n"


def index(source: griffe.Module) -> str:
    """The page that lists every name with its first line."""
    parts = [
        NOTE,
        "# Python, name by name",
        "Every public name, from its docstring; [how they work together](../python.md).",
    ]
    for key, subject in SUBJECTS.items():
        rows = ["| name | |", "|---|---|"]
        for name in subject.names:
            found = _find(source, name, public(source)[1].get(name))
            first = _text(found).splitlines()[0].replace("|", "\\|")
            rows.append(f"| [`{name}`]({key}.md#{_anchor(name)}) | {first} |")
        parts += [f"## [{subject.title}]({key}.md)", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def missing(source: griffe.Module) -> list[str]:
    """Public names that stand on no page."""
    shown = {name for subject in SUBJECTS.values() for name in subject.names}
    return sorted(set(public(source)[0]) - shown - {"__version__"})


def _find(source: griffe.Module, name: str, home: str | None) -> Any:
    path = (home or f"backprobe.{name}").removeprefix("backprobe.")
    try:
        found: Any = source[path]
    except KeyError:
        raise Unwritable(f"api pages: there is no {path} in backprobe") from None
    if found.is_alias:  # handed on by a package: read where it is defined
        found = found.final_target
    if not _text(found):
        raise Unwritable(f"api pages: {path} has no docstring")
    return found


def _anchor(name: str) -> str:
    return name.lower().replace(".", "")


def _entry(source: griffe.Module, name: str, home: str | None) -> Iterator[str]:
    found = _find(source, name, home)
    yield f"## {name}"
    if isinstance(found, griffe.Class):
        made = found.all_members.get("__init__")
        if isinstance(made, griffe.Function):
            yield _signature(name.rpartition(".")[2], made)
        yield from _docstring(found)
        for key, member in _members(found):
            yield f"### {name.rpartition('.')[2]}.{key}"
            yield from _callable(key, member)
    elif isinstance(found, griffe.Module):
        yield from _docstring(found)
        for key, member in _members(found):
            yield f"### {key}"
            yield from _callable(key, member)
    else:
        yield from _callable(name.rpartition(".")[2], found)


def _callable(name: str, found: Any) -> Iterator[str]:
    if isinstance(found, griffe.Function):
        yield _signature(name, found)
    elif isinstance(found, griffe.Class):
        made = found.all_members.get("__init__")
        if isinstance(made, griffe.Function):
            yield _signature(name, made)
    yield from _docstring(found)


def _members(found: griffe.Class | griffe.Module) -> Iterator[tuple[str, Any]]:
    """Public members with a docstring of their own or inherited, as the source orders them."""
    own = list(found.members.items())
    inherited = found.inherited_members if isinstance(found, griffe.Class) else {}
    for key, member in [*own, *((k, m.final_target) for k, m in inherited.items())]:
        if key.startswith("_") or member.is_alias or not _text(member):
            continue
        if member.is_attribute and "property" not in member.labels:
            continue
        yield key, member


def _signature(name: str, function: griffe.Function) -> str:
    shown = []
    star = False
    for one in function.parameters:
        if one.name == "self":
            continue
        kind = str(one.kind and one.kind.value)
        mark = STARS.get(kind, "")
        if kind == "keyword-only" and not star:
            shown.append("*")
        star |= kind in ("keyword-only", "variadic positional")
        note = f": {one.annotation}" if one.annotation is not None else ""
        equals = " = " if note else "="
        default = "" if one.default is None or mark else f"{equals}{one.default}"
        shown.append(f"{mark}{one.name}{note}{default}")
    returns = (
        ""
        if function.returns is None or function.name == "__init__"
        else (f" -> {function.returns}")
    )
    line = f"{name}({', '.join(shown)}){returns}"
    if len(line) > LONGEST:
        line = f"{name}(\n" + "".join(f"    {one},\n" for one in shown) + f"){returns}"
    return f"```python\n{line}\n```"


def _text(found: Any) -> str:
    return str(found.docstring.value).strip() if found.docstring is not None else ""


def _docstring(found: Any) -> Iterator[str]:
    if found.docstring is None:
        return
    for section in found.docstring.parse("google", warnings=False):
        heading = SECTIONS.get(section.kind)
        if heading is not None:
            rows = [f"- {_item(one)}" for one in section.value]
            yield f"**{heading}**\n\n" + "\n".join(rows)
        elif section.kind is griffe.DocstringSectionKind.admonition:
            code = str(section.value.description)
            yield f"**{section.title or 'Example'}**\n\n```python\n{code}\n```"
        elif section.kind is griffe.DocstringSectionKind.examples:
            code = "\n".join(str(text) for _, text in section.value)
            yield f"**Example**\n\n```python\n{code}\n```"
        else:
            yield _prose(str(section.value))


def _item(one: Any) -> str:
    name = getattr(one, "name", None) or getattr(one, "annotation", None) or ""
    text = " ".join(str(one.description).split())
    names = ", ".join(f"`{part.strip()}`" for part in str(name).split(",") if part.strip())
    return f"{names}: {text}" if names else text


def _prose(text: str) -> str:
    """A docstring's text; an indented example becomes a block of code."""
    parts = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if all(line.startswith("    ") for line in lines):
            block = "```python\n" + "\n".join(line[4:] for line in lines) + "\n```"
        parts.append(block)
    return "\n\n".join(parts)


def main(arguments: list[str]) -> int:
    """Writes or checks; returns the exit status."""
    source = package()
    lost = missing(source)
    if lost:
        print(f"api pages: no page shows {', '.join(lost)}; see scripts/api_subjects.py")
        return 1
    wanted = {PAGES / f"{key}.md": page(source, subject) for key, subject in SUBJECTS.items()}
    wanted[PAGES / "README.md"] = index(source)
    present = set(PAGES.glob("*.md"))
    if "--check" in arguments:
        stale = {path for path, text in wanted.items() if path not in present}
        stale |= {path for path in present if path.read_text() != wanted.get(path)}
        for path in sorted(stale):
            print(
                f"api pages: {path.relative_to(ROOT)} is not what the source says. Run: make docs"
            )
        return 1 if stale else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in present - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    print(f"api pages: {len(wanted)} written to {PAGES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
