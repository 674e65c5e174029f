/** A number as its reader writes it. */
import { decimals, type Kpi } from "@tributary/client";

const OUTDATED: Record<string, string> = { en: "as of {}", fr: "à {}", fa: "تا ساعت {}", hi: "{} तक", zh: "截至 {}" };

export function outdated(language: string, time: string): string {
  return (OUTDATED[language.slice(0, 2).toLowerCase()] ?? OUTDATED["en"]!).replace("{}", time);
}

export function clock(at: number, language: string): string {
  return new Intl.DateTimeFormat(known(language), { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** Counts as they are, a part of a whole in percent, money in the currency that is asked for, else in the one there is most of. */
export function shown(row: Kpi | undefined, number: string, language: string, currency: string | null): string {
  const value: unknown = row ? (row as Record<string, unknown>)[number] : number === "conversion" ? null : 0;
  const of = (options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(known(language), options);
  if (typeof value === "number") return number === "conversion" ? of({ style: "percent", maximumFractionDigits: 1 }).format(value) : of().format(value);
  if (!value) return "–";
  const amounts = Object.entries(value as Record<string, number>).sort((one, other) => other[1] - one[1]);
  const [code, minor] = amounts.find(([each]) => each === currency) ?? (currency ? [] : (amounts[0] ?? []));
  if (code === undefined || minor === undefined) return "–";
  return of({ style: "currency", currency: code }).format(minor / 10 ** decimals(code));
}

function known(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language)[0];
  } catch {
    return undefined;
  }
}
