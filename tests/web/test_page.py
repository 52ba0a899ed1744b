# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a real chromium, on records of real trainings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backprobe.server import share
from tests.server.training import train
from tests.web.conftest import Dashboard, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
PICTURE = "document.querySelector('.part-curves canvas').toDataURL()"
Open = Callable[..., Visit]


def test_a_live_run_moves_on_the_screen(
    dashboard: Dashboard, live: subprocess.Popen[str], visit: Open
) -> None:
    """A run that another process is writing appears by itself, and its curves grow."""
    seen = visit(dashboard.url())
    seen.page.click(".row .name >> text=live")
    steps = seen.page.locator(".run-head .fact", has_text="steps").locator("dd")
    steps.wait_for()
    seen.page.wait_for_selector(".part-curves .plot-canvas")
    before, picture = steps.inner_text(), seen.page.evaluate(PICTURE)
    seen.page.wait_for_function(f"old => {PICTURE} !== old", arg=picture, polling=100)
    seen.page.wait_for_function(
        "old => [...document.querySelectorAll('.run-head .fact')]"
        ".some(f => f.innerText.startsWith('steps') && !f.innerText.endsWith(' ' + old))",
        arg=before,
    )
    assert seen.page.locator(".state-running").count() == 1
    live.kill()
    live.wait()
    seen.page.wait_for_selector(".run-title .state-crashed")


def test_news_reach_the_screen_within_seconds(dashboard: Dashboard, visit: Open) -> None:
    """The list is open before the first run; the run comes without a reload."""
    seen = visit(dashboard.url())
    seen.page.wait_for_selector("text=No run yet")
    assert "backprobe run train.py" in seen.page.inner_text(".empty")
    train(dashboard.store, steps=20, name="the first")
    seen.page.wait_for_selector(".row >> text=the first")


def test_the_token_does_not_stay_in_the_address(dashboard: Dashboard, visit: Open) -> None:
    """What is copied from the address bar gives nothing away; a reload still works."""
    seen = visit(dashboard.url())
    seen.page.wait_for_selector("text=No run yet")
    assert "token" not in seen.page.url
    seen.page.reload()
    seen.page.wait_for_selector("text=No run yet")


def test_a_click_on_the_heat_map_opens_the_layer(dashboard: Dashboard, visit: Open) -> None:
    """The row that was clicked is the layer that opens, with its series and its distribution."""
    run = train(dashboard.store, steps=60)
    seen = visit(dashboard.url(run.id), height=1600)
    canvas = seen.page.locator(".heat-canvas")
    canvas.wait_for()
    canvas.hover(position={"x": 500, "y": 55})
    seen.page.locator(".part-network .heat-read", has_text="fc2.weight · step ").wait_for()
    canvas.click(position={"x": 500, "y": 55})
    layer = seen.page.locator(".layer")
    layer.locator("h3", has_text="fc2").wait_for()
    layer.locator("text=Gradient RMS").wait_for()
    layer.locator(".histogram canvas").wait_for()
    canvas.press("ArrowDown")
    layer.locator("h3", has_text="fc3").wait_for()
    layer.get_by_role("tab", name="output").click()
    layer.locator("text=Output RMS").wait_for()
    seen.page.select_option(".part-network select >> nth=0", "out_rms")
    seen.page.wait_for_selector(".part-network >> text=RMS of each layer's output")


def test_a_finding_shows_its_place_its_evidence_and_its_rule(
    dashboard: Dashboard, visit: Open
) -> None:
    """What was measured, what to try, and on demand the text of the rule."""
    run = train(dashboard.store, steps=60, scale=40.0, rate=1.0)
    seen = visit(dashboard.url(run.id))
    first = seen.page.locator(".finding").first
    first.locator("text=Evidence").wait_for()
    name = first.locator(".rule").first.inner_text()
    assert first.locator(".pairs dt").count() > 0
    first.get_by_role("button", name=f"About {name}").click()
    first.locator("text=What it looks for").wait_for()
    first.locator(".finding-head").first.click()
    assert first.locator("text=Evidence").count() == 0


def test_the_place_of_a_finding_leads_to_its_layer(dashboard: Dashboard, visit: Open) -> None:
    """A click on the module that a finding names opens that module's signals."""
    run = train(dashboard.store, steps=60, scale=40.0, rate=1e12)
    seen = visit(dashboard.url(run.id))
    chip = seen.page.locator(".finding button.chip:visible").first
    name = chip.inner_text()
    assert name.startswith("fc")
    chip.click()
    seen.page.locator(".layer h3", has_text=name).wait_for()


def test_a_silent_run_says_so(dashboard: Dashboard, visit: Open) -> None:
    """No finding is said in words, with what could not be seen."""
    run = train(dashboard.store, steps=200)
    seen = visit(dashboard.url(run.id))
    seen.page.wait_for_selector("text=Nothing wrong seen")
    seen.page.wait_for_selector("text=No evaluation was seen.")


