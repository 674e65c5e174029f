/** The numbers of the page: heard at once, painted at most ten times a second, and not while the page is paused or hidden. */
import { Shared, type By, type Change, type Kpi, type State } from "@tributary/client";
import { nextTick, onBeforeUnmount, onMounted, shallowRef } from "vue";
import { happened, type Happened } from "./model.ts";
import { scrolls } from "./near.ts";

const DIMENSIONS: By[] = ["segment", "channel", "team", "campaign"];
const PAINT_MS = 100;
const SCROLLED_MS = 300;
const HIDDEN_MS = 5 * 60_000;
const EVENTS = 6;

export type Tables = Record<By, Map<string, Kpi>>;
const empty = (): Tables => ({ segment: new Map(), channel: new Map(), team: new Map(), campaign: new Map() });

/** `first` are the dimensions that the page speaks of when it is opened: it does not wait for others. */
export function useNumbers(person: string, first: Iterable<By>) {
  const heard = empty();
  const tables = shallowRef<Tables>(empty());
  /** The leads of each row when the page was opened. */
  const before = new Map<string, number>();
  const changed = shallowRef(new Set<string>());
  const events = shallowRef<Happened[]>([]);
  const state = shallowRef<State>({ is: "connecting" });
  const asOf = shallowRef(0);
  const openedAt = Date.now();
  const paused = shallowRef(false);
  const waiting = shallowRef(0);
  const ready = shallowRef(false);
  const whole = shallowRef(new Set<By>());
  const since = new Set<string>();
  const wanted = [...first];
  const got = new Set<By>();
  let told: Happened[] = [];
  let heardAt = 0;
  let due = 0;
  let painted = 0;
  let cost = 0;
  let shared: Shared | null = null;
  let sleep = 0;

  function change({ by, rows: fresh, whole: all, heardAt: at }: Change): void {
    if (all) {
      got.add(by);
      heard[by] = new Map();
      for (const row of fresh) if (!before.has(`${by} ${row.key}`)) before.set(`${by} ${row.key}`, row.leads);
    }
    for (const row of fresh) {
      const had = heard[by].get(row.key);
      if (!all) {
        if (by === "segment") told.push(...happened(had, row, by, at));
        since.add(`${by} ${row.key}`);
        if (!had && !before.has(`${by} ${row.key}`)) before.set(`${by} ${row.key}`, 0);
      }
      heard[by].set(row.key, row);
    }
    heardAt = Math.max(heardAt, at);
    if (paused.value) waiting.value += fresh.length;
    else if (!ready.value && complete()) paint();
    else soon();
  }
  const complete = () => wanted.every((by) => got.has(by));

  function soon(): void {
    if (due || document.hidden || !ready.value) return;
    // A page that is long to draw is drawn less often: most of the time stays for scrolling and typing.
    const rest = painted + Math.max(scrolls() ? SCROLLED_MS : PAINT_MS, 4 * cost) - performance.now();
    due = window.setTimeout(() => requestAnimationFrame(paint), Math.max(0, rest));
  }

  function paint(): void {
    due = 0;
    if (paused.value) return;
    painted = performance.now();
    void nextTick(() => (cost = performance.now() - painted));
    tables.value = { segment: new Map(heard.segment), channel: new Map(heard.channel), team: new Map(heard.team), campaign: new Map(heard.campaign) };
    changed.value = new Set(since);
    since.clear();
    if (told.length) events.value = [...told.reverse(), ...events.value].slice(0, EVENTS);
    told = [];
    asOf.value = heardAt;
    if (whole.value.size < got.size) whole.value = new Set(got);
    ready.value ||= complete();
  }

  function open(): void {
    shared ??= new Shared(person, DIMENSIONS, {
      change,
      state: (now) => {
        state.value = now;
        if (now.is === "live") heardAt = Math.max(heardAt, Date.now());
        soon();
      },
    });
    shared.open();
  }
  function close(): void {
    shared?.close();
    shared = null;
  }
  function shown(): void {
    window.clearTimeout(sleep);
    if (document.hidden) sleep = window.setTimeout(close, HIDDEN_MS);
    else if (shared) soon();
    else open();
  }
  function pause(on: boolean): void {
    paused.value = on;
    waiting.value = 0;
    if (!on) paint();
  }
  onMounted(() => {
    document.addEventListener("visibilitychange", shown);
  });
  open();
  onBeforeUnmount(() => {
    document.removeEventListener("visibilitychange", shown);
    close();
  });

  return { tables, before, changed, events, state, asOf, openedAt, paused, waiting, ready, whole, pause };
}
