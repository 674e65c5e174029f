/**
 * One connection per dimension and browser, however many tabs are open: the tab that holds a lock reads and passes on what it
 * hears. When it closes, the next one reads. A browser opens only six connections to a host without HTTP/2.
 */
import type { By, Kpi } from "./model.ts";
import { KpiStream, type State } from "./stream.ts";

/** What a page hears of one dimension. */
export interface Feed {
  rows(by: By, rows: Kpi[], whole: boolean, asOf: number): void;
  state(by: By, state: State): void;
}

type Said =
  | { is: "hello" }
  | { is: "rows"; by: By; rows: Kpi[]; whole: boolean; asOf: number }
  | { is: "state"; by: By; state: State };

export class Shared {
  private readonly channel: BroadcastChannel;
  private readonly held = new Map<By, Map<string, Kpi>>();
  private readonly states = new Map<By, State>();
  private readonly asOf = new Map<By, number>();
  private readonly end = new AbortController();
  private streams: KpiStream[] = [];

  /** `name` tells whose numbers these are: tabs of somebody else, signed in since, share nothing with his. */
  constructor(
    private readonly name: string,
    private readonly dimensions: readonly By[],
    private readonly feed: Feed,
    private readonly make: (told: ConstructorParameters<typeof KpiStream>[0]) => KpiStream = (told) => new KpiStream(told),
  ) {
    this.channel = new BroadcastChannel(`tributary-${name}`);
    this.channel.onmessage = (event: MessageEvent<Said>) => this.hear(event.data);
  }

  open(): void {
    for (const by of this.dimensions) this.feed.state(by, { is: "connecting" });
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
    for (const stream of this.streams) stream.close();
    this.channel.close();
  }

  private lead(): void {
    this.streams = this.dimensions.map((by) =>
      this.make({
        by,
        rows: (rows, whole, asOf) => this.tell({ is: "rows", by, rows, whole, asOf }),
        state: (state) => this.tell({ is: "state", by, state }),
      }),
    );
    for (const stream of this.streams) stream.open();
  }

  private tell(said: Said): void {
    this.keep(said);
    this.channel.postMessage(said);
  }

  private hear(said: Said): void {
    if (said.is !== "hello") return this.keep(said);
    if (!this.streams.length) return;
    for (const [by, state] of this.states) this.channel.postMessage({ is: "state", by, state } satisfies Said);
    for (const [by, rows] of this.held) {
      const asOf = this.asOf.get(by) ?? 0;
      this.channel.postMessage({ is: "rows", by, rows: [...rows.values()], whole: true, asOf } satisfies Said);
    }
  }

  private keep(said: Said): void {
    if (said.is === "state") {
      this.states.set(said.by, said.state);
      this.feed.state(said.by, said.state);
    } else if (said.is === "rows") {
      const held = (said.whole ? undefined : this.held.get(said.by)) ?? new Map<string, Kpi>();
      for (const row of said.rows) held.set(row.key, row);
      this.held.set(said.by, held);
      this.asOf.set(said.by, said.asOf);
      this.feed.rows(said.by, said.rows, said.whole, said.asOf);
    }
  }
}
