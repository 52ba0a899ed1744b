import { expect, test } from "vitest";
import { screen } from "./terminal";

test("of a progress bar the last state stays, also when it came in pieces", () => {
  expect(screen([[2, "\r 10%"], [2, "\r 50%"], [2, "\r100%\nnext\n"]])).toEqual([[2, "100%\nnext\n"]]);
});

test("streams stay apart and in order", () => {
  expect(screen([[1, "a"], [2, "b"], [1, "c"], [1, "d"]])).toEqual([[1, "a"], [2, "b"], [1, "cd"]]);
});

test("colours and other escapes are left out", () => {
  expect(screen([[1, "\u001b[1;31mred\u001b[0m \u001b]0;title\u0007plain\r\n"]])).toEqual([[1, "red plain\n"]]);
});
