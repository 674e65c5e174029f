import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { KpiStream, type Kpi, type State } from "../src/index.ts";

const row = (key: string, version: number, leads = version): Kpi =>
  ({ key, version, leads, qualified: 0, valid: 0, routed: 0, assigned: 0, won: 0, lost: 0, conversion: null, won_amount: {}, spend: {}, cost_per_lead: null }) as Kpi;
const event = (name: string, data: unknown, id = "") => `${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const snapshot = (rows: Kpi[], id = "a-0", next: string | null = null) => event("snapshot", { as_of: {}, rows, next }, id);

/** A door that answers with what stands ready, and writes down how it was asked. */
class Door {
  asked: { url: string; last: string | null }[] = [];
  ready: (() => Response)[] = [];
  open: ReadableStreamDefaultController<Uint8Array>[] = [];

  call = async (url: string | URL | Request, how: RequestInit = {}): Promise<Response> => {
    this.asked.push({ url: String(url), last: new Headers(how.headers).get("last-event-id") });
    const next = this.ready.shift();
    if (!next) return new Promise(() => undefined);
    return next();
  };

  stream(...parts: string[]): () => Response {
    return () => {
      const body = new ReadableStream<Uint8Array>({
        start: (to) => {
          this.open.push(to);
          for (const part of parts) to.enqueue(new TextEncoder().encode(part));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
  }
  say(part: string): void {
    this.open.at(-1)!.enqueue(new TextEncoder().encode(part));
  }
  end(): void {
    this.open.at(-1)!.close();
  }
}

let door: Door;
let held: Map<string, Kpi>;
let told: string[];
let states: State[];
let stream: KpiStream;

beforeEach(() => {
  vi.useFakeTimers();
  [door, held, told, states] = [new Door(), new Map(), [], []];
  stream = new KpiStream({
    by: "team",
    fetch: door.call as typeof fetch,
    random: () => 0.5,
    state: (state) => void states.push(state),
    rows: (rows, whole) => {
      if (whole) held.clear();
      for (const one of rows) held.set(one.key, one);
      told.push(`${whole ? "whole" : "new"} ${rows.map((one) => `${one.key}${one.leads}`).join(" ")}`);
    },
  });
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});
const now = () => vi.advanceTimersByTimeAsync(1);
const is = () => states.at(-1)!.is;

describe("a stream", () => {
  test("tells the whole, then what is new, and never an older state of a row", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 5), row("paris", 2)])));
    stream.open();
    await now();
    door.say(event("changed", { rows: [row("paris", 3)] }, "a-1"));
    await now();
    door.say(event("changed", { rows: [row("paris", 1), row("berlin", 5)] }, "a-2"));
    await now();
    expect(told).toEqual(["whole berlin5 paris2", "new paris3"]);
    expect(is()).toBe("live");
  });

  test("tells a snapshot that comes in pieces when it is whole", async () => {
    door.ready.push(door.stream(snapshot([row("a", 1)], "", "a"), snapshot([row("b", 2)])));
    stream.open();
    await now();
    expect(told).toEqual(["whole a1 b2"]);
  });

  test("resumes from the last event where it broke, with neither a hole nor a doubled row", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 1)])), door.stream(": here\n\n", event("changed", { rows: [row("berlin", 3)] }, "a-2")));
    stream.open();
    await now();
    door.say(event("changed", { rows: [row("berlin", 2)] }, "a-1"));
    await now();
    door.end();
    await now();
    expect(is()).toBe("broken");
    await vi.advanceTimersByTimeAsync(600);
    expect(door.asked.map((one) => one.last)).toEqual([null, "a-1"]);
    expect(told).toEqual(["whole berlin1", "new berlin2", "new berlin3"]);
    expect(is()).toBe("live");
  });

  test("fetches the table where it can't be resumed, page by page, and goes on", async () => {
    const page = (rows: Kpi[], next: string | null) => () => Response.json({ as_of: {}, rows, next });
    door.ready.push(door.stream(snapshot([row("berlin", 1), row("gone", 1)])), page([row("berlin", 7)], "berlin"), page([row("paris", 8)], null));
    stream.open();
    await now();
    door.say(event("resync", {}, "b-0"));
    await now();
    expect(told.at(-1)).toBe("whole berlin7 paris8");
    expect(door.asked.slice(1).map((one) => one.url)).toEqual(["/api/metrics/v1/kpis?by=team&after=", "/api/metrics/v1/kpis?by=team&after=berlin"]);
    door.say(event("changed", { rows: [row("paris", 9)] }, "b-1"));
    await now();
    expect(told.at(-1)).toBe("new paris9");
  });

  test("forgets every row when the scope is another, also those with higher versions", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 90)])), () => Response.json({ as_of: {}, rows: [row("berlin", 4)], next: null }));
    stream.open();
    await now();
    door.say(event("resync", { scope: "changed" }, "c-0"));
    await now();
    expect([...held.values()].map((one) => one.leads)).toEqual([4]);
  });

  test.each(["expired", "slow"])("is opened again at once after %s", async (name) => {
    door.ready.push(door.stream(snapshot([row("berlin", 1)]), event(name, { detail: "" })), door.stream(": here\n\n"));
    stream.open();
    await vi.advanceTimersByTimeAsync(5);
    expect(door.asked.map((one) => one.last)).toEqual([null, "a-0"]);
    expect(states.map((state) => state.is)).not.toContain("broken");
  });

  test("shows nothing any more when nothing may be seen, and looks again later", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 1)]), event("closed", { detail: "" })), () => Response.json({ title: "no" }, { status: 403 }), door.stream(snapshot([row("paris", 1)], "d-0")));
    stream.open();
    await now();
    expect([held.size, is()]).toEqual([0, "nothing-to-see"]);
    await vi.advanceTimersByTimeAsync(20_100);
    expect(is()).toBe("nothing-to-see");
    await vi.advanceTimersByTimeAsync(20_100);
    expect([[...held.keys()], is()]).toEqual([["paris"], "live"]);
  });

  test("is not tried again by who is signed out", async () => {
    door.ready.push(() => Response.json({ title: "Sign in" }, { status: 401 }));
    stream.open();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([is(), door.asked.length]).toEqual(["signed-out", 1]);
  });

  test("waits as long as it is told to, and longer each time it fails", async () => {
    const full = () => Response.json({ title: "full" }, { status: 503, headers: { "retry-after": "7" } });
    door.ready.push(full, full);
    stream.open();
    await vi.advanceTimersByTimeAsync(7400);
    expect(door.asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(door.asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(7800);
    expect(door.asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(400);
    expect(door.asked.length).toBe(3);
  });

  test("that says nothing for too long is broken, since the last thing it said", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 1)])));
    stream.open();
    await now();
    const said = Date.now();
    await vi.advanceTimersByTimeAsync(36_000);
    expect(states.at(-1)).toEqual({ is: "broken", since: said - 1 });
  });
});
