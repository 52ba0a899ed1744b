# SPDX-License-Identifier: Apache-2.0
"""Reaches every Python process of a launched run, and attaches the probe where torch is imported.

`backprobe run` puts this file's folder on PYTHONPATH, and `site` imports it before the script. It
runs in the user's own Python, of whatever version, also in processes that have nothing to do with
torch: so it imports nothing that is not loaded already, and no fault of its own gets out.
"""

import sys

TYPE_CHECKING = False  # importing `typing` for it would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any


def _watch() -> None:
    """Puts a finder in front that waits for `torch` and knows where `backprobe` is."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(here))
    # The script sees the path that it would have without us; its children get the variable.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    _mark(0)
    sys.meta_path.insert(0, _Finder(package))


def _mark(offset: int) -> None:
    """Sets a byte of the launcher's board (`backprobe.store.board`): how far this process came."""
    import os

    path = os.environ.get("BACKPROBE_LIVE")
    if not path:
        return
    try:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, b"\1", offset)
        finally:
            os.close(descriptor)
    except (OSError, AttributeError):
        pass


class _Finder:
    """Finds `backprobe` where the script's Python has none, and sees `torch` being imported."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(
        self,
        name: str,
        path: "Any" = None,  # noqa: ARG002  # importlib's signature
        target: "Any" = None,  # noqa: ARG002
    ) -> "Any":
        if name == "torch":
            return self._torch()
        if name == "backprobe":
            return self._backprobe()
        return None

    def _elsewhere(self, name: str) -> "Any":
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec = find(name, None)
                if spec is not None:
                    return spec
        return None

    def _backprobe(self) -> "Any":
        spec = self._elsewhere("backprobe")
        # A folder that merely bears the name (a checkout in the working directory) has no origin.
        if spec is not None and spec.origin is not None:
            return spec
        from importlib.util import spec_from_file_location

        return spec_from_file_location(
            "backprobe",
            self.package + "/__init__.py",
            submodule_search_locations=[self.package],
        )

    def _torch(self) -> "Any":
        spec = self._elsewhere("torch")
        loader: Any = getattr(spec, "loader", None)
        real = getattr(loader, "exec_module", None)
        if spec is None or real is None or getattr(spec, "origin", None) is None:
            return spec

        def exec_module(module: "Any") -> None:
            del loader.exec_module
            real(module)
            _begin(self)

        try:
            loader.exec_module = exec_module  # on this one loader; its class stays as it is
        except AttributeError:
            return spec
        return spec


def _begin(finder: _Finder) -> None:
    """Attaches the probe; what goes wrong costs one line on standard error."""
    try:
        _mark(1)
        if sys.version_info < (3, 11):  # noqa: UP036  # the script's Python, not ours
            _say(f"the probe needs Python 3.11 or newer, this is {sys.version.split()[0]}")
            return
        from backprobe.probe.launched import begin

        begin()
    except Exception as error:  # noqa: BLE001  # the script must run as if we were not there
        _say(f"{type(error).__name__}: {error}")
    finally:
        if finder in sys.meta_path and "backprobe" in sys.modules:
            sys.meta_path.remove(finder)


def _say(why: str) -> None:
    try:
        sys.stderr.write(f"backprobe: this process is not watched: {why}\n")
    except Exception:  # noqa: BLE001  # nowhere to say it
        pass


def _next() -> None:
    """The `sitecustomize` that would have been imported without us, with its own errors."""
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec = find("sitecustomize", None) if find is not None else None
        if spec is not None and spec.loader is not None:
            from _frozen_importlib import module_from_spec

            module = module_from_spec(spec)
            sys.modules["sitecustomize"] = module
            spec.loader.exec_module(module)
            return


try:
    _watch()
except Exception:  # noqa: BLE001  # never in the way of the interpreter's start
    pass
_next()
