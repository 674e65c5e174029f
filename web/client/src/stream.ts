/**
 * The numbers of one dimension as they change. It resumes by the id of the last event, fetches the table where it can't, and
 * comes back by itself: soon at first, then more and more patiently, never all at once.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { answered, ask, NotAnswered } from "./ask.ts";
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

export interface StreamOptions {
  by: By;
  /** Where metrics answers, without a slash at the end. */
  at?: string;
  /** Rows that are newer than those told before. `whole`: forget all others. */
  rows(rows: Kpi[], whole: boolean, asOf: number): void;
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
  private readonly held = new Map<string, Kpi>();
  private readonly at: string;
  private readonly call: typeof fetch;
  private readonly now: () => number;
  private stop = new AbortController();
  private last = "";
  private retryMs = SOON_MS;
  private readonly pieces: Kpi[] = [];
  private asOf = 0;
  private brokenSince = 0;
  private saidLive = false;

  constructor(private readonly told: StreamOptions) {
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
    this.pieces.length = 0;
    const quiet = new AbortController();
    const both = AbortSignal.any([stop, quiet.signal]);
    try {
      const headers: Record<string, string> = this.last ? { "last-event-id": this.last } : {};
      const answer = await answered(`${this.at}/v1/kpis/stream?by=${this.told.by}`, { headers, signal: both }, this.call);
      return await this.read(answer, both, quiet);
    } catch (failure) {
      if (stop.aborted) return null;
      return this.afterFailure(failure);
    }
  }

  private afterFailure(failure: unknown): number | null {
    if (failure instanceof NotAnswered) {
      if (failure.status === 401) {
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
    this.told.rows([], true, this.now());
    this.told.state({ is: "nothing-to-see" });
    return LOOK_AGAIN_MS;
  }

  private broken(atLeast = 0): number {
    this.brokenSince ||= this.asOf || this.now();
    this.told.state({ is: "broken", since: this.brokenSince });
    const wait = atLeast + this.retryMs * (0.5 + (this.told.random ?? Math.random)());
    this.retryMs = Math.min(this.retryMs * 2, LATE_MS);
    return wait;
  }

  private async read(answer: Response, stop: AbortSignal, quiet: AbortController): Promise<number> {
    let wait = -1;
    const events: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => void events.push(event) });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let alarm: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        clearTimeout(alarm);
        alarm = setTimeout(() => (quiet.abort(), void reader.cancel().catch(() => undefined)), this.told.silenceMs ?? 35_000);
        const { done, value } = await reader.read();
        if (done) break;
        parser.feed(value);
        this.alive();
        for (const event of events.splice(0)) wait = Math.max(wait, await this.take(event, stop));
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
    this.asOf = this.now();
    this.retryMs = SOON_MS;
    if (this.brokenSince || !this.saidLive) this.told.state({ is: "live" });
    this.brokenSince = 0;
    this.saidLive = true;
  }

  /** Takes one event; a number of milliseconds means that the stream is over, and is opened again after so long. */
  private async take(event: EventSourceMessage, stop: AbortSignal): Promise<number> {
    switch (event.event) {
      case "snapshot": {
        // A large one comes in pieces, and is told when it is whole: only its last piece has a position.
        const table = JSON.parse(event.data) as Table;
        this.pieces.push(...table.rows);
        if (table.next == null) this.replace(this.pieces.splice(0));
        break;
      }
      case "changed":
        this.tell((JSON.parse(event.data) as { rows: Kpi[] }).rows);
        break;
      case "resync":
        if ((JSON.parse(event.data) as { scope?: string }).scope) this.forget();
        await this.fetchAll(stop);
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

  private tell(rows: Kpi[]): void {
    const fresh = merge(this.held, rows);
    if (fresh.length) this.told.rows(fresh, false, this.asOf);
  }

  /** These are all rows. Of one that is held in a newer state that state stays. */
  private replace(rows: Kpi[]): void {
    const keys = new Set(rows.map((row) => row.key));
    for (const key of this.held.keys()) if (!keys.has(key)) this.held.delete(key);
    merge(this.held, rows);
    this.told.rows([...this.held.values()], true, this.asOf);
  }

  private forget(): void {
    this.held.clear();
    this.pieces.length = 0;
    this.last = "";
    this.saidLive = false;
  }

  private async fetchAll(signal: AbortSignal): Promise<void> {
    const rows: Kpi[] = [];
    let after: string | null = "";
    while (after !== null) {
      const query = new URLSearchParams({ by: this.told.by, after });
      const table: Table = await ask<Table>(`${this.at}/v1/kpis?${query}`, { signal }, this.call);
      rows.push(...table.rows);
      after = table.next ?? null;
    }
    this.replace(rows);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
