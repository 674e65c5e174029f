/**
 * Which leads the numbers are of: all that ever came, or those of the last days; and the course that they took. Numbers of a range
 * are counted by metrics when they are asked for. Here they are asked for again when the stream says that something has changed.
 */
import { ask, NotAnswered, type By, type Kpi, type Series } from "@tributary/client";
import { computed, onBeforeUnmount, shallowRef, watch, type ShallowRef } from "vue";
import type { Tables } from "./numbers.ts";

export const RANGES = { all: 0, day: 1, week: 7, month: 28, quarter: 90 } as const;
export type Range = keyof typeof RANGES;
export const isRange = (name: unknown): name is Range => typeof name === "string" && Object.hasOwn(RANGES, name);

type Grain = "minute" | "hour" | "day";
/** Periods of a course: whole ones, so that the running one does not look like a fall. Weeks are seven days until today. */
interface Course {
  name: "weeks" | "days" | "hours" | "minutes";
  grain: Grain;
  each: number;
  n: number;
}
const course = (name: Course["name"], n: number): Course => ({ name, n, grain: name === "weeks" ? "day" : (name.slice(0, -1) as Grain), each: name === "weeks" ? 7 : 1 });
const HOURS = [course("hours", 24), course("minutes", 30)];
/** The first of these in which leads came in at least three periods: what began today has no weeks to show yet. */
const COURSES: Record<Range, Course[]> = {
  all: [course("weeks", 8), course("days", 14), ...HOURS],
  quarter: [course("weeks", 13), course("days", 14), ...HOURS],
  month: [course("days", 28), ...HOURS],
  week: [course("days", 7), ...HOURS],
  day: HOURS,
};
const LEAST = 3;
const MINUTE = 60_000;

/** Leads by period, of each key. */
export interface Trend {
  name: Course["name"];
  n: number;
  leads: Map<string, number[]>;
}

const series = (by: Iterable<By>, grain: Grain, each: number, count: number, signal: AbortSignal, ...more: string[][]) =>
  ask<Series>(`/api/metrics/v1/kpis/series?${new URLSearchParams([...[...by].map((one) => ["by", one]), ["grain", grain], ["each", `${each}`], ["count", `${count}`], ...more])}`, { signal });

/** What a table by period says of leads, from the first period in which any came, without the running one where periods are short. */
export function trend(told: Series, of: Course): Trend | null {
  const rows = told.tables[0]?.rows ?? [];
  const leads = new Map(rows.map((row) => [row.key, row.values.slice(0, of.n).map((one) => one?.leads ?? 0)]));
  const busy = Array.from({ length: of.n }, (_, i) => [...leads.values()].some((one) => one[i]));
  const begin = busy.indexOf(true);
  for (const [key, values] of leads) leads.set(key, values.slice(begin));
  return busy.filter(Boolean).length < LEAST ? null : { name: of.name, n: of.n - begin, leads };
}

/** How many leads came in the range before, as far as the running one has come, and how much more or less that makes now: in all
 * and by key. What has become of them is not held against each other: those of before had longer. */
export interface Before {
  leads: number;
  change: number;
  rows: Map<string, number | null>;
}
export function before(told: Series): Before | null {
  const rows = (told.tables[0]?.rows ?? []).map(({ key, values }) => [key, values[0]?.leads ?? 0, values[1]?.leads ?? 0] as const);
  const [leads, now] = [1, 2].map((at) => rows.reduce((sum, row) => sum + (row[at] as number), 0)) as [number, number];
  const change = (from: number, to: number) => (from ? to / from - 1 : null);
  return leads ? { leads, change: now / leads - 1, rows: new Map(rows.map(([key, from, to]) => [key, change(from, to)])) } : null;
}

const NOTHING = { version: 0, spend: {}, cost_per_lead: null } as unknown as Kpi;
/** The rows of the last period, as others of the page are. Money that was spent is of no period. */
export function rowsOf(told: Series): Map<By, Map<string, Kpi>> {
  const found = new Map<By, Map<string, Kpi>>();
  for (const { by, rows } of told.tables) {
    const held = new Map<string, Kpi>();
    for (const { key, values } of rows) {
      const last = values.at(-1);
      if (last) held.set(key, { ...NOTHING, ...last, key });
    }
    found.set(by, held);
  }
  return found;
}

