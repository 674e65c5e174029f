import type { By, Change, Kpi } from "@tributary/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { effectScope, watch, type EffectScope } from "vue";
import { useNumbers } from "../src/screens/today/numbers.ts";

type Told = { change(change: Change): void; state(state: { is: "live" }): void };
const stream = vi.hoisted(() => ({ told: undefined as unknown as Told }));
vi.mock("@tributary/client", () => ({
  Shared: class {
    constructor(_: string, __: By[], told: Told) {
      stream.told = told;
    }
    open() {}
    close() {}
  },
}));
vi.mock("vue", async (load) => ({ ...(await load<typeof import("vue")>()), onMounted: () => undefined, onBeforeUnmount: () => undefined }));

const row = (key: string, version: number) => ({ key, version, leads: version, won: 0, lost: 0, won_amount: {} }) as unknown as Kpi;
const tell = (by: By, rows: Kpi[], whole = false) => stream.told.change({ by, rows, whole, heardAt: 1, asOf: {}, offset: 1 });
let scope: EffectScope;
let painted = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => setTimeout(then, 16));
  scope = effectScope();
  painted = 0;
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const opened = (...first: By[]) =>
  scope.run(() => {
    const numbers = useNumbers("anna", first);
    watch(numbers.tables, () => painted++, { flush: "sync" });
    return numbers;
  })!;

test("the first numbers are painted as soon as what the page speaks of is there", () => {
  const numbers = opened("segment", "channel");
  tell("segment", [row("a", 1)], true);
  expect([numbers.ready.value, painted]).toEqual([false, 0]);
  tell("channel", [row("web", 1)], true);
  expect([numbers.ready.value, painted]).toEqual([true, 1]);
  expect([...numbers.whole.value]).toEqual(["segment", "channel"]);
  tell("campaign", [row("spring", 1)], true);
  vi.advanceTimersByTime(200);
  expect([[...numbers.whole.value], painted]).toEqual([["segment", "channel", "campaign"], 2]);
});

test("a thousand changes within a tenth of a second are one painting", () => {
  const numbers = opened("segment");
  tell("segment", [row("a", 1)], true);
  vi.advanceTimersByTime(1000);
  painted = 0;
  for (let i = 2; i < 1002; i++) tell("segment", [row("a", i)]);
  vi.advanceTimersByTime(1000);
  expect([painted, numbers.tables.value.segment.get("a")!.version]).toEqual([1, 1001]);
});

test("a change after a quiet while is on the next frame, and then ten paintings a second are the most", () => {
  opened("segment");
  tell("segment", [row("a", 1)], true);
  vi.advanceTimersByTime(1000);
  painted = 0;
  tell("segment", [row("a", 2)]);
  vi.advanceTimersByTime(17);
  expect(painted).toBe(1);
  for (let i = 3; i < 203; i++) {
    tell("segment", [row("a", i)]);
    vi.advanceTimersByTime(5);
  }
  expect(painted).toBeLessThanOrEqual(10);
  expect(painted).toBeGreaterThan(5);
});

test("nothing is painted while the page is paused or hidden", () => {
  const numbers = opened("segment");
  tell("segment", [row("a", 1)], true);
  vi.advanceTimersByTime(1000);
  painted = 0;
  numbers.pause(true);
  tell("segment", [row("a", 2)]);
  vi.advanceTimersByTime(1000);
  expect([painted, numbers.waiting.value]).toEqual([0, 1]);
  numbers.pause(false);
  expect(painted).toBe(1);
  vi.stubGlobal("document", { hidden: true });
  tell("segment", [row("a", 3)]);
  vi.advanceTimersByTime(1000);
  expect(painted).toBe(1);
});
