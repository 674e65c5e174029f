export type { By, Kpi, LeadsBehind, Money, Series, Table } from "./model.ts";
export { answered, ask, NotAnswered, type Problem } from "./ask.ts";
export { type Change, type Key, KpiStream, type State, type StreamOptions } from "./stream.ts";
export { Shared, type Feed } from "./shared.ts";
export { decimals } from "./money.ts";
