# SPDX-License-Identifier: Apache-2.0
"""What `backprobe run TARGET [ARGS…]` starts: a script, a module, or a command on the PATH."""

from __future__ import annotations

import difflib
import importlib.util
import os
import shutil
import sys
import tokenize
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from backprobe import settings

PROBE_BYTES = 1 << 20
"""So much of a file is looked at to tell whether it is Python."""


@dataclass(frozen=True)
class Target:
    """A command line that is ready to be started.

    `executable` is the file to start; `command` is its argv, as the user's own shell would give it.
    """

    executable: str
    command: tuple[str, ...]


def resolve(words: Sequence[str], python: str | None) -> Target:
    """The command line for TARGET [ARGS…].

    Arguments:
        words: TARGET and its arguments, as they were given.
        python: the interpreter for scripts and modules, as `--python` gave it.

    Raises:
        click.UsageError: there is nothing to start; the text says what was expected.
    """
    first, rest = words[0], list(words[1:])
    if first == "-m":
        if not rest:
            raise click.UsageError("-m needs the name of a module, as in `python -m`")
        return _with_python(["-m", *rest], python)
    if first.startswith("-") and not os.path.exists(first):
        raise click.UsageError(
            f"no option {first}{_near_option(first)}; options of the interpreter need its name: "
            f"`backprobe run python {' '.join(words)}`"
        )
    path = Path(first)
    bare = os.path.basename(first) == first and path.suffix != ".py"
    if path.is_file():
        return _file(path, first, rest, python)
    if bare and (found := shutil.which(first)):
        return Target(found, (first, *rest))
    if path.is_dir():
        if (path / "__main__.py").is_file():
            return _with_python([first, *rest], python)
        raise click.UsageError(
            f"{first!r} is a directory without a __main__.py; expected a script, -m module or "
            "a command"
        )
    if bare:
        raise click.UsageError(
            f"{first!r} is neither a file here nor a command on the PATH{_near_file(path)}"
        )
    raise click.UsageError(f"no such script: {first!r}{_near_file(path)}")


def find_python(wanted: str | None) -> str:
    """The user's Python: `--python`, else BACKPROBE_PYTHON, else this one if it has torch, else
    the one on the PATH.

    Raises:
        click.UsageError: the one that was asked for can't be started.
    """
    asked, by = (wanted, "--python") if wanted else (os.environ.get(settings.PYTHON), "")
    if asked:
        found = shutil.which(asked)
        if found is None:
            raise click.UsageError(
                f"{by or settings.PYTHON} names {asked!r}, which is no program that can be started"
            )
        return found
    if importlib.util.find_spec("torch") is not None:
        return sys.executable
    return shutil.which("python") or shutil.which("python3") or sys.executable


def _with_python(arguments: list[str], python: str | None) -> Target:
    executable = find_python(python)
    return Target(executable, (executable, *arguments))


def _file(path: Path, word: str, rest: list[str], python: str | None) -> Target:
    why_not = _why_not_python(path)
    if why_not is None:
        return _with_python([word, *rest], python)
    if os.access(path, os.X_OK) and path.suffix != ".py":
        executable = word if os.path.dirname(word) else os.path.join(".", word)
        return Target(executable, (executable, *rest))
    raise click.UsageError(
        f"{word!r} is not Python ({why_not}); expected a script, -m module or a command"
    )


def _why_not_python(path: Path) -> str | None:
    """Why a file can't be a Python program, or None where it may be one.

    A `.py` file with a syntax error is run: Python itself says best what is wrong.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(PROBE_BYTES)
    except OSError as error:
        return str(error.strerror or error)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            inside = "__main__.py" in archive.namelist()
        return None if inside else "an archive without a __main__.py"
    if b"\0" in data:
        return "it holds binary data"
    if path.suffix == ".py":
        return None
    first_line = data.split(b"\n", 1)[0]
    if first_line.startswith(b"#!"):
        return None if b"python" in first_line else "its first line names another interpreter"
    try:
        with tokenize.open(path) as source:
            compile(source.read(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: {error.msg}"
    except (UnicodeDecodeError, ValueError, LookupError) as error:
        return str(error)
    return None


def _near_file(path: Path) -> str:
    """What may have been meant: files of the same folder with a like name."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return f"; there is no folder {str(path.parent)!r}"
    near = difflib.get_close_matches(path.name, names, 3, 0.6)
    return (
        f"; did you mean {' or '.join(str(path.parent / name) for name in near)}?" if near else ""
    )


def _near_option(option: str) -> str:
    context = click.get_current_context(silent=True)
    names = [name for one in context.command.params for name in one.opts] if context else []
    near = difflib.get_close_matches(option.partition("=")[0], names, 2)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def title(words: Sequence[str]) -> str:
    """What a run of TARGET [ARGS…] is called where nobody names it: the script, without its suffix.

    `train.py` and `torchrun … train.py` are `train`, `-m pkg.train` is `pkg.train`.
    """
    if words[0] == "-m" and len(words) > 1:
        return words[1]
    script = next((word for word in words if word.endswith(".py")), words[0])
    return Path(script).name.removesuffix(".py")
