# SPDX-License-Identifier: Apache-2.0
"""What a person types or has chosen, while the list changes under their hands."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backprobe.records import Run
from backprobe.store import catalog, edits
from tests.server.training import train
from tests.web.conftest import Dashboard, Visit

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]
COUNT = "() => document.querySelectorAll('.row .name, .row .rename').length"


def finished(store: Path, name: str) -> Run:
    """A run that ended and measured nothing."""
    return catalog.close(catalog.create(store, name=name, command=("python", "train.py")), 0)


def counted(seen: Visit, number: int) -> None:
    """Waits until the head of the list says so many runs."""
    seen.page.locator(".runs-head > .muted").first.wait_for()
    seen.page.wait_for_function(
        "n => document.querySelector('.runs-head > .muted').innerText === n", arg=str(number)
    )


def test_escape_leaves_a_name_as_it_was(dashboard: Dashboard, visit: Open) -> None:
    """The field is taken away with the focus in it, which is no word to rename."""
    run = finished(dashboard.store, "as it was")
    seen = visit(dashboard.url())
    seen.page.locator(".row .name").wait_for()
    for key in ("j", "r"):
        seen.page.keyboard.press(key)
    seen.page.locator(".rename").wait_for()
    seen.page.keyboard.type("something else")
    seen.page.keyboard.press("Escape")
    seen.page.locator(".row .name", has_text="as it was").wait_for()
    # A second change that is seen comes after all that the first would have sent.
    edits.label(run, tags=["later"])
    seen.page.locator(".row .tag", has_text="later").wait_for()
    assert seen.page.locator(".row .name").inner_text() == "as it was"
    assert seen.page.locator(".toast").count() == 0


def test_a_name_that_is_being_written_is_not_cut_short(dashboard: Dashboard, visit: Open) -> None:
    """Runs that come and go above it move its row only when it is done."""
    finished(dashboard.store, "b")
    seen = visit(dashboard.url())
    seen.page.locator(".row .name").wait_for()
    seen.page.get_by_role("button", name="Run", exact=True).click()  # by name, a first
    for key in ("j", "r"):
        seen.page.keyboard.press(key)
    seen.page.locator(".rename").wait_for()
    seen.page.keyboard.type("half ")
    finished(dashboard.store, "a")
    finished(dashboard.store, "c")
    counted(seen, 3)
    assert seen.page.evaluate("document.activeElement.className") == "rename"
    seen.page.keyboard.type("a name")
    seen.page.keyboard.press("Enter")
    seen.page.locator(".row.current .name", has_text="half a name").wait_for()
    names = seen.page.locator(".row .name")
    names.nth(2).wait_for()
    assert sorted(names.all_inner_texts()) == ["a", "c", "half a name"]


def test_a_new_run_does_not_scroll_the_list(dashboard: Dashboard, visit: Open) -> None:
    """Who has scrolled away from the marked run stays where they read."""
    for number in range(90):
        finished(dashboard.store, f"run {number}")
    seen = visit(dashboard.url())
    seen.page.locator(".row .name").first.wait_for()
    counted(seen, 90)
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current").wait_for()
    seen.page.evaluate("document.querySelector('.table').scrollTop = 2000")
    seen.page.locator(".row .name", has_text="run 40").first.wait_for()
    finished(dashboard.store, "newest")
    counted(seen, 91)
    seen.page.wait_for_function("() => document.querySelector('.table').scrollTop >= 1900")
    assert seen.page.locator(".row .name", has_text="run 40").count() == 1
    seen.page.keyboard.press("j")  # asked for: now the marked row is shown
    seen.page.wait_for_function("() => document.querySelector('.table').scrollTop < 200")


def test_a_scroll_right_after_the_mark_is_kept(dashboard: Dashboard, visit: Open) -> None:
    """The list goes to the marked row as it is marked, not once more when it has been painted."""
    for number in range(90):
        finished(dashboard.store, f"run {number}")
    seen = visit(dashboard.url())
    counted(seen, 90)
    seen.page.evaluate(
        """() => {
            const list = document.querySelector(".table");
            const scroll = () => {
                if (!document.querySelector(".row.current")) return;
                watch.disconnect();
                list.scrollTop = 2000;
            };
            const watch = new MutationObserver(scroll);
            watch.observe(list, { subtree: true, attributes: true, childList: true });
        }"""
    )
    seen.page.keyboard.press("j")
    seen.page.locator(".row .name", has_text="run 40").first.wait_for()
    assert seen.page.evaluate("document.querySelector('.table').scrollTop") >= 1900


def test_who_comes_back_goes_on_where_they_were(dashboard: Dashboard, visit: Open) -> None:
    """The filter, the mark and the place in the list outlive a look at a run."""
    for number in range(90):
        finished(dashboard.store, f"run {number}")
    seen = visit(dashboard.url())
    counted(seen, 90)
    seen.page.fill("input[aria-label='filter runs']", "run")
    seen.page.locator("h1").click()
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current").wait_for()
    seen.page.evaluate("document.querySelector('.table').scrollTop = 1500")
    seen.page.locator(".row .name >> text=run 44").click()
    seen.page.locator(".run-head h1", has_text="run 44").wait_for()
    seen.page.evaluate("history.back()")
    seen.page.locator(".row .name", has_text="run 44").wait_for()
    assert abs(seen.page.evaluate("document.querySelector('.table').scrollTop") - 1500) < 200
    assert seen.page.locator("input[aria-label='filter runs']").input_value() == "run"
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current", has_text="run 88").wait_for()


def test_a_marked_run_that_no_longer_fits_leaves_no_other_marked(
    dashboard: Dashboard, visit: Open
) -> None:
    """A key that was meant for it hits nobody else; the next one goes on from its place."""
    for name in ("beta one", "alpha two", "alpha three"):
        finished(dashboard.store, name)
    seen = visit(dashboard.url())
    seen.page.locator(".row .name").first.wait_for()
    seen.page.fill("input[aria-label='filter runs']", "alpha")
    seen.page.wait_for_function(f"{COUNT} === 2".replace("() =>", "() => (") + ")")
    seen.page.locator("h1").click()
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current", has_text="alpha three").wait_for()
    edits.label(catalog.find(dashboard.store, "alpha three"), name="gamma")
    seen.page.wait_for_function(f"{COUNT} === 1".replace("() =>", "() => (") + ")")
    assert seen.page.locator(".row.current").count() == 0
    seen.page.keyboard.press("Delete")
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current", has_text="alpha two").wait_for()
    assert len(catalog.runs(dashboard.store)) == 3


def test_notes_are_kept_however_one_leaves(dashboard: Dashboard, visit: Open) -> None:
    """Back to the list by the keyboard, or by closing the page, without a click elsewhere."""
    run = train(dashboard.store, steps=5, name="noted")
    seen = visit(dashboard.url())
    seen.page.click(".row .name")
    seen.page.locator("textarea.notes-text").fill("written")
    seen.page.evaluate("history.back()")
    seen.page.locator(".row .name").wait_for()
    seen.page.click(".row .name")
    seen.page.wait_for_function(
        "() => document.querySelector('textarea.notes-text')?.value === 'written'"
    )
    seen.page.locator("textarea.notes-text").fill("written and closed")
    seen.page.reload()
    seen.page.wait_for_function(
        "() => document.querySelector('textarea.notes-text')?.value === 'written and closed'"
    )
    found = catalog.read(Path(run.path))
    assert found is not None
    assert found.notes == "written and closed"


def test_a_zoom_and_an_open_layer_stay_while_a_run_trains(
    dashboard: Dashboard, live: subprocess.Popen[str], visit: Open
) -> None:
    """Steps come in; what was zoomed into, opened and typed is still there."""
    assert live.poll() is None
    seen = visit(dashboard.url(), height=2400)
    seen.page.click(".row .name >> text=live")
    seen.page.locator(".heat-canvas").first.wait_for()
    over = seen.page.locator(".part-curves .plot-canvas").first
    seen.page.locator(".silence, .finding").first.wait_for()
    box = over.bounding_box()
    assert box is not None
    over.hover(position={"x": box["width"] * 0.3, "y": 50})
    seen.page.mouse.down()
    over.hover(position={"x": box["width"] * 0.6, "y": 60})
    seen.page.mouse.up()
    seen.page.get_by_role("button", name="Zoom out").wait_for()
    seen.page.locator(".heat-canvas").first.click(position={"x": 500, "y": 55})
    seen.page.locator(".layer h3").wait_for()
    steps = seen.page.locator(".run-head .fact", has_text="steps").locator("dd")
    before = steps.inner_text()
    seen.page.locator("textarea.notes-text").fill("half a no")
    seen.page.wait_for_function(
        "old => [...document.querySelectorAll('.run-head .fact')]"
        ".some(f => f.innerText.startsWith('steps') && !f.innerText.endsWith(' ' + old))",
        arg=before,
    )
    seen.page.keyboard.type("te")
    assert seen.page.locator("textarea.notes-text").input_value() == "half a note"
    assert seen.page.get_by_role("button", name="Zoom out").count() == 1
    assert seen.page.locator(".layer h3").count() == 1
