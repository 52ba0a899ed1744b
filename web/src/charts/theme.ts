// Light and dark. Canvas charts read their colours from the style sheet, so there is one palette.
import { computed, effect, signal } from "@preact/signals";

export type Choice = "auto" | "light" | "dark";
const KEY = "backprobe-theme";
const media = matchMedia("(prefers-color-scheme: dark)");
const system = signal(media.matches);
media.addEventListener("change", () => (system.value = media.matches));

export const choice = signal<Choice>(stored());
export const dark = computed(() => (choice.value === "auto" ? system.value : choice.value === "dark"));

effect(() => {
  document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
  try {
    localStorage.setItem(KEY, choice.value);
  } catch {
    // A browser that keeps nothing asks anew.
  }
});

function stored(): Choice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "auto";
  } catch {
    return "auto";
  }
}

export interface Palette {
  ink: string;
  muted: string;
  line: string;
  panel: string;
  accent: string;
  error: string;
  warning: string;
  note: string;
  zero: string;
  series: string[];
}

/** The style sheet's colours as they are now. */
export const palette = computed<Palette>(() => {
  void dark.value;
  const style = getComputedStyle(document.documentElement);
  const get = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: get("ink"), muted: get("muted"), line: get("line"), panel: get("panel"),
    accent: get("accent"), error: get("error"), warning: get("warning"), note: get("note"),
    zero: get("zero"), series: [1, 2, 3, 4, 5, 6].map((k) => get(`series-${k}`)),
  };
});

/** How much larger than at 1280 pixels everything is: the style sheet's text grows with the screen. */
export const unit = signal(measured());
addEventListener("resize", () => (unit.value = measured()));

function measured(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14 || 1;
}

/** The font of charts, `scale` times its size at 1280 pixels. */
export function font(scale = 1): string {
  return `${11 * scale}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
}
