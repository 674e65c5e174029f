/** What stands in the form, and what is plainly wrong with it: the service judges the rest. */

export interface Field {
  name: string;
  kind: string;
  required: boolean;
  label: string;
  hint: string;
  choices: { value: string; label: string }[];
}
export interface Definition {
  language: string;
  direction: string;
  button: string;
  fields: Field[];
  consents: { id: string; required: boolean; text: string }[];
  unseen: string;
  proof: boolean;
  token: string;
  words: Record<"sending" | "wrong" | "failed" | "required" | "email" | "consent" | "choose" | "optional", string>;
}
export interface Fault {
  field: string;
  reason: string;
}
export type Given = Record<string, string | string[]>;

/** Fields by name; what may be ticked more than once is a list. */
export function read(data: Iterable<[string, FormDataEntryValue]>): Given {
  const given: Given = {};
  for (const [name, value] of data) {
    if (typeof value !== "string") continue;
    given[name] = name in given ? [given[name]!, value].flat() : value;
  }
  return given;
}

export function wrong(given: Given, told: Definition): Fault[] {
  const { words } = told;
  const found: Fault[] = [];
  for (const one of told.fields) {
    const said = [given[one.name] ?? ""].flat().join("").trim();
    if (!said && one.required) found.push({ field: one.name, reason: words.required });
    else if (said && one.kind === "email" && !/^\S+@\S+\.\S+$/.test(said)) found.push({ field: one.name, reason: words.email });
  }
  const agreed = [given._consent ?? []].flat();
  for (const one of told.consents) if (one.required && !agreed.includes(one.id)) found.push({ field: `_consent.${one.id}`, reason: words.consent });
  return found;
}
