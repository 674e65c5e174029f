/** What the page says of the numbers, without a page: sums, the river, columns, what happened. */
import type { By, Kpi, Money } from "@tributary/client";

export type Counts = Pick<Kpi, "leads" | "qualified" | "valid" | "routed" | "assigned" | "won" | "lost">;
export type CountName = keyof Counts;
export const COUNTS: CountName[] = ["leads", "qualified", "valid", "routed", "assigned", "won", "lost"];
/** Where a lead is that is neither won nor lost, as the river has it; who waits does so for judgement or for a person. */
export const STANDING = ["set-aside", "to-judge", "to-assign", "open", "waits"] as const;
export type Standing = (typeof STANDING)[number];
export const METRICS = [...COUNTS, ...STANDING, "conversion", "won_amount", "spend", "cost_per_lead"] as const;
export type Metric = (typeof METRICS)[number];

/** All rows of a dimension together. Ratios are not added: they are made of sums. */
export function total(rows: Iterable<Kpi>): Counts & { won_amount: Money; spend: Money } {
  const sum = { leads: 0, qualified: 0, valid: 0, routed: 0, assigned: 0, won: 0, lost: 0, won_amount: {} as Money, spend: {} as Money };
  for (const row of rows) {
    for (const name of COUNTS) sum[name] += row[name];
    add(sum.won_amount, row.won_amount);
    add(sum.spend, row.spend);
  }
  return sum;
}

function add(sum: Money, more: Money): void {
  for (const [currency, minor] of Object.entries(more)) sum[currency] = (sum[currency] ?? 0) + minor;
}

export interface Leaving {
  name: "set-aside" | "to-judge" | "to-assign" | "open" | "lost";
  leads: number;
  waits: boolean;
}
export interface Step {
  name: "leads" | "valid" | "assigned" | "won";
  leads: number;
  /** A part of the step before; nothing for the first, and where that is empty. */
  share: number | null;
  leaving: Leaving[];
}

/** How leads became customers: whoever is in a step goes on to the next or leaves the river by name. */
export function river(sum: Counts): Step[] {
  const withPerson = Math.max(sum.won + sum.lost, Math.min(sum.assigned, sum.valid));
  const steps: Step[] = [
    {
      name: "leads", leads: sum.leads, share: null,
      leaving: [
        { name: "set-aside", leads: Math.max(0, sum.qualified - sum.valid), waits: false },
        { name: "to-judge", leads: Math.max(0, sum.leads - Math.max(sum.qualified, sum.valid)), waits: true },
      ],
    },
    { name: "valid", leads: sum.valid, share: null, leaving: [{ name: "to-assign", leads: Math.max(0, sum.valid - withPerson), waits: true }] },
    {
      name: "assigned", leads: withPerson, share: null,
      leaving: [
        { name: "open", leads: Math.max(0, withPerson - sum.won - sum.lost), waits: false },
        { name: "lost", leads: sum.lost, waits: false },
      ],
    },
    { name: "won", leads: sum.won, share: null, leaving: [] },
  ];
  for (let i = 1; i < steps.length; i++) {
    const before = steps[i - 1]!.leads;
    steps[i]!.share = before ? steps[i]!.leads / before : null;
  }
  return steps;
}

/** A number of leads, counted or made of such. */
export function leadsOf(row: Counts, metric: CountName | Standing): number {
  if (!(STANDING as readonly string[]).includes(metric)) return row[metric as CountName];
  const leaving = river(row).flatMap((step) => step.leaving);
  return leaving.filter((one) => (metric === "waits" ? one.waits : one.name === metric)).reduce((sum, one) => sum + one.leads, 0);
}

/** Leads that the river names, each once: equal to those that came in when none is missing. */
export function found(steps: Step[]): number {
  return steps.reduce((sum, step) => sum + step.leaving.reduce((more, one) => more + one.leads, 0), steps.at(-1)!.leads);
}

export interface Source {
  key: string;
  leads: number;
}
/** The channels that bring most, and all others as one. */
export function sources(rows: Iterable<Kpi>, most = 5): { shown: Source[]; others: number } {
  const all = [...rows].filter((row) => row.leads).sort((one, other) => other.leads - one.leads || one.key.localeCompare(other.key));
  const shown = all.slice(0, all.length > most ? most - 1 : most).map(({ key, leads }) => ({ key, leads }));
  return { shown, others: all.reduce((sum, row) => sum + row.leads, 0) - shown.reduce((sum, one) => sum + one.leads, 0) };
}

