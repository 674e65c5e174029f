/** The leads behind a number: which of those that a row counts this number counts. */
import { ask, NotAnswered, type By, type LeadsBehind } from "@tributary/client";
import type { Metric } from "./model.ts";

export type Lead = LeadsBehind["leads"][number];
const atWork = (lead: Lead) => lead.valid && lead.assigned && !lead.outcome;
const unjudged = (lead: Lead) => !lead.qualified && !lead.valid;
const waiting = (lead: Lead) => lead.valid && !lead.assigned && !lead.outcome;
const COUNTS: Record<Metric, (lead: Lead) => boolean> = {
  leads: () => true,
  qualified: (lead) => lead.qualified,
  valid: (lead) => lead.valid,
  routed: (lead) => lead.segment !== null,
  assigned: (lead) => lead.assigned,
  won: (lead) => lead.outcome === "won",
  lost: (lead) => lead.outcome === "lost",
  "set-aside": (lead) => lead.qualified && !lead.valid,
  "to-judge": unjudged,
  "to-assign": waiting,
  open: atWork,
  waits: (lead) => unjudged(lead) || waiting(lead),
  conversion: (lead) => lead.outcome === "won",
  won_amount: (lead) => lead.outcome === "won",
  spend: () => false,
  cost_per_lead: (lead) => lead.valid,
};
const PAGE = 1000;
const PAGES = 10;

export interface Behind {
  leads: Lead[];
  /** All were read, so that their number can be held against the number. */
  whole: boolean;
  refused: boolean;
}

/** All of them, or those that came since a time. */
export async function behind(by: By, key: string, metric: Metric, since: string, signal: AbortSignal): Promise<Behind> {
  const leads: Lead[] = [];
  let before: string | null | undefined;
  for (let page = 0; page < PAGES; page++) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(before && { before }), ...(since && { captured_from: since }) });
    try {
      const found: LeadsBehind = await ask<LeadsBehind>(`/api/metrics/v1/kpis/${by}/${encodeURIComponent(key)}/facts?${query}`, { signal });
      leads.push(...found.leads.filter(COUNTS[metric]));
      before = found.before;
    } catch (failure) {
      if (failure instanceof NotAnswered && failure.status === 403) return { leads: [], whole: false, refused: true };
      throw failure;
    }
    if (!before) return { leads, whole: true, refused: false };
  }
  return { leads, whole: false, refused: false };
}
