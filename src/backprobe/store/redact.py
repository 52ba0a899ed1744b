# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of text before it is stored: tokens, keys, passwords.

What is stored of a command line, an environment, a diff or a console passes through here. It errs
towards hiding: a name that says it is a secret hides its value, whatever the value looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

HIDDEN = "[redacted]"

_CORE = (
    r"(?:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key"
    r"|(?:auth|access|api|hf|bot)[_-]?token"
    r"|token|secret|passwd|password|passphrase|pwd|credentials?|dsn)"
    r"(?:[_.-](?:id|key|value|file))?"
)
_NAME = rf"(?:[A-Za-z0-9]+[_.-])*{_CORE}"
_FLAG = re.compile(rf"--?{_NAME}", re.IGNORECASE)
_SENSITIVE = re.compile(rf"{_NAME}|.*_(?:KEY|TOKEN|SECRET|PASSWORD|PASS)", re.IGNORECASE)

_SHAPES = (
    # Formats published by their issuers, so that secret scanners can find them.
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"\bsk-[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic
    r"\bhf_[A-Za-z0-9]{20,}",  # Hugging Face
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # AWS
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google
    r"\bya29\.[A-Za-z0-9_-]{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\bpypi-[A-Za-z0-9_-]{20,}",
    r"\bwandb_v1_[A-Za-z0-9_]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",  # JSON Web Token
)
_SHAPE = re.compile("|".join(_SHAPES))
_PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_HINTS = (
    *("key", "token", "secret", "pass", "pwd", "credential", "dsn", "bearer", "basic", "://"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "hf_", "akia"),
    *("asia", "aiza", "ya29.", "xox", "pypi-", "wandb_v1_", "eyj"),
)
"""One of these stands, in lower case, in every line that holds something to hide. A regular
expression holds the interpreter's lock; a console of megabytes must not stop a training."""
_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s/:@]*:)(?P<secret>[^\s@/]+)(?=@)", re.I)
_BEARER = re.compile(r"(?P<before>\b(?:bearer|basic)\s+)(?P<secret>[A-Za-z0-9._~+/=-]{12,})", re.I)
_ASSIGNED = re.compile(
    rf"(?P<before>(?<![A-Za-z0-9]){_CORE}[\"']?\s*(?:=|:)\s*)"
    r"(?P<secret>\"[^\"\n]{4,}\"|'[^'\n]{4,}'|(?=[^\s,;)\]}]*[A-Za-z0-9])[^\s\"',;(){}\[\]]{6,})",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"-?[\d.,_]+(?:e[+-]?\d+)?%?", re.IGNORECASE)


def text(value: str) -> str:
    """The text with everything that looks like a secret replaced by `[redacted]`."""
    return _lines(value, lambda line: _ASSIGNED.sub(_assigned, _shapes(line)))


def source(value: str) -> str:
    """A program's text without secrets: only quoted values are hidden, `token = f(x)` is code."""
    return _lines(value, lambda line: _ASSIGNED.sub(_quoted, _shapes(line)))


def arguments(values: Iterable[str]) -> list[str]:
    """A command line without its secrets: also the word after a flag such as `--api-key`."""
    cleaned: list[str] = []
    hide_next = False
    for value in values:
        flag, equals, _ = value.partition("=")
        if hide_next and not value.startswith("-"):
            cleaned.append(HIDDEN)
        elif equals and (_FLAG.fullmatch(flag) or _SENSITIVE.fullmatch(flag)):
            cleaned.append(f"{flag}={HIDDEN}")
        else:
            cleaned.append(text(value))
        hide_next = not equals and _FLAG.fullmatch(value) is not None
    return cleaned


def variables(values: Mapping[str, str]) -> dict[str, str]:
    """Environment variables, the value hidden where the name or the value looks like a secret."""
    return {
        name: HIDDEN if _SENSITIVE.fullmatch(name) else text(value)
        for name, value in values.items()
    }


def _lines(value: str, clean: Callable[[str], str]) -> str:
    """The text, with those of its lines cleaned that may hold a secret."""
    if not _suspicious(value):
        return value
    if "PRIVATE KEY-----" in value:
        value = _PRIVATE.sub(HIDDEN, value)
    lines = value.splitlines(keepends=True)
    return "".join([clean(line) if _suspicious(line) else line for line in lines])


def _suspicious(value: str) -> bool:
    lowered = value.lower()
    return any(hint in lowered for hint in _HINTS)


def _shapes(value: str) -> str:
    value = _SHAPE.sub(HIDDEN, value)
    value = _URL.sub(rf"\g<before>{HIDDEN}", value)
    return _BEARER.sub(rf"\g<before>{HIDDEN}", value)


def _assigned(match: re.Match[str]) -> str:
    # "token: 0.53", "tokens=128": a measurement that a training prints, not a secret
    if _PLAIN_NUMBER.fullmatch(match["secret"].strip("\"'")):
        return match[0]
    return match["before"] + HIDDEN


def _quoted(match: re.Match[str]) -> str:
    return _assigned(match) if match["secret"][0] in "\"'" else match[0]
