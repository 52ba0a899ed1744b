# SPDX-License-Identifier: Apache-2.0
"""The built page and its answers as one HTML file that needs no server, or as a folder of files."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape

SCRIPT = re.compile(r'<script type="module"[^>]*src="\./([^"]+)"[^>]*></script>')
STYLE = re.compile(r'<link rel="stylesheet"[^>]*href="\./([^"]+)"[^>]*>')


def single(files: Mapping[str, bytes], bundle: bytes, title: str) -> bytes:
    """One file: the page with its script, its style and its data inside.

    Nothing else can run in it and nothing can be fetched: its security policy names the script by
    its hash.

    Arguments:
        files: of the built page, relative path → content, with `index.html`.
        bundle: the answers, JSON.
        title: of the window, until the page sets it.

    Raises:
        ValueError: the page is not built as expected.
    """
    index = files["index.html"].decode()
    script = _one(files, SCRIPT, index).decode().replace("</script", "<\\/script")
    style = _one(files, STYLE, index).decode().replace("</style", "<\\/style")
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    index = STYLE.sub(lambda _: f"<style>{style}</style>", index)
    index = SCRIPT.sub("", index)
    end = f'{_data(bundle)}<script type="module">{script}</script></body>'
    return _finish(index, policy, title, end)


def folder(files: Mapping[str, bytes], bundle: bytes, title: str) -> dict[str, bytes]:
    """Relative path → content of a folder that any web server can serve, or a browser open.

    Raises:
        ValueError: the page is not built as expected.
    """
    index = files["index.html"].decode()
    script, style = _one(files, SCRIPT, index), _one(files, STYLE, index)
    policy = (
        "default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; "
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'"
    )
    index = STYLE.sub('<link rel="stylesheet" href="page.css">', index)
    index = SCRIPT.sub("", index)
    # No module: a browser loads none from a file.
    end = f'{_data(bundle)}<script src="page.js"></script></body>'
    return {
        "index.html": _finish(index, policy, title, end),
        "page.js": b'"use strict";{' + script + b"}",
        "page.css": style,
    }


def _finish(index: str, policy: str, title: str, end: str) -> bytes:
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    index = index.replace('<meta charset="utf-8" />', f'<meta charset="utf-8" />\n    {head}', 1)
    index = index.replace("<title>backprobe</title>", f"<title>{escape(title)}</title>", 1)
    return index.replace("</body>", end, 1).encode()


def _data(bundle: bytes) -> str:
    """The answers where no markup in them can end the element."""
    text = bundle.decode().replace("<", "\\u003c")
    return f'<script type="application/json" id="bundle">{text}</script>'


def _one(files: Mapping[str, bytes], pattern: re.Pattern[str], index: str) -> bytes:
    found = pattern.findall(index)
    if len(found) != 1 or found[0] not in files:
        raise ValueError("the dashboard's page is not built: run `make web` in the checkout")
    return files[found[0]]


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
