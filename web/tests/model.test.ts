import { describe, expect, test } from "vitest";
import { asShown, bounds, columns, found, happened, heat, river, sorted, sources, total } from "../src/screens/today/model.ts";
import type { Kpi } from "@tributary/client";

const row = (key: string, more: Partial<Kpi> = {}): Kpi =>
  ({ key, version: 1, leads: 0, qualified: 0, valid: 0, routed: 0, assigned: 0, won: 0, lost: 0, conversion: null, won_amount: {}, spend: {}, cost_per_lead: null, ...more }) as Kpi;

describe("the river", () => {
  const sum = { leads: 100, qualified: 95, valid: 80, routed: 80, assigned: 70, won: 10, lost: 15 };
  test("names where every lead is, each once", () => {
    const steps = river(sum);
    expect(steps.map((step) => [step.name, step.leads])).toEqual([["leads", 100], ["valid", 80], ["assigned", 70], ["won", 10]]);
    expect(steps.flatMap((step) => step.leaving.map((one) => [one.name, one.leads, one.waits]))).toEqual([
      ["set-aside", 15, false], ["to-judge", 5, true], ["to-assign", 10, true], ["open", 45, false], ["lost", 15, false],
    ]);
    expect(found(steps)).toBe(100);
  });
  test("says no share of nothing", () => {
    expect(river({ ...sum, leads: 0, qualified: 0, valid: 0, assigned: 0, won: 0, lost: 0 }).map((step) => step.share)).toEqual([null, null, null, null]);
  });
  test("loses nobody who was won before somebody had him", () => {
    const steps = river({ leads: 10, qualified: 10, valid: 8, routed: 8, assigned: 1, won: 3, lost: 0 });
    expect(found(steps)).toBe(10);
  });
  test("shows the channels that bring most, and all others as one", () => {
    const rows = [5, 9, 1, 7, 3, 2, 0].map((leads, i) => row(`c${i}`, { leads }));
    const told = sources(rows);
    expect(told.shown.map((one) => one.leads)).toEqual([9, 7, 5, 3]);
    expect(told.others).toBe(3);
  });
});

test("money is added within a currency and never across", () => {
  const sum = total([row("a", { won_amount: { EUR: 100, INR: 5 } }), row("b", { won_amount: { EUR: 1 } })]);
  expect(sum.won_amount).toEqual({ EUR: 101, INR: 5 });
});

test("a column that nobody has reported is not there", () => {
  const names = (rows: Kpi[]) => columns(rows).map((one) => one.name);
  expect(names([row("a")])).toEqual(["leads", "valid", "assigned", "won", "conversion"]);
  expect(names([row("a", { spend: { EUR: 1 } })])).toContain("spend");
});

test("rows without a place stand last, and what is not defined below what is, in both orders", () => {
  const rows = [row("(none)", { leads: 99, valid: 9 }), row("a", { leads: 10, valid: 1 }), row("b"), row("c", { leads: 10, valid: 9 })];
  const valid = columns(rows)[1]!;
  const order = (descending: boolean) => sorted(rows, valid, descending, (key) => key).map((one) => one.key);
  expect(order(true)).toEqual(["c", "a", "b", "(none)"]);
  expect(order(false)).toEqual(["a", "c", "b", "(none)"]);
});

test("a tint says where a value stands in its column, and nothing where all are the same", () => {
  expect([0, 0.5, 1].map((value) => heat(value, 0, 1))).toEqual([0, 2, 4]);
  expect([heat(1, 1, 1), heat(null, 1, 2), heat(9, Infinity, -Infinity)]).toEqual([0, 0, 0]);
  const column = columns([row("a")]).find((one) => one.name === "valid")!;
  const rows = [row("a", { leads: 4, valid: 1 }), row("b", { leads: 4, valid: 3 }), row("c"), row("(none)", { leads: 1, valid: 1 })];
  expect(bounds(rows, column)).toEqual([0.25, 0.75]);
  expect(asShown(0.9049, column)).toBe(asShown(0.8951, column)); // both read 90 %
  expect(asShown(0.0954, columns([row("a")]).find((one) => one.name === "conversion")!)).toBe(0.095);
});

test("what happened is what grew, with its money; a correction is no news", () => {
  const before = row("a", { won: 1, lost: 2, won_amount: { EUR: 100 } });
  const now = row("a", { version: 2, won: 2, lost: 1, won_amount: { EUR: 350 } });
  expect(happened(before, now, "segment", 7).map(({ what, n, money }) => ({ what, n, money }))).toEqual([{ what: "won", n: 1, money: { EUR: 250 } }]);
  expect(happened(undefined, now, "segment", 7)).toEqual([]);
});
