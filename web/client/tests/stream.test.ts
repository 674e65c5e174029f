import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Change, KpiStream, type Kpi, type State, type StreamOptions } from "../src/index.ts";

const row = (key: string, version: number, leads = version): Kpi =>
  ({ key, version, leads, qualified: 0, valid: 0, routed: 0, assigned: 0, won: 0, lost: 0, conversion: null, won_amount: {}, spend: {}, cost_per_lead: null }) as Kpi;
const event = (name: string, data: unknown, id = "") => `${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const snapshot = (rows: Kpi[], id = "a-0", next: string | null = null) => event("snapshot", { by: "team", offset: 1, as_of: {}, rows, next }, id);
const changed = (rows: Kpi[], id: string, by = "team") => event("changed", { by, offset: 2, as_of: { "leads.lead": "2026-11-28T10:00:00Z" }, rows, next: null }, id);

/** A door that answers with what stands ready, and writes down how it was asked. */
class Door {
  asked: { url: string; last: string | null; token: string | null }[] = [];
  ready: (() => Response)[] = [];
  open: ReadableStreamDefaultController<Uint8Array>[] = [];

  call = async (url: string | URL | Request, how: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(how.headers);
    this.asked.push({ url: String(url), last: headers.get("last-event-id"), token: headers.get("authorization") });
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
  stream = make("team");
});
const make = (by: StreamOptions["by"], key?: StreamOptions["key"]) =>
  new KpiStream({
    by,
    ...(key && { key }),
    fetch: door.call as typeof fetch,
    random: () => 0.5,
    state: (state) => void states.push(state),
    change: ({ by: of, rows, whole }) => {
      if (whole) held.clear();
      for (const one of rows) held.set(one.key, one);
      const name = by === of ? "" : `${of} `;
      told.push(`${name}${whole ? "whole" : "new"} ${rows.map((one) => `${one.key}${one.leads}`).join(" ")}`);
    },
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
    door.say(changed([row("paris", 3)], "a-1"));
    await now();
    door.say(changed([row("paris", 1), row("berlin", 5)], "a-2"));
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
    door.ready.push(door.stream(snapshot([row("berlin", 1)])), door.stream(": here\n\n", changed([row("berlin", 3)], "a-2")));
    stream.open();
    await now();
    door.say(changed([row("berlin", 2)], "a-1"));
    await now();
    door.end();
    await now();
    expect(is()).toBe("broken");
    await vi.advanceTimersByTimeAsync(600);
    expect(door.asked.map((one) => one.last)).toEqual([null, "a-1"]);
    expect(told).toEqual(["whole berlin1", "new berlin2", "new berlin3"]);
    expect(is()).toBe("live");
  });

  test("takes the whole on the same connection where it can't be resumed, and goes on", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 1), row("gone", 1)])));
    stream.open();
    await now();
    door.say(event("resync", {}) + snapshot([row("berlin", 7)], "", "berlin"));
    await now();
    expect(told.at(-1)).toBe("whole berlin1 gone1");
    door.say(snapshot([row("paris", 8)], "b-0") + changed([row("paris", 9)], "b-1"));
    await now();
    expect(told.slice(-2)).toEqual(["whole berlin7 paris8", "new paris9"]);
    expect(door.asked.length).toBe(1);
  });

  test("tells several dimensions apart, and resumes none before all were told", async () => {
    const every = make(["segment", "team"]);
    const whole = (by: string, rows: Kpi[], id: string) => event("snapshot", { by, offset: 1, as_of: {}, rows, next: null }, id);
    door.ready.push(door.stream(whole("segment", [row("north", 3)], "")), door.stream(whole("segment", [row("north", 3)], ""), whole("team", [row("north", 1)], "c-0")));
    every.open();
    await now();
    door.end();
    await vi.advanceTimersByTimeAsync(600);
    door.say(changed([row("north", 2)], "c-1", "team"));
    await now();
    expect(told).toEqual(["segment whole north3", "segment whole north3", "team whole north1", "team new north2"]);
    expect(door.asked.map((one) => [one.url, one.last])).toEqual(Array(2).fill(["/api/metrics/v1/kpis/stream?by=segment&by=team", null]));
    every.close();
  });

  test("says of each change what it holds", async () => {
    const changes: Change[] = [];
    const one = new KpiStream({ by: "team", fetch: door.call as typeof fetch, state: () => undefined, change: (change) => void changes.push(change) });
    door.ready.push(door.stream(snapshot([]), changed([row("a", 1)], "a-1")));
    one.open();
    await now();
    expect(changes.at(-1)).toMatchObject({ by: "team", whole: false, offset: 2, asOf: { "leads.lead": "2026-11-28T10:00:00Z" } });
    one.close();
  });

  test("shows a token, a new one for each connection", async () => {
    let n = 0;
    const one = make("team", () => ({ token: `t${++n}` }));
    door.ready.push(door.stream(snapshot([row("a", 1)]), event("expired", {})), door.stream(": here\n\n"));
    one.open();
    await vi.advanceTimersByTimeAsync(5);
    expect(door.asked.map((each) => each.token)).toEqual(["Bearer t1", "Bearer t2"]);
    one.close();
  });

  test("shows a ticket without any header of ours, and gets another when it is worth nothing", async () => {
    let n = 0;
    const one = make("team", () => Promise.resolve({ ticket: `t${++n}` }));
    const refused = () => Response.json({ title: "Sign in" }, { status: 401 });
    door.ready.push(door.stream(snapshot([row("a", 1)]), event("expired", {})), refused, door.stream(": here\n\n"));
    one.open();
    await vi.advanceTimersByTimeAsync(1000);
    expect(door.asked.map((each) => [each.url.split("?")[1], each.last])).toEqual([
      ["by=team&ticket=t1", null],
      ["by=team&ticket=t2&last_event_id=a-0", null],
      ["by=team&ticket=t3&last_event_id=a-0", null],
    ]);
    expect(is()).toBe("live");
    one.close();
  });

  test("forgets every row when the scope is another, also those with higher versions", async () => {
    door.ready.push(door.stream(snapshot([row("berlin", 90)])));
    stream.open();
    await now();
    door.say(event("resync", { scope: "changed" }) + snapshot([row("berlin", 4)], "c-0"));
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