export interface Column {
  name: string;
  metric: Metric;
  /** How rows are ordered by it, and how strong its tint is. Null: not defined. */
  value(row: Kpi): number | null;
  /** A percentage with so many decimals, tinted. */
  digits?: number;
  money?: boolean;
  /** How much more or less than before, as a part of that. */
  change?: boolean;
  /** A column of courses; rows are ordered by how much more the later half has than the earlier one. */
  course?: (row: Kpi) => readonly number[];
}
const share = (part: CountName, whole: CountName) => (row: Kpi) => (row[whole] ? row[part] / row[whole] : null);
const greatest = (held: Money | null | undefined) => Math.max(-1, ...Object.values(held ?? {}));
const ALL: Column[] = [
  { name: "leads", metric: "leads", value: (row) => row.leads },
  { name: "valid", metric: "valid", value: share("valid", "leads"), digits: 0 },
  { name: "assigned", metric: "assigned", value: share("assigned", "valid"), digits: 0 },
  { name: "won", metric: "won", value: (row) => row.won },
  { name: "conversion", metric: "conversion", value: (row) => row.conversion ?? null, digits: 1 },
  { name: "won_amount", metric: "won_amount", value: (row) => greatest(row.won_amount), money: true },
  { name: "spend", metric: "spend", value: (row) => greatest(row.spend), money: true },
  { name: "cost_per_lead", metric: "cost_per_lead", value: (row) => greatest(row.cost_per_lead), money: true },
];
/** The columns that hold something: a number that nobody has reported yet has none. */
export function columns(rows: Kpi[], course?: ReadonlyMap<string, readonly number[]>, before?: ReadonlyMap<string, number | null>): Column[] {
  const held = ALL.filter((one) => !one.money || rows.some((row) => (one.value(row) ?? -1) > -1));
  if (before) held.splice(1, 0, { name: "before", metric: "leads", change: true, value: (row) => before.get(row.key) ?? null });
  if (!course) return held;
  const still = [...course.values()][0]?.map(() => 0) ?? [];
  const of = (row: Kpi) => course.get(row.key) ?? still;
  return [held[0]!, { name: "course", metric: "leads", course: of, value: (row) => growth(of(row)) }, ...held.slice(1)];
}

/** How much more the later half has than the earlier one. */
export function growth(values: readonly number[]): number {
  const half = values.length / 2;
  return values.reduce((sum, value, i) => sum + (i + 0.5 < half ? -value : i + 0.5 > half ? value : 0), 0);
}

/** A value as it is shown: what reads alike has one tint. */
export function asShown(value: number | null, column: Column): number | null {
  const parts = 10 ** (2 + (column.digits ?? 0));
  return value === null ? null : Math.round(value * parts) / parts;
}

/** The least and the most of a column, as shown, between which its tints go. */
export function bounds(rows: Iterable<Kpi>, column: Column): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const row of rows) {
    const value = isNowhere(row.key) ? null : asShown(column.value(row), column);
    if (value === null) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** One of five steps of one hue, by where the value stands between the least and the most of its column. */
export function heat(value: number | null, least: number, most: number): number {
  return value === null || !(most > least) ? 0 : Math.max(0, Math.min(4, Math.floor((5 * (value - least)) / (most - least))));
}

/** A row for what has no place of its own. */
export const isNowhere = (key: string) => key.startsWith("(");

export function sorted(rows: Kpi[], by: Column, descending: boolean, label: (key: string) => string): Kpi[] {
  const sign = descending ? -1 : 1;
  const names = new Intl.Collator();
  const compared = (one: Kpi, other: Kpi) => {
    const [a, b] = [by.value(one), by.value(other)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return sign * (a - b);
  };
  return [...rows].sort(
    (one, other) => Number(isNowhere(one.key)) - Number(isNowhere(other.key)) || compared(one, other) || names.compare(label(one.key), label(other.key)),
  );
}

export interface Happened {
  id: string;
  at: number;
  what: "won" | "lost";
  by: By;
  key: string;
  n: number;
  money: Money;
}
/** What a change of a row says has happened. Corrections say nothing here: their numbers fall. */
export function happened(before: Kpi | undefined, now: Kpi, by: By, at: number): Happened[] {
  if (!before) return [];
  const told: Happened[] = [];
  for (const what of ["won", "lost"] as const) {
    const n = now[what] - before[what];
    if (n <= 0) continue;
    const money: Money = {};
    if (what === "won")
      for (const [currency, minor] of Object.entries(now.won_amount)) {
        const gained = minor - (before.won_amount[currency] ?? 0);
        if (gained > 0) money[currency] = gained;
      }
    told.push({ id: `${now.key} ${now.version} ${what}`, at, what, by, key: now.key, n, money });
  }
  return told;
}
