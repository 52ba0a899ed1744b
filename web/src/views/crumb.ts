import { signal } from "@preact/signals";

/** Name of the run that is open, for the frame and the window's title. */
export const crumb = signal("");
