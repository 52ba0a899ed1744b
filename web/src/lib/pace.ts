/**
 * Runs a task when poked, never twice at once, and rests between two runs for `least` milliseconds
 * or three times as long as the last one took. A poke that comes meanwhile is not lost.
 */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private wanted = false;
  private stopped = false;
  private restUntil = 0;
  private pressed = false;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly least: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Asks for a run, at once where it may. */
  poke(): void {
    if (this.stopped) return;
    this.wanted = true;
    if (this.running || this.timer !== null) return;
    this.timer = setTimeout(() => void this.run(), Math.max(0, this.restUntil - this.now()));
  }

  /** Asks for a run without the rest before it: somebody waits. */
  hurry(): void {
    this.restUntil = 0;
    this.pressed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.poke();
  }

  /** Ends it: no run begins from now on. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async run(): Promise<void> {
    this.timer = null;
    this.running = true;
    this.wanted = this.pressed = false;
    const began = this.now();
    try {
      await this.task();
    } finally {
      const ended = this.now();
      this.restUntil = this.pressed ? 0 : ended + Math.max(this.least, 3 * (ended - began));
      this.running = false;
      if (this.wanted) this.poke();
    }
  }
}
