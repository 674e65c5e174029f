import { describe, expect, test } from "vitest";
import { read, wrong, type Definition } from "../form/reading.ts";
import { touch } from "../form/visit.ts";
import { lacking, moved, nameFor, nameOf, snippets, state, tidy, versioned, wrongAt } from "../src/screens/forms/model.ts";
import { begin, TEMPLATES } from "../src/screens/forms/words.ts";
import { LANGUAGES } from "../src/text/messages.ts";

describe("a form that is made", () => {
  test.each(Object.keys(TEMPLATES) as (keyof typeof TEMPLATES)[])("begins whole in every language: %s", (name) => {
    for (const language of Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[]) expect(lacking(begin(name, language), language)).toBe(0);
  });
  test("names what a language lacks", () => {
    const content = begin("quotation", "en");
    delete content.title.fa;
    content.thanks = { en: "Thanks" };
    expect(lacking(content, "fa")).toBe(2);
  });
  test("gives each field a name of its own", () => {
    const content = begin("call", "en");
    expect(nameFor("name", content)).toBe("name_2");
    expect(nameFor("text", content)).toBe("text");
  });
  test("leaves out what is empty, and languages that it does not speak", () => {
    const content = begin("news", "en");
    content.origins = [" https://a.example ", ""];
    expect(tidy(content)).toMatchObject({ title: { en: "Stay in touch" }, origins: ["https://a.example"] });
    expect(Object.keys(tidy(content).title)).toEqual(["en"]);
  });
  test("gives a consent that says something else the next version", () => {
    const shown = begin("news", "en");
    const content = structuredClone(shown);
    expect(versioned(content, shown).consents[0]!.version).toBe(1);
    content.consents[0]!.text.en = "Another text.";
    expect(versioned(content, shown).consents[0]!.version).toBe(2);
    expect(versioned(content, null).consents[0]!.version).toBe(1);
  });
  test("is one of four things", () => {
    expect(state({ state: "draft", active: 1, paused: true })).toBe("paused");
    expect(state({ state: "draft", active: 1, paused: false })).toBe("active");
    expect(state({ state: "draft", active: null, paused: false })).toBe("draft");
    expect(state({ state: "archived", active: null, paused: false })).toBe("archived");
  });
  test("moves, is named and is pasted", () => {
    expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(nameOf("  Frühjahr & Co.  ")).toBe("fruhjahr-co");
    expect(snippets("https://crm.example", "spring", 'A "b"').frame).toContain('title="A &quot;b&quot;"');
    expect(wrongAt("fields[3].choices[0].value")).toBe("choices");
    expect(wrongAt("fields[3].label.fa")).toBe("other");
  });
});

describe("a form that is filled in", () => {
  const told = {
    fields: [{ name: "name", kind: "name", required: true }, { name: "mail", kind: "email", required: false }],
    consents: [{ id: "terms", required: true, text: "" }],
    words: { required: "R", email: "E", consent: "C" },
  } as unknown as Definition;
  test("has lists only where something was ticked twice", () => {
    expect(read([["a", "1"], ["b", "2"], ["b", "3"], ["b", "4"]])).toEqual({ a: "1", b: ["2", "3", "4"] });
  });
  test("is told what is plainly wrong", () => {
    expect(wrong({ name: " ", mail: "no mail" }, told)).toEqual([
      { field: "name", reason: "R" },
      { field: "mail", reason: "E" },
      { field: "_consent.terms", reason: "C" },
    ]);
    expect(wrong({ name: "A", _consent: "terms" }, told)).toEqual([]);
  });
  test("knows by which link somebody came", () => {
    expect(touch("?utm_source=a&utm_campaign=b&x=1", "https://www.search.example/q?name=secret", "shop.example")).toEqual({
      source: "a", campaign: "b", referrer_host: "www.search.example",
    });
    expect(touch("", "https://shop.example/", "shop.example")).toBeUndefined();
  });
});
