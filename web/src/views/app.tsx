// The frame of every page: where one is, whether it is live, light or dark.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { bundle } from "../api/bundle";
import { connected } from "../api/live";
import { choice, dark } from "../charts/theme";
import { parseRoute, type Route } from "../lib/route";
import { ComparePage } from "./compare";
import { crumb } from "./crumb";
import { RunPage } from "./run";
import { RunsPage } from "./runs";
import { Toast } from "./toast";

const route = signal<Route>(parseRoute(location.hash || bundle?.start || ""));
addEventListener("hashchange", () => {
  route.value = parseRoute(location.hash || bundle?.start || "");
  scrollTo(0, 0);
});

export function App(): JSX.Element {
  const at = route.value;
  document.title = at.view === "run" && crumb.value ? `${crumb.value} · backprobe` : at.view === "compare" ? `${at.ids.length} runs · backprobe` : "backprobe";
  return (
    <>
      <header class="frame">
        <a class="logo" href="#/" aria-label="backprobe: all runs">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M2 19h7l3-11 6 18 3-11h9" /></svg>
          backprobe
        </a>
        <nav aria-label="where">
          {at.view !== "runs" && <><a href="#/">Runs</a><span aria-hidden="true">/</span><span class="crumb">{at.view === "run" ? crumb.value || at.id : "Compare"}</span></>}
        </nav>
        {bundle
          ? <span class="live" title={bundle.without.length ? `Left out: ${bundle.without.join(", ")}` : ""}>shared page</span>
          : (
            <span class={connected.value ? "live on" : "live"} title={connected.value ? "Connected: news arrive as they happen" : "Not connected: asking every two seconds"}>
              <i aria-hidden="true" />{connected.value ? "live" : "reconnecting"}
            </span>
          )}
        <button type="button" class="quiet" onClick={() => (choice.value = dark.value ? "light" : "dark")}>
          {dark.value ? "Light" : "Dark"}
        </button>
      </header>
      <main>{at.view === "run" ? <RunPage key={at.id} id={at.id} /> : at.view === "compare" ? <ComparePage key={at.ids.join()} ids={at.ids} /> : <RunsPage />}</main>
      <Toast />
    </>
  );
}
