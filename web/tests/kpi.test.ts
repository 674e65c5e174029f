import { describe, expect, test } from "vitest";
import type { Kpi } from "@tributary/client";
import { clock, outdated, shown } from "../kpi/text.ts";

const row = { key: "berlin", version: 1, leads: 1234, conversion: 0.125, won_amount: { EUR: 120050, IRR: 9900 }, cost_per_lead: null } as unknown as Kpi;

describe("a number on another site's page", () => {
  test("is written as its reader writes it", () => {
    expect(shown(row, "leads", "en", null)).toBe("1,234");
    expect(shown(row, "leads", "fa", null)).toBe("۱٬۲۳۴");
    expect(shown(row, "conversion", "fr", null)).toBe("12,5\u00a0%");
    expect(shown(row, "won_amount", "en", null)).toBe("€1,200.50");
    expect(shown(row, "won_amount", "en", "IRR").replace(/\s/, " ")).toBe("IRR 99");
  });

  test("is a dash where it is not defined, and nothing where nothing was counted", () => {
    expect(shown(row, "cost_per_lead", "en", null)).toBe("–");
    expect(shown(row, "won_amount", "en", "CHF")).toBe("–");
    expect(shown(undefined, "conversion", "en", null)).toBe("–");
    expect(shown(undefined, "leads", "en", null)).toBe("0");
  });

  test("says in the page's language since when it stands, in English where it has no words for it", () => {
    expect(outdated("fr-CH", "10:41")).toBe("à 10:41");
    expect(outdated("fa", "۱۰:۴۱")).toBe("تا ساعت ۱۰:۴۱");
    expect(outdated("de", "10:41")).toBe("as of 10:41");
    expect(clock(0, "no such language!")).toMatch(/\d/);
  });
});
