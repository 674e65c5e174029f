/** Numbers, money and times as the reader writes them. Dates and amounts travel as ISO and minor units; only this converts. */
import { decimals, type Money } from "@tributary/client";
import { language, locale } from "./messages.ts";

const made = new Map<string, Intl.NumberFormat>();
function number(how: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(how);
  let found = made.get(key);
  if (!found) made.set(key, (found = new Intl.NumberFormat(locale(), how)));
  return found;
}

export const count = (n: number): string => number({}).format(n);
export const more = (n: number): string => number({ signDisplay: "always" }).format(n);
export const percent = (part: number, digits = 0): string =>
  number({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(part);

/** How much more or less, as a part of what there was. */
export const change = (part: number): string => number({ style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(part);

/** An amount, short; ``exact`` below a hundred thousand where parts of a sum stand side by side, so that they add up for who adds
 * them. Persian puts a sign between a short number and its word: there it stands after both, and in a sentence the currency is said
 * by its name. */
export function money(minor: number, currency: string, inSentence = false, exact = false): string {
  const major = minor / 10 ** decimals(currency);
  const size = Math.abs(major);
  const digits = size >= 100_000 ? 1 : (exact || size < 100) && major % 1 ? Math.min(2, decimals(currency)) : 0;
  if (language.value === "fa" && !inSentence && size >= 100_000) {
    const sign = number({ style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0).find((part) => part.type === "currency");
    return `${number({ notation: "compact", maximumFractionDigits: 1 }).format(major)}\u00a0\u2068${sign?.value ?? currency}\u2069`;
  }
  return number({
    style: "currency",
    currency,
    currencyDisplay: inSentence && language.value === "fa" ? "name" : "narrowSymbol",
    notation: size >= 100_000 ? "compact" : "standard",
    minimumFractionDigits: size >= 100_000 ? 0 : digits,
    maximumFractionDigits: digits,
  }).format(major);
}

/** Amounts are never added across currencies. The currency of most rows comes first. */
export const amounts = (held: Money | null | undefined): [string, number][] =>
  Object.entries(held ?? {}).sort(([one], [other]) => one.localeCompare(other));

export const clock = (ms: number): string =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
export const moment = (iso: string): string =>
  new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(iso));
