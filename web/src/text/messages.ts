/** Texts in the reader's language: ICU messages, parsed when the page was built. Only his language is loaded. */
import { IntlMessageFormat } from "intl-messageformat";
import { defineComponent, h, shallowRef, type VNode } from "vue";

export const LANGUAGES = { en: "English", fr: "Français", fa: "فارسی", hi: "हिन्दी", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;
/** What numbers, dates and plurals follow. */
const LOCALES: Record<Language, string> = { en: "en", fr: "fr", fa: "fa-IR", hi: "hi-IN", zh: "zh-CN" };
export type Key = keyof typeof import("../../messages/en.json");
type Values = Record<string, unknown>;

type Loaders = Record<string, () => Promise<{ default: Record<string, unknown> }>>;
/** What the shell and Today say, what numbers mean, and what screens say that are loaded when they are opened. */
const PARTS = {
  first: import.meta.glob("../../messages/*.json", { query: "?part=first" }) as Loaders,
  means: import.meta.glob("../../messages/*.json", { query: "?part=means" }) as Loaders,
  forms: import.meta.glob("../../messages/*.json", { query: "?part=forms" }) as Loaders,
};
export type Part = keyof typeof PARTS;
const spoken = new Set<Part>(["first"]);
const catalogue = shallowRef<Record<string, unknown>>({});
export const language = shallowRef<Language>("en");
let formats = new Map<string, IntlMessageFormat>();

export const locale = (): string => LOCALES[language.value];
export const direction = (): "rtl" | "ltr" => (language.value === "fa" ? "rtl" : "ltr");

export function isLanguage(name: unknown): name is Language {
  return typeof name === "string" && name in LANGUAGES;
}

/** His choice of before, else the first of the browser's languages that there is. */
export function preferred(): Language {
  const kept = localStorage.getItem("language");
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

async function texts(name: Language): Promise<Record<string, unknown>> {
  const parts = [...spoken];
  const found = await Promise.all(parts.map((part) => PARTS[part][`../../messages/${name}.json`]!()));
  // Another screen was opened meanwhile.
  return parts.length < spoken.size ? texts(name) : Object.assign({}, ...found.map((one) => one.default));
}

export async function speak(name: Language, remember = false): Promise<void> {
  const told = await texts(name);
  formats = new Map();
  language.value = name;
  catalogue.value = told;
  document.documentElement.lang = name;
  document.documentElement.dir = direction();
  if (remember) localStorage.setItem("language", name);
}

/** A screen that is opened says this too, in whatever language is spoken by then. */
export async function also(part: Part): Promise<void> {
  if (spoken.has(part)) return;
  spoken.add(part);
  for (let name: Language | null = null; name !== language.value; ) {
    name = language.value;
    const told = await texts(name);
    if (name === language.value) catalogue.value = told;
  }
}

function format(key: Key): IntlMessageFormat | string {
  const text = catalogue.value[key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  if (typeof text === "string") return text;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new IntlMessageFormat(text as never, locale())));
  return made;
}

export function t(key: Key, values?: Values): string {
  const made = format(key);
  return typeof made === "string" ? made : String(made.format(values as never));
}

/** A text with parts in it: what stands in tags or slots is made by the slot of that name. */
export const Text = defineComponent({
  props: { of: { type: String, required: true }, values: { type: Object, default: () => ({}) }, as: { type: String, default: "span" } },
  setup(props, { slots }) {
    return () => {
      const made = format(props.of as Key);
      if (typeof made === "string") return made;
      const svg = props.as === "tspan";
      const tags: Record<string, unknown> = { b: (parts: unknown[]) => h(svg ? "tspan" : "b", svg ? { class: "bold" } : null, parts as VNode[]) };
      for (const name of Object.keys(slots)) tags[name] = (parts: unknown[]) => slots[name]!({ text: parts.join("") });
      const told = made.format({ ...tags, ...props.values } as never) as unknown;
      return h(props.as, (Array.isArray(told) ? told : [told]) as VNode[]);
    };
  },
});
