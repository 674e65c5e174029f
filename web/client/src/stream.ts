/**
 * The numbers of any dimensions as they change, in one connection. It resumes by the id of the last event, takes the whole where
 * it can't, and comes back by itself: soon at first, then more and more patiently, never all at once.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { answered, NotAnswered } from "./ask.ts";
import { type By, type Kpi, merge, type Table } from "./model.ts";

export type State =
  | { is: "connecting" }
  | { is: "live" }
  /** It broke at this time and is being tried again. */
  | { is: "broken"; since: number }
  /** It is not tried again before somebody signs in. */
  | { is: "signed-out" }
  /** Nothing is there that whoever asks may see; it is asked again now and then. */
  | { is: "nothing-to-see" };

export interface Change {
  by: By;
  /** Rows that are newer than those told before. */
  rows: Kpi[];
  /** These are all: forget the others. */
  whole: boolean;
  /** When it was heard, by this machine's clock. */
  heardAt: number;
  /** What the rows hold: per topic the events up to this time, and every change of a number up to `offset`. */
  asOf: Record<string, string>;
  offset: number;
}

/** What opens the stream: a token, a ticket that a server was given for it, or nothing where a cookie does. */
export type Key = { token: string } | { ticket: string } | null;

export interface StreamOptions {
  by: By | readonly By[];
  /** Where metrics answers, without a slash at the end. */
  at?: string;
  /** Asked before each connection: tokens and tickets end. */
  key?: () => Key | Promise<Key>;
  change(change: Change): void;
  state(state: State): void;
  fetch?: typeof fetch;
  now?: () => number;
  random?: () => number;
  /** A stream that says nothing for so long is broken: more than twice what metrics is ever silent. */
  silenceMs?: number;
}

const SOON_MS = 500;
const LATE_MS = 15_000;
const LOOK_AGAIN_MS = 20_000;

export class KpiStream {
  readonly dimensions: readonly By[];
  private readonly held = new Map<By, Map<string, Kpi>>();
  private readonly at: string;
  private readonly call: typeof fetch;
  private readonly now: () => number;
  private stop = new AbortController();
  private last = "";
  private retryMs = SOON_MS;
  private pieces: Kpi[] = [];
  private heardAt = 0;
  private brokenSince = 0;
  private saidLive = false;

  constructor(private readonly told: StreamOptions) {
    this.dimensions = typeof told.by === "string" ? [told.by] : told.by;
    this.at = told.at ?? "/api/metrics";
    this.call = told.fetch ?? fetch.bind(globalThis);
    this.now = told.now ?? Date.now;
  }

  open(): void {
    this.stop = new AbortController();
    this.told.state({ is: "connecting" });
    void this.run(this.stop.signal);
  }

  close(): void {
    this.stop.abort();
  }

