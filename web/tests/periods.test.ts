import type { Series } from "@tributary/client";
import { expect, test } from "vitest";
import { columns, growth } from "../src/screens/today/model.ts";
import { before, isRange, rowsOf, trend } from "../src/screens/today/periods.ts";

const value = (leads: number) => ({ leads, qualified: leads, valid: leads, routed: 0, assigned: 0, won: 0, lost: 0, conversion: 0, won_amount: {} });
const told = (...leads: (number | null)[][]): Series => ({
  zone: "UTC", as_of: {}, periods: [],
  tables: [{ by: "segment", rows: leads.map((of, i) => ({ key: `s${i}`, values: of.map((n) => (n === null ? null : value(n))) })) }],
}) as unknown as Series;
const days = { name: "days", grain: "day", each: 1, n: 3 } as const;

test("a course has whole periods: the running one is left out, and where nothing came is nothing", () => {
  const found = trend(told([1, null, 3, 9], [0, 2, 0, 9]), days);
  expect([...found!.leads]).toEqual([["s0", [1, 0, 3]], ["s1", [0, 2, 0]]]);
});

test("a course begins when the first lead came, and a row without any stands still", () => {
  const found = trend(told([null, 1, 2, 3, 9], [null, null, 0, 1, 9]), { ...days, n: 4 })!;
  expect([found.n, ...found.leads.values()]).toEqual([3, [1, 2, 3], [0, 0, 1]]);
  expect(columns([], found.leads)[1]!.course!({ key: "none" } as never)).toEqual([0, 0, 0]);
});

test("there is no course of leads that came in fewer than three periods", () => {
  expect(trend(told([null, null, 5, 9]), days)).toBeNull();
  expect(trend(told(), days)).toBeNull();
});

test("rows of a range are as others are, and money that was spent is of no range", () => {
  const rows = rowsOf(told([1, 4], [2, null])).get("segment")!;
  expect([...rows.keys()]).toEqual(["s0"]);
  expect(rows.get("s0")).toMatchObject({ key: "s0", leads: 4, spend: {}, cost_per_lead: null });
  expect(columns([...rows.values()]).map((one) => one.name)).toEqual(["leads", "valid", "assigned", "won", "conversion"]);
});

test("rows are ordered by how much more the later half of their course has", () => {
  expect(growth([1, 1, 5, 5])).toBe(8);
  expect(growth([4, 100, 1])).toBe(-3);
  expect(growth([])).toBe(0);
  const course = new Map([["a", [0, 0, 2]]]);
  expect(columns([], course)[1]!.value({ key: "a" } as never)).toBe(2);
});

test("no other range is one", () => expect(["all", "day", "year", undefined, "constructor"].map(isRange)).toEqual([true, true, false, false, false]));

test("a range is held against the one before by its leads, in all and by key, and against nothing where there was none", () => {
  const found = before(told([10, 15], [null, 3], [4, null]))!;
  expect([found.leads, found.change, ...found.rows.values()]).toEqual([14, 18 / 14 - 1, 0.5, null, -1]);
  expect(before(told([null, 3]))).toBeNull();
  expect(before(told())).toBeNull();
  const [leads, column] = columns([], undefined, found.rows);
  expect([leads!.name, column!.name, column!.value({ key: "s0" } as never), column!.value({ key: "other" } as never)]).toEqual(["leads", "before", 0.5, null]);
});
