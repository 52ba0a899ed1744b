# SPDX-License-Identifier: Apache-2.0
"""The page of one rule, which is its docstring."""

from __future__ import annotations

import inspect

from starlette.requests import Request
from starlette.responses import Response

from backprobe.rules import RULES
from backprobe.rules.base import family
from backprobe.server.errors import Refusal
from backprobe.server.payload import json_response


def rule(request: Request) -> Response:
    """`GET /api/rules/{name}`: the rule's name, its family and its text in Markdown."""
    name = request.path_params["name"]
    for found in RULES:
        if found.name == name:
            text = inspect.cleandoc(found.__doc__ or "")
            data = {"schema": 1, "name": name, "family": family(found), "text": text}
            return json_response(data)
    raise Refusal(404, f"no rule {name!r}")