  private async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const wait = await this.once(stop);
      if (wait === null || stop.aborted) return;
      await pause(wait, stop);
    }
  }

  /** Reads until the stream ends; says in how many milliseconds to try again, or null for never. */
  private async once(stop: AbortSignal): Promise<number | null> {
    this.pieces = [];
    const quiet = new AbortController();
    let ticket = false;
    try {
      const key = (await this.told.key?.()) ?? null;
      const query = new URLSearchParams(this.dimensions.map((by) => ["by", by]));
      const headers: Record<string, string> = {};
      ticket = key !== null && "ticket" in key;
      if (key && "ticket" in key) {
        // On a page of another site: no header of ours, or the browser asks for leave first.
        query.set("ticket", key.ticket);
        if (this.last) query.set("last_event_id", this.last);
      } else {
        if (key) headers["authorization"] = `Bearer ${key.token}`;
        if (this.last) headers["last-event-id"] = this.last;
      }
      const signal = AbortSignal.any([stop, quiet.signal]);
      const answer = await answered(`${this.at}/v1/kpis/stream?${query}`, { headers, signal }, this.call);
      return await this.read(answer, quiet);
    } catch (failure) {
      if (stop.aborted) return null;
      return this.afterFailure(failure, ticket);
    }
  }

  private afterFailure(failure: unknown, ticket: boolean): number | null {
    if (failure instanceof NotAnswered) {
      if (failure.status === 401 && !ticket) {
        this.told.state({ is: "signed-out" });
        return null;
      }
      if (failure.status === 403) return this.nothingToSee();
      if (failure.retryAfter) return this.broken(failure.retryAfter * 1000);
    }
    return this.broken();
  }

  private nothingToSee(): number {
    this.forget();
    for (const by of this.dimensions) this.say(by, [], true);
    this.told.state({ is: "nothing-to-see" });
    return LOOK_AGAIN_MS;
  }

  private broken(atLeast = 0): number {
    this.brokenSince ||= this.heardAt || this.now();
    this.told.state({ is: "broken", since: this.brokenSince });
    const wait = atLeast + this.retryMs * (0.5 + (this.told.random ?? Math.random)());
    this.retryMs = Math.min(this.retryMs * 2, LATE_MS);
    return wait;
  }

  private async read(answer: Response, quiet: AbortController): Promise<number> {
    let wait = -1;
    const parser = createParser({ onEvent: (event) => (wait = Math.max(wait, this.take(event))) });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let alarm: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        clearTimeout(alarm);
        alarm = setTimeout(() => (quiet.abort(), void reader.cancel().catch(() => undefined)), this.told.silenceMs ?? 35_000);
        const { done, value } = await reader.read();
        if (done) break;
        this.alive();
        parser.feed(value);
        if (wait >= 0) break;
      }
    } finally {
      clearTimeout(alarm);
      void reader.cancel().catch(() => undefined);
    }
    return wait >= 0 ? wait : this.broken();
  }

  /** Something came: a new row, or only a sign of life. */
  private alive(): void {
    this.heardAt = this.now();
    this.retryMs = SOON_MS;
    if (this.brokenSince || !this.saidLive) this.told.state({ is: "live" });
    this.brokenSince = 0;
    this.saidLive = true;
  }

  /** Takes one event; a number of milliseconds means that the stream is over, and is opened again after so long. */
  private take(event: EventSourceMessage): number {
    switch (event.event) {
      case "snapshot": {
        // A large one comes in pieces, and is told when it is whole. Only the last piece of all dimensions has a position.
        const table = JSON.parse(event.data) as Table;
        this.pieces.push(...table.rows);
        if (table.next == null) this.replace(table, this.pieces.splice(0));
        break;
      }
      case "changed": {
        const table = JSON.parse(event.data) as Table;
        const fresh = merge(this.of(table.by), table.rows);
        if (fresh.length) this.say(table.by, fresh, false, table);
        break;
      }
      case "resync": // snapshots follow here
        this.pieces = [];
        if ((JSON.parse(event.data) as { scope?: string }).scope) this.forget();
        break;
      case "slow":
      case "expired":
        return 0;
      case "stale":
        return this.broken(1000);
      case "closed":
        return this.nothingToSee();
    }
    if (event.id) this.last = event.id;
    return -1;
  }

  private of(by: By): Map<string, Kpi> {
    const held = this.held.get(by) ?? new Map<string, Kpi>();
    this.held.set(by, held);
    return held;
  }

  private say(by: By, rows: Kpi[], whole: boolean, table?: Table): void {
    this.told.change({ by, rows, whole, heardAt: this.heardAt, asOf: table?.as_of ?? {}, offset: table?.offset ?? 0 });
  }

  /** These are all rows. Of one that is held in a newer state that state stays. */
  private replace(table: Table, rows: Kpi[]): void {
    const held = this.of(table.by);
    const keys = new Set(rows.map((row) => row.key));
    for (const key of held.keys()) if (!keys.has(key)) held.delete(key);
    merge(held, rows);
    this.say(table.by, [...held.values()], true, table);
  }

  private forget(): void {
    this.held.clear();
    this.pieces = [];
    this.last = "";
    this.saidLive = false;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
