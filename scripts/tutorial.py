# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of the tutorial's pages and writes what they print, and pictures, into them.

    python scripts/tutorial.py [PAGE…]         # all pages of docs/tutorial
    python scripts/tutorial.py --small PAGE    # only checks that every command runs

In a page, `<!-- run: COMMAND -->` and `<!-- picture: NAME KIND RUN… -->` stand before what they
made, and `<!-- end -->` behind it. `run tail=20:` keeps the last lines, `run status=1:` expects
another exit status, `run to=FILE:` keeps what is printed for a picture. A page's commands share
an empty store, and run in the root of the repository.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "tutorial"
BLOCK = re.compile(
    r"<!-- (?P<kind>run|picture)(?P<options>(?: \w+=\S+)*): (?P<what>.*?) -->\n"
    r".*?<!-- end -->",
    re.DOTALL,
)
SECONDS = 900.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Failed(SystemExit):
    """A command ended with another status than its page says."""


def render(page: Path, small: bool) -> str:
    """The page's text with every block made anew.

    Raises:
        Failed: a command ended with another status than the page says.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        tried: set[str] = set()

        def made(match: re.Match[str]) -> str:
            options = dict(pair.split("=", 1) for pair in match["options"].split())
            head = match.group(0).split("-->", 1)[0] + "-->\n"
            if match["kind"] == "run":
                if small and _tried_before(match["what"], page, tried):
                    return match.group(0)
                return head + _run(match["what"], options, store, small) + "<!-- end -->"
            name, kind, *runs = match["what"].split()
            if not small:
                from scripts.tutorial_pictures import draw  # matplotlib only where it is needed

                draw(kind, store, runs, PAGES / "images" / f"{name}.png")
            what = f"{kind} of {', '.join(runs)}"
            return f"{head}![{what}](images/{name}.png)\n<!-- end -->"

        return BLOCK.sub(made, page.read_text())


def _run(command: str, options: dict[str, str], store: Path, small: bool) -> str:
    words = shlex.split(command)
    if small:
        words = _shortened(words)
    program = {"backprobe": [sys.executable, "-m", "backprobe"], "python": [sys.executable]}
    done = subprocess.run(
        [*program[words[0]], *words[1:]],
        cwd=ROOT,
        env={
            **os.environ,
            "BACKPROBE_DIR": str(store),
            "COLUMNS": "96",
            "NO_COLOR": "1",
            "OMP_NUM_THREADS": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if "to" not in options else subprocess.DEVNULL,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    wanted = int(options.get("status", 0))
    if done.returncode != wanted and not (small and done.returncode == 1):
        raise Failed(f"{command}: status {done.returncode}, not {wanted}\n{done.stdout[-3000:]}")
    if "to" in options:
        (store / options["to"]).write_text(done.stdout)
        return f"```console\n$ {command}\n```\n"
    lines = [line.split("\r")[-1].rstrip() for line in ESCAPES.sub("", done.stdout).splitlines()]
    kept = int(options.get("tail", len(lines)))
    shown = ["…"] * (len(lines) > kept) + lines[len(lines) - kept if kept < len(lines) else 0 :]
    text = "\n".join(shown).replace(str(ROOT) + os.sep, "").replace(str(store), ".backprobe")
    return f"```console\n$ {command}\n{text.strip()}\n```\n"


def _tried_before(command: str, page: Path, tried: set[str]) -> bool:
    """Whether all that a command asks for ran before in its page, and nothing wants its run.

    Arguments:
        tried: words that ran, which those of this command are added to.
    """
    words = shlex.split(command)
    asked = {word for word in words if word.startswith("--") or word.endswith(".py")}
    new = asked - tried
    tried |= asked
    if new or (words[0] == "backprobe" and words[1] != "run"):
        return False
    named = words[words.index("--name") + 1] if "--name" in words else ""
    return not named or not re.search(rf"(prove|findings) {named}\b", page.read_text())


def _shortened(words: list[str]) -> list[str]:
    """The same command at a size that takes seconds: what is tested is that it runs."""
    if words[1] in ("prove", "study"):
        words = [*words[:2], "--steps", "20", "--seeds", "1", *words[2:]]
    while words.count("--treat") > 1:  # of several trials the first shows that they run
        last = len(words) - 1 - words[::-1].index("--treat")
        words = words[:last] + words[last + 2 :]
    if any(word.startswith("examples/") for word in words):
        words = [*words, "--epochs", "1"]
    return words


def main() -> int:
    """Writes the pages, or with `--small` only runs them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", help="names of pages, without .md; all where not given")
    parser.add_argument("--small", action="store_true", help="run only, in small; write nothing")
    options = parser.parse_args()
    names = options.pages or sorted(p.stem for p in PAGES.glob("[0-9]*.md"))
    for name in names:
        text = render(PAGES / f"{name}.md", options.small)
        if not options.small:
            (PAGES / f"{name}.md").write_text(text)
        print(f"{name}: {len(BLOCK.findall(text))} blocks")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
