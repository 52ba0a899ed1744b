// The time, for durations that grow while one looks.
import { signal } from "@preact/signals";

export const now = signal(Date.now() / 1000);
setInterval(() => (now.value = Date.now() / 1000), 1000);