interface Live {
  tables: ShallowRef<Tables>;
  asOf: ShallowRef<number>;
  paused: ShallowRef<boolean>;
  ready: ShallowRef<boolean>;
}

const PACE_MS = 2000;
const PATIENCE = 10;

export function usePeriods(live: Live, range: () => Range, dimensions: () => Set<By>) {
  const counted = shallowRef<Tables | null>(null);
  const since = shallowRef("");
  const askedAt = shallowRef(0);
  const failed = shallowRef(false);
  const course = shallowRef<Trend | null>(null);
  const earlier = shallowRef<Before | null>(null);
  let reading = new AbortController();
  let looking = new AbortController();
  let due = 0;
  let took = 0;
  let ended = 0;

  async function read(wanted = false): Promise<void> {
    due = 0;
    if (range() === "all" || (live.paused.value && !wanted) || document.hidden) return;
    reading.abort();
    const { signal } = (reading = new AbortController());
    const began = performance.now();
    try {
      const told = await series(dimensions(), "day", RANGES[range()], 1, signal);
      if (signal.aborted || (live.paused.value && !wanted)) return;
      const none = new Map<string, Kpi>();
      const found = rowsOf(told);
      counted.value = { segment: found.get("segment") ?? none, channel: found.get("channel") ?? none, team: found.get("team") ?? none, campaign: found.get("campaign") ?? none };
      [since.value, askedAt.value, failed.value] = [told.periods[0]!.starts_at, Date.now(), false];
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof NotAnswered)) throw failure;
      failed.value = true;
      soon(5000);
    } finally {
      [took, ended] = [performance.now() - began, performance.now()];
    }
  }
  /** Who is long to answer is asked less often. */
  function soon(after = ended + Math.max(PACE_MS, PATIENCE * took) - performance.now()): void {
    if (!due && range() !== "all") due = window.setTimeout(() => void read(), Math.max(0, after));
  }

  async function look(): Promise<void> {
    if (!live.ready.value || document.hidden) return;
    looking.abort();
    const { signal } = (looking = new AbortController());
    const by = [...dimensions()].at(-1)!;
    try {
      if (range() !== "all") {
        const found = before(await series([by], "day", RANGES[range()], 2, signal, ["so_far", "true"]));
        if (signal.aborted) return;
        earlier.value = found;
      }
      for (const one of COURSES[range()]) {
        const whole = one.each === 1 ? 1 : 0;
        const found = trend(await series([by], one.grain, one.each, one.n + whole, signal), one);
        if (signal.aborted) return;
        course.value = found;
        if (found) return;
      }
    } catch (failure) {
      if (!signal.aborted && !(failure instanceof NotAnswered)) throw failure;
    }
  }

  let looked = 0;
  const timer = window.setInterval(() => {
    const rare = course.value !== null && course.value.name !== "minutes";
    if (!live.paused.value && ++looked % (rare ? 5 : 1) === 0) void look();
  }, MINUTE);
  watch(() => `${range()} ${[...dimensions()].sort().join()}`, () => {
    window.clearTimeout(due);
    if (range() === "all") counted.value = null;
    void read(true);
  }, { immediate: true });
  watch(() => `${range()} ${[...dimensions()].at(-1)}`, () => {
    course.value = earlier.value = null;
    void look();
  });
  watch(live.tables, () => soon());
  watch(live.ready, () => void look(), { immediate: true });
  watch(live.paused, (on) => on || soon(0));
  const seen = () => document.hidden || soon(0);
  document.addEventListener("visibilitychange", seen);
  onBeforeUnmount(() => {
    document.removeEventListener("visibilitychange", seen);
    window.clearTimeout(due);
    window.clearInterval(timer);
    reading.abort();
    looking.abort();
  });

  const all = computed(() => range() === "all");
  return {
    tables: computed(() => (all.value ? live.tables.value : (counted.value ?? live.tables.value))),
    ready: computed(() => live.ready.value && (all.value || counted.value !== null)),
    asOf: computed(() => (all.value ? live.asOf.value : askedAt.value)),
    since: computed(() => (all.value ? "" : since.value)),
    failed: computed(() => !all.value && failed.value),
    course,
    earlier,
  };
}
