/** What a form is while it is made: no Vue, no texts of the page. */
import type { components } from "@tributary/client/types/leads";

type Schemas = components["schemas"];
export type Content = Schemas["ContentBody"];
export type Field = Schemas["FieldBody"];
export type Consent = Schemas["ConsentBody"];
export type Spoken = Content["languages"][number];
export type FormSeen = Schemas["FormSeen"];
export type FormHead = Schemas["FormHead"];
export type Texts = Record<string, string>;

export const KINDS = [
  "name", "email", "phone", "company", "message", "postcode", "country", "region", "address", "product", "industry",
  "choice", "choices", "yes", "text", "long_text", "number",
] as const;
export type Kind = (typeof KINDS)[number];
/** These are a part of the lead, and so are asked once. */
export const ONCE: readonly string[] = KINDS.slice(0, 11);
export const CHOSEN: readonly string[] = ["choice", "choices"];
/** These may have answers to choose from. */
export const MAY_CHOOSE: readonly string[] = [...CHOSEN, "product", "industry", "country", "region"];
export const DEFAULTS = ["campaign", "channel", "product", "industry", "country"] as const;

export type State = "draft" | "active" | "paused" | "archived";
export function state(form: { state: string; active: number | null; paused: boolean }): State {
  if (form.active !== null) return form.paused ? "paused" : "active";
  return form.state === "archived" ? "archived" : "draft";
}

/** Every text of a version by its place, as the service names places. */
export function* texts(content: Content): Generator<[string, Texts]> {
  yield ["title", content.title];
  for (const [n, one] of content.fields.entries()) {
    yield [`fields[${n}].label`, one.label];
    for (const [m, choice] of one.choices.entries()) yield [`fields[${n}].choices[${m}].label`, choice.label];
    if (some(one.hint)) yield [`fields[${n}].hint`, one.hint];
  }
  for (const [n, one] of content.consents.entries()) yield [`consents[${n}].text`, one.text];
  for (const name of ["intro", "button", "thanks"] as const) if (some(content[name])) yield [name, content[name]];
}
const some = (said: Texts) => Object.values(said).some((text) => text.trim());

/** How many texts a language lacks. */
export function lacking(content: Content, language: string): number {
  return [...texts(content)].filter(([, said]) => !said[language]?.trim()).length;
}
export const reaches = (content: Content): boolean => content.fields.some((one) => one.kind === "email" || one.kind === "phone");

/** A name that no other field has. */
export function nameFor(kind: string, content: Content): string {
  const taken = new Set(content.fields.map((one) => one.name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? kind : `${kind}_${n}`;
    if (!taken.has(name)) return name;
  }
}

export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  next.splice(from + by, 0, one!);
  return next;
}

/** What was written and is empty is left out, so that it counts as not said. */
export function tidy(content: Content): Content {
  const kept = (said: Texts) => Object.fromEntries(Object.entries(said).filter(([name, text]) => text.trim() && (content.languages as string[]).includes(name)));
  return {
    ...content,
    title: kept(content.title), intro: kept(content.intro), button: kept(content.button), thanks: kept(content.thanks),
    origins: content.origins.map((one) => one.trim()).filter(Boolean),
    redirect: content.redirect.trim(),
    fields: content.fields.map((one) => ({
      ...one,
      label: kept(one.label), hint: kept(one.hint),
      choices: MAY_CHOOSE.includes(one.kind) ? one.choices.map((choice) => ({ ...choice, label: kept(choice.label) })) : [],
    })),
    consents: content.consents.map((one) => ({ ...one, text: kept(one.text) })),
  };
}

/** A consent whose text is another than the active one's gets the next version. */
export function versioned(content: Content, shown: Content | null): Content {
  const consents = content.consents.map((one) => {
    const before = shown?.consents.find((old) => old.id === one.id);
    const changed = before && Object.entries(one.text).some(([language, text]) => before.text[language] !== undefined && before.text[language] !== text);
    return changed ? { ...one, version: Math.max(one.version, before.version + 1) } : one;
  });
  return { ...content, consents };
}

export const nameOf = (title: string): string =>
  title.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);

const attribute = (text: string) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
export function snippets(origin: string, form: string, title: string): Record<"script" | "frame" | "page", string> {
  const page = `${origin}/f/${form}`;
  return {
    script: `<script type="module" src="${origin}/v1/forms/${form}/embed.js" data-form="${form}"></` + "script>",
    frame: `<iframe src="${page}" title="${attribute(title)}" width="100%" height="900"></iframe>`,
    page,
  };
}

/** Which sentence says what is wrong at a place that the service has refused. */
export function wrongAt(place: string): "name" | "kind" | "choices" | "origin" | "redirect" | "version" | "country" | "other" {
  if (/^fields\[\d+\]\.name$/.test(place)) return "name";
  if (/^fields\[\d+\]\.kind$/.test(place)) return "kind";
  if (/\.choices/.test(place)) return "choices";
  if (/^origins/.test(place)) return "origin";
  if (place === "redirect") return "redirect";
  if (/\.version$/.test(place)) return "version";
  return place === "defaults.country" ? "country" : "other";
}
