# SPDX-License-Identifier: Apache-2.0
"""The dashboard under a thumb: 390 pixels wide, touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backprobe.store import catalog
from tests.server.training import train
from tests.web.conftest import Dashboard, Visit

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]
PHONE: dict[str, Any] = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
LEAST = 40
"""A finger hits what is so many pixels high and wide."""
TOUCHED = "button, select, input, summary, .button"
SMALL = f"""(least) => [...document.querySelectorAll('{TOUCHED}')].flatMap((element) => {{
  const box = (element.type === 'checkbox' ? element.closest('label') : element)
    .getBoundingClientRect();
  const idle = getComputedStyle(element).pointerEvents === 'none' || element.closest('.command');
  return !box.width || idle || box.height >= least - 0.5 ? [] : [element.outerHTML]; }})"""
"""What can be touched and is too small; commands to copy are texts that can be marked as well."""
BEYOND = "() => document.documentElement.scrollWidth - innerWidth"


def test_runs_are_chosen_compared_and_thrown_away(dashboard: Dashboard, visit: Open) -> None:
    """A touch beside a run chooses it; what can be done with the chosen is at the thumb."""
    for name in ("one", "two", "three"):
        train(dashboard.store, steps=10, name=name)
    page = visit(dashboard.url(), **PHONE).page
    page.get_by_label("choose one", exact=True).tap()
    page.get_by_label("choose three", exact=True).tap()
    bar = page.get_by_role("toolbar", name="chosen runs")
    assert bar.bounding_box()["y"] > 844 / 2  # type: ignore[index]
    bar.get_by_role("link", name="Compare").tap()
    page.wait_for_selector("h1 >> text=2 runs")
    page.go_back()
    bar.get_by_role("button", name="Delete").tap()
    page.wait_for_function("() => document.querySelectorAll('.row:not(.head)').length === 1")
    page.get_by_role("button", name="Undo").tap()
    page.wait_for_function("() => document.querySelectorAll('.row:not(.head)').length === 3")
    page.get_by_label("choose all that are shown").tap()
    page.wait_for_selector("text=3 chosen")
    page.get_by_label("choose none").tap()
    assert bar.count() == 0


def test_runs_are_sorted_and_grouped(dashboard: Dashboard, visit: Open) -> None:
    """Where columns have no heads a list takes their place; a group is chosen as a whole."""
    for name in ("b", "a", "c"):
        train(dashboard.store, steps=5, name=name, project="p" if name == "a" else "q")
    page = visit(dashboard.url(), **PHONE).page
    names = "() => [...document.querySelectorAll('.row .name')].map((n) => n.textContent).join('')"
    page.select_option("select[aria-label='sort by']", "name")
    page.wait_for_function(f"() => ({names})() === 'abc'")
    page.get_by_label("sort downwards").tap()
    page.wait_for_function(f"() => ({names})() === 'cba'")
    page.select_option("select[aria-label='group by']", "project")
    page.get_by_label("choose the group q").tap()
    page.wait_for_selector("text=2 chosen")


def test_a_touch_beside_the_box_opens_the_run(dashboard: Dashboard, visit: Open) -> None:
    """A row leads to its run wherever else it is touched: its tags are too small for a finger."""
    run = train(dashboard.store, steps=5, name="tagged")
    catalog.edit(run, tags=["a-tag"])
    page = visit(dashboard.url(), **PHONE).page
    box = page.locator(".row .tag", has_text="a-tag").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".run-title >> text=tagged")


def test_all_fits_and_all_can_be_hit(dashboard: Dashboard, visit: Open) -> None:
    """No page is wider than the screen, also with long names, and nothing to touch is small."""
    long = "long-name-" * 40
    sick = train(dashboard.store, steps=60, name="wild", scale=40.0, rate=1.0, project=long)
    odd = train(dashboard.store, steps=20, name=long, config={long: long})
    catalog.edit(sick, tags=[long[:150], "b"])
    page = visit(dashboard.url(), **PHONE).page
    for address in ("", f"#/runs/{sick.id}", f"#/compare/{sick.id},{odd.id}"):
        page.goto(dashboard.address + address)
        page.wait_for_selector(".row .name" if not address else ".part-curves, .part-overlay")
        for _ in range(25):  # what is far down is read when it comes near
            page.mouse.wheel(0, 800)
            page.wait_for_timeout(60)
        assert page.evaluate(BEYOND) == 0, address
        assert page.evaluate(SMALL, LEAST) == [], address
