/** What segments, teams and campaigns are called, for those who may know, and their money for those who may see it. */
import { ask, NotAnswered, type By } from "@tributary/client";
import type { components } from "@tributary/client/types/campaigns";
import { shallowRef } from "vue";
import { t, type Key } from "../../text/messages.ts";

type Ledger = components["schemas"]["LedgerSeen"];
export interface Budget {
  campaign: string;
  line: string;
  owner: string;
  currency: string;
  budget: number;
  committed: number;
  incurred: number;
  available: number;
}

const names = shallowRef<Partial<Record<By, Map<string, string>>>>({});
/** Whether it is known what they are called, or nobody will wait for it any longer. */
export const named = shallowRef(false);
const PATIENCE_MS = 1000;
export const budgets = shallowRef<Budget[]>([]);
let campaigns: string[] = [];

async function unless<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch((failure: unknown) => {
    if (failure instanceof NotAnswered) return null;
    throw failure;
  });
}

export async function learn(roles: string[]): Promise<void> {
  const patience = window.setTimeout(() => (named.value = true), PATIENCE_MS);
  const list = (path: string) => unless(ask<Record<string, { id: string; name: string }[]>>(`/api/territory/v1/${path}`));
  const [segments, teams, heads] = await Promise.all([list("segments"), list("teams"), unless(ask<components["schemas"]["Campaigns"]>("/api/campaigns/v1/campaigns?limit=500"))]);
  const map = (found: { id: string; name: string }[] | undefined) => new Map((found ?? []).map((one) => [one.id, one.name]));
  campaigns = (heads?.campaigns ?? []).map((one) => one.campaign);
  names.value = {
    segment: map(segments?.segments),
    team: map(teams?.teams),
    campaign: new Map((heads?.campaigns ?? []).flatMap((one) => (one.name ? [[one.campaign, one.name] as const] : []))),
  };
  window.clearTimeout(patience);
  named.value = true;
  if (roles.some((role) => ["leader", "management", "marketer", "marketing_manager"].includes(role))) await count();
}

/** The budgets' lines as they stand. One ledger after the other: they are no hurry. What can't be read now keeps its last state. */
export async function count(): Promise<void> {
  for (const id of campaigns) {
    const found = await unless(ask<Ledger>(`/api/campaigns/v1/campaigns/${encodeURIComponent(id)}/ledger?limit=1`));
    if (!found) continue;
    const lines = found.lines.map((line) => ({ campaign: found.campaign, line: line.item || line.line, owner: line.owner, currency: line.currency, budget: line.budget, committed: line.committed, incurred: line.incurred, available: line.available }));
    budgets.value = [...budgets.value.filter((one) => one.campaign !== found.campaign), ...lines];
  }
}

const PLACES: Record<string, Key> = { "(unrouted)": "place.unrouted", "(discarded)": "place.discarded", "(none)": "place.none", "(unplaced)": "place.unplaced" };
const CHANNELS = ["direct", "email", "fair", "phone", "referral", "search", "social", "print", "web", "website", "call", "partner", "salesperson", "import"];

export function label(by: By, key: string): string {
  const place = PLACES[key];
  if (place) return t(place);
  if (by === "channel" && CHANNELS.includes(key)) return t(`channel.${key}` as Key);
  return names.value[by]?.get(key) ?? key;
}
