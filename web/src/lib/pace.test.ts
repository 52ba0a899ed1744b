import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "./pace";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it runs at once, never twice together, and no poke is lost", async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const pace = new Pace(async () => {
    runs++;
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, 100));
    running--;
  }, 50, () => Date.now());
  pace.poke();
  await vi.advanceTimersByTimeAsync(10);
  pace.poke();
  pace.poke();
  await vi.advanceTimersByTimeAsync(2000);
  expect([runs, most]).toEqual([2, 1]);
});

test("it rests three times as long as a slow run took", async () => {
  let runs = 0;
  const pace = new Pace(async () => {
    runs++;
    await new Promise((done) => setTimeout(done, 1000));
  }, 50, () => Date.now());
  pace.poke();
  await vi.advanceTimersByTimeAsync(1000);
  pace.poke();
  await vi.advanceTimersByTimeAsync(2900);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(runs).toBe(2);
});

test("a failed run is not the last, a stopped one is", async () => {
  let runs = 0;
  const pace = new Pace(async () => {
    runs++;
    await Promise.resolve();
  }, 0, () => Date.now());
  pace.poke();
  await vi.advanceTimersByTimeAsync(10);
  pace.stop();
  pace.poke();
  await vi.advanceTimersByTimeAsync(1000);
  expect(runs).toBe(1);
});

test("what somebody waits for does not rest, and the rest after it stays", async () => {
  let runs = 0;
  const pace = new Pace(async () => {
    runs++;
    await new Promise((done) => setTimeout(done, 100));
  }, 5000, () => Date.now());
  pace.poke();
  await vi.advanceTimersByTimeAsync(110);
  pace.poke();
  await vi.advanceTimersByTimeAsync(50);
  expect(runs).toBe(1);
  pace.hurry();
  await vi.advanceTimersByTimeAsync(10);
  expect(runs).toBe(2);
  pace.hurry(); // while it runs: once more right after it
  await vi.advanceTimersByTimeAsync(110);
  expect(runs).toBe(3);
  await vi.advanceTimersByTimeAsync(110);
  pace.poke();
  await vi.advanceTimersByTimeAsync(4000);
  expect(runs).toBe(3);
});
