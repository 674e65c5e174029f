import { parse, TYPE, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../src/text/messages.ts";

const read = (name: string): Record<string, string> => JSON.parse(readFileSync(join(import.meta.dirname, `../messages/${name}.json`), "utf8"));
const english = read("en");
const others = Object.keys(LANGUAGES).filter((name) => name !== "en");

/** Slots and tags of a message, and the plural forms that each slot has. */
function parts(text: string): { names: Set<string>; plurals: Map<string, Set<string>> } {
  const found = { names: new Set<string>(), plurals: new Map<string, Set<string>>() };
  const look = (elements: MessageFormatElement[]) => {
    for (const one of elements) {
      if (one.type === TYPE.literal || one.type === TYPE.pound) continue;
      found.names.add(one.value);
      if (one.type === TYPE.tag) look(one.children);
      if (one.type === TYPE.plural || one.type === TYPE.select) {
        if (one.type === TYPE.plural) found.plurals.set(one.value, new Set(Object.keys(one.options)));
        for (const option of Object.values(one.options)) look(option.value);
      }
    }
  };
  look(parse(text));
  return found;
}

function* files(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield readFileSync(path, "utf8");
  }
}

describe.each(others)("the texts in %s", (name) => {
  const texts = read(name);
  test("are all there, and no other", () => expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort()));
  test("have the slots and tags of the English ones", () => {
    const differ = Object.keys(english).filter((key) => [...parts(texts[key]!).names].sort().join() !== [...parts(english[key]!).names].sort().join());
    expect(differ).toEqual([]);
  });
  test("have every plural form of the language", () => {
    const forms = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
    const poor = Object.entries(texts).filter(([, text]) => [...parts(text).plurals.values()].some((had) => forms.some((form) => !had.has(form))));
    expect(poor.map(([key]) => key)).toEqual([]);
  });
});

test("every text is used", () => {
  const source = [...files(join(import.meta.dirname, "../src"))].join("\n");
  const stems = [...source.matchAll(/`([a-z-]+\.[a-z.-]*)\$\{/g)].map((match) => match[1]!);
  const unused = Object.keys(english).filter((key) => !source.includes(`"${key}"`) && !source.includes(`'${key}'`) && !stems.some((stem) => key.startsWith(stem)));
  expect(unused).toEqual([]);
});
