/**
 * One connection per browser, however many tabs are open: the tab that holds a lock reads and passes on what it hears. When it
 * closes, the next one reads. A browser opens only six connections to a host without HTTP/2.
 */
import type { By, Kpi } from "./model.ts";
import { type Change, KpiStream, type State, type StreamOptions } from "./stream.ts";

/** What a page hears. */
export type Feed = Pick<StreamOptions, "change" | "state">;

type Said = { is: "hello" } | { is: "change"; change: Change } | { is: "state"; state: State };

export class Shared {
  private readonly channel: BroadcastChannel;
  /** What a tab that comes later is told at once: of each dimension the last change, with all rows. */
  private readonly held = new Map<By, { last: Change; rows: Map<string, Kpi> }>();
  private last: State | undefined;
  private readonly end = new AbortController();
  private stream: KpiStream | undefined;

  /** `name` tells whose numbers these are: tabs of somebody else, signed in since, share nothing with his. */
  constructor(
    private readonly name: string,
    private readonly by: readonly By[],
    private readonly feed: Feed,
    private readonly make: (told: StreamOptions) => KpiStream = (told) => new KpiStream(told),
  ) {
    this.channel = new BroadcastChannel(`tributary-${name}`);
    this.channel.onmessage = (event: MessageEvent<Said>) => this.hear(event.data);
  }

  open(): void {
    this.feed.state({ is: "connecting" });
    this.channel.postMessage({ is: "hello" } satisfies Said);
    const lead = () => {
      this.lead();
      return new Promise<void>((done) => this.end.signal.addEventListener("abort", () => done(), { once: true }));
    };
    void navigator.locks.request(`tributary-${this.name}`, { signal: this.end.signal }, lead).catch((failure: unknown) => {
      if (!this.end.signal.aborted) throw failure;
    });
  }

  close(): void {
    this.end.abort();
    this.stream?.close();
    this.channel.close();
  }

  private lead(): void {
    this.stream = this.make({
      by: this.by,
      change: (change) => this.tell({ is: "change", change }),
      state: (state) => this.tell({ is: "state", state }),
    });
    this.stream.open();
  }

  private tell(said: Said): void {
    this.keep(said);
    this.channel.postMessage(said);
  }

  private hear(said: Said): void {
    if (said.is !== "hello") return this.keep(said);
    if (!this.stream) return;
    if (this.last) this.channel.postMessage({ is: "state", state: this.last } satisfies Said);
    for (const { last, rows } of this.held.values()) {
      this.channel.postMessage({ is: "change", change: { ...last, whole: true, rows: [...rows.values()] } } satisfies Said);
    }
  }

  private keep(said: Said): void {
    if (said.is === "state") {
      this.last = said.state;
      this.feed.state(said.state);
    } else if (said.is === "change") {
      const { change } = said;
      const rows = (change.whole ? undefined : this.held.get(change.by)?.rows) ?? new Map<string, Kpi>();
      for (const row of change.rows) rows.set(row.key, row);
      this.held.set(change.by, { last: change, rows });
      this.feed.change(change);
    }
  }
}