def test_hostile_names_are_only_names(dashboard: Dashboard, visit: Open) -> None:
    """Markup in names, settings, metrics and output is shown as it is written, and inert."""
    run = train(
        dashboard.store,
        steps=20,
        name=HOSTILE,
        project="<script>document.title='owned'</script>",
        tags=(HOSTILE,),
        config={HOSTILE: HOSTILE},
        notes="javascript:alert(1)",
        command=("python", HOSTILE),
    )
    seen = visit(dashboard.url())
    seen.page.locator(".row .name", has_text="onerror").wait_for()
    assert seen.page.locator(".row .name").inner_text() == HOSTILE
    seen.page.locator(".row .name").click()
    seen.page.locator(".run-head h1", has_text="onerror").wait_for()
    seen.page.locator(".details dt", has_text="onerror").wait_for()
    assert seen.page.locator("main img, main script").count() == 0
    assert seen.page.title() == f"{HOSTILE} · backprobe"
    assert run.name == HOSTILE


def test_nan_and_infinity_are_marked_where_they_were(dashboard: Dashboard, visit: Open) -> None:
    """A loss that ends as NaN is said to; its finite beginning is drawn."""
    run = train(dashboard.store, steps=30, rate=float("inf"))
    seen = visit(dashboard.url(run.id))
    loss = seen.page.locator(".part-curves .chart").first
    loss.locator(".chart-odd").wait_for()
    assert "× NaN: 29" in loss.locator(".chart-odd").inner_text()
    assert loss.locator(".readout").inner_text().strip() == "NaN"
    seen.page.wait_for_selector("text=NaN or ∞")


def test_dragging_zooms_and_zooming_out_shows_all(dashboard: Dashboard, visit: Open) -> None:
    """The stretch that was dragged over fills the chart and its neighbours."""
    run = train(dashboard.store, steps=120)
    seen = visit(dashboard.url(run.id))
    over = seen.page.locator(".part-curves .plot-canvas").first
    seen.page.wait_for_function(
        "() => /[0-9]/.test(document.querySelector('.part-curves .readout')?.innerText)"
    )
    seen.page.locator(".silence, .finding").first.wait_for()  # nothing moves from here on
    box = over.bounding_box()
    assert box is not None
    over.hover(position={"x": box["width"] * 0.25, "y": 50})
    seen.page.mouse.down()
    over.hover(position={"x": box["width"] * 0.5, "y": 60})
    seen.page.mouse.up()
    out = seen.page.get_by_role("button", name="Zoom out")
    out.wait_for()
    over.hover(position={"x": 3, "y": 50})
    seen.page.wait_for_function(
        "() => /step (2[5-9]|3[0-2])$/.test(document.querySelector('.read-step')?.innerText)"
    )
    out.click()
    seen.page.wait_for_selector("button:has-text('Zoom out')", state="detached")


def test_the_list_filters_and_sorts(dashboard: Dashboard, visit: Open) -> None:
    """Words narrow the list, a head sorts it, `/` leads to the filter."""
    train(dashboard.store, steps=200, name="calm")
    train(dashboard.store, steps=60, name="wild", scale=40.0, rate=1.0)
    seen = visit(dashboard.url())
    names = seen.page.locator(".row .name")
    seen.page.locator(".row .sign").first.wait_for()
    seen.page.get_by_role("button", name="Last loss").click()
    seen.page.wait_for_function("() => document.querySelector('.row .name').innerText === 'calm'")
    seen.page.get_by_role("button", name="Last loss").click()
    seen.page.wait_for_function("() => document.querySelector('.row .name').innerText === 'wild'")
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("-wild")
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 1")
    assert names.inner_text() == "calm"
    seen.page.keyboard.press("Escape")
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 2")


def test_settings_are_filtered_and_grouped_by(dashboard: Dashboard, visit: Open) -> None:
    """A bare name of a setting filters; a group is one head over its runs, with their mean."""
    for rate in (0.1, 0.1, 0.2):
        train(dashboard.store, steps=5, rate=rate, name=f"rate {rate}", config={"lr": rate})
    seen = visit(dashboard.url())
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 3")
    seen.page.fill("input[aria-label='filter runs']", "lr<0.15")
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 2")
    seen.page.fill("input[aria-label='filter runs']", "")
    seen.page.select_option("select[aria-label='group by']", "config.lr")
    seen.page.wait_for_function("() => document.querySelectorAll('.row.group').length === 2")


