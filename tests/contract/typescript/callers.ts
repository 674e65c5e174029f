// What a page would write: it compiles only while the documents say what the doors take and answer.
import type { components as Campaigns, paths as CampaignsDoors } from "./campaigns";
import type { components as Leads, paths as LeadsDoors } from "./leads";
import type { paths as MetricsDoors } from "./metrics";
import type { components as Territory, paths as TerritoryDoors } from "./territory";

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Problem<T> = T extends { content: { "application/problem+json": infer Body } } ? Body : never;

export const lead: Json<LeadsDoors["/v1/leads"]["post"]["requestBody"]> = { contact: { email: "ada@example.org" } };
export const spend: Campaigns["schemas"]["SpendBody"] = {
  spend_id: "1",
  campaign: "spring",
  amount: { minor: 100, currency: "EUR" },
  occurred_at: "2026-05-04T12:00:00Z",
};
export const market: Json<TerritoryDoors["/v1/market"]["put"]["requestBody"]> = {
  segments: [{ id: "all", name: "All" }],
  teams: [],
  rules: [{ name: "r", segment: "all", team: "t", when: { country: ["DE"], "attributes.size": { min: 10 } } }],
};

export function state(shown: Json<LeadsDoors["/v1/leads/{lead_id}"]["get"]["responses"][200]>): string {
  return `${shown.state} ${shown.person ?? ""} ${shown.history.map((entry) => `${entry.what} ${entry.at}`).join()}`;
}

export function refused(taken: Leads["schemas"]["RowsTaken"], counted: Campaigns["schemas"]["Taken"]): string[] {
  return [...taken.refused, ...counted.refused].flatMap((row) => row.errors.map((error) => error.field));
}

export function wrong(
  problem:
    | Problem<LeadsDoors["/v1/leads"]["post"]["responses"][422]>
    | Problem<CampaignsDoors["/v1/campaigns/{campaign}"]["put"]["responses"][409]>,
): string {
  return (problem.errors ?? []).map((error) => `${error.field} ${error.reason}`).join() || problem.title;
}

export function ratio(table: Json<MetricsDoors["/v1/kpis"]["get"]["responses"][200]>): number {
  return table.rows.reduce((sum, row) => sum + (row.conversion ?? 0) + (row.won_amount["EUR"] ?? 0), 0);
}

export function why(decision: Territory["schemas"]["LeadDecision"]): string {
  return decision.team.refused?.map((one) => one.why).join() ?? "";
}
