export type { By, Kpi, LeadsBehind, Money, Table } from "./model.ts";
export { ask, NotAnswered, type Problem } from "./ask.ts";
export { KpiStream, type State, type StreamOptions } from "./stream.ts";
export { Shared, type Feed } from "./shared.ts";