def test_a_deleted_run_comes_back(dashboard: Dashboard, visit: Open) -> None:
    """Chosen by the keyboard, thrown away, and back by undo; a new name stays."""
    train(dashboard.store, steps=5, name="kept")
    train(dashboard.store, steps=5, name="thrown")
    seen = visit(dashboard.url())
    names = seen.page.locator(".row .name")
    names.nth(1).wait_for()
    for key in ("j", "x", "Delete"):
        seen.page.keyboard.press(key)
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 1")
    seen.page.locator(".toast", has_text="trash").wait_for()
    assert names.inner_text() == "kept"
    seen.page.keyboard.press("u")
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 2")
    seen.page.keyboard.press("r")
    seen.page.locator(".rename").wait_for()
    seen.page.keyboard.type("renamed")
    seen.page.keyboard.press("Enter")
    seen.page.locator(".row .name", has_text="renamed").wait_for()
    seen.page.reload()
    seen.page.locator(".row .name", has_text="renamed").wait_for()


def test_the_mark_stays_on_its_run(dashboard: Dashboard, visit: Open) -> None:
    """A run that appears above the marked one doesn't take its mark: keys hit what was chosen."""
    train(dashboard.store, steps=5, name="marked")
    seen = visit(dashboard.url())
    seen.page.locator(".row .name").first.wait_for()
    seen.page.keyboard.press("j")
    seen.page.locator(".row.current", has_text="marked").wait_for()
    train(dashboard.store, steps=5, name="newer")
    seen.page.wait_for_function("() => document.querySelectorAll('.row .name').length === 2")
    assert seen.page.locator(".row .name").first.inner_text() == "newer"
    assert seen.page.locator(".row.current .name").inner_text() == "marked"


def test_two_runs_beside_each_other(dashboard: Dashboard, visit: Open) -> None:
    """Their curves in one chart, what they were given, and where they part."""
    one = train(dashboard.store, steps=60, name="slow", config={"lr": 0.1, "same": 1})
    other = train(dashboard.store, steps=60, rate=0.3, name="fast", config={"lr": 0.3, "same": 1})
    seen = visit(f"{dashboard.url()}#/compare/{one.id},{other.id}", height=2000)
    seen.page.locator(".part-overlay .plot-canvas").first.wait_for()
    part = seen.page.locator("#parting")
    part.locator("text=They part in their").wait_for()
    assert "learning rate" in part.inner_text()
    given = seen.page.locator("#given")
    given.locator("td", has_text="lr").first.wait_for()
    assert "same" not in given.inner_text()
    seen.page.select_option(".part-overlay select >> nth=1", "*")
    seen.page.locator(".part-overlay .readout b").first.wait_for()


def test_a_shared_file_needs_no_server(
    dashboard: Dashboard, browser: Browser, tmp_path: Path
) -> None:
    """It opens from the disk, shows the run, asks nobody, and lacks what was left out."""
    run = train(dashboard.store, steps=60, scale=40.0, rate=1.0, name="shared <b>&</b>")
    target = tmp_path / "shared.html"
    share.write(dashboard.store, [run], target)
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(target.as_uri())
    page.locator("h1", has_text="shared <b>&</b>").wait_for()
    page.locator(".finding").first.wait_for()
    page.locator(".heat-canvas").wait_for()
    page.locator(".part-curves .plot-canvas").first.wait_for()
    assert "loss" not in page.inner_text(".console")
    page.click("text=Runs")
    page.locator(".row .name", has_text="shared").wait_for()
    context.close()
    assert complaints == []


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_it_fits_every_screen(dashboard: Dashboard, visit: Open, width: int) -> None:
    """Nothing sticks out to the side, on a phone, a laptop and a wall."""
    run = train(dashboard.store, steps=60, scale=40.0, rate=1.0, name="a" * 90)
    for url in (dashboard.url(), dashboard.url(run.id)):
        seen = visit(url, width=width)
        seen.page.locator(".row .name, .heat-canvas").first.wait_for()
        seen.page.wait_for_function(
            "width => document.documentElement.scrollWidth <= width"
            " && [...document.querySelectorAll('canvas.plot-canvas, canvas.heat-canvas')]"
            ".every((canvas) => canvas.width > 0 && canvas.clientWidth <= width)",
            arg=width,
        )


def test_dark_is_dark_and_stays(dashboard: Dashboard, visit: Open) -> None:
    """The system's wish is followed; a choice is kept over a reload."""
    seen = visit(dashboard.url(), color_scheme="dark")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert seen.page.evaluate(background) == "rgb(16, 18, 20)"
    seen.page.get_by_role("button", name="Light").click()
    seen.page.reload()
    assert seen.page.evaluate(background) == "rgb(246, 246, 244)"


def test_an_unknown_run_is_said_to_be(dashboard: Dashboard, visit: Open) -> None:
    """A stale bookmark leads to a sentence and to the list."""
    seen = visit(dashboard.url("nope"))
    seen.page.wait_for_selector("text=no run 'nope'")
    seen.complaints.clear()  # the browser itself notes the 404
    seen.page.click("text=All runs")
    seen.page.wait_for_selector("text=No run yet")
