/** What the doors say, by the names of their OpenAPI documents. */
import type { components } from "./metrics.ts";

type Schemas = components["schemas"];

export type Kpi = Schemas["KpiRow"];
export type Table = Schemas["KpiTable"];
export type By = Table["by"];
/** Numbers by period. */
export type Series = Schemas["KpiSeries"];
export type LeadsBehind = Schemas["LeadsBehind"];
/** Minor units by ISO 4217 currency. */
export type Money = Record<string, number>;

/** Of two states of a row the one with the higher version is the newer. Returns the rows that were new. */
export function merge(held: Map<string, Kpi>, rows: readonly Kpi[]): Kpi[] {
  const fresh: Kpi[] = [];
  for (const row of rows) {
    const had = held.get(row.key);
    if (had && had.version >= row.version) continue;
    held.set(row.key, row);
    fresh.push(row);
  }
  return fresh;
}
