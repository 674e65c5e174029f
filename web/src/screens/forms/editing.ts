/** The form that is being made. It outlives the screen: who looks at Today for a moment, or reads the page in another language, finds
 * what he wrote. */
import { NotAnswered } from "@tributary/client";
import { computed, ref, shallowRef } from "vue";
import type { Key } from "../../text/messages.ts";
import * as door from "./door.ts";
import { lacking, reaches, tidy, versioned, type Content, type Spoken } from "./model.ts";

export const form = shallowRef<door.Tagged | null>(null);
export const content = ref<Content | null>(null);
/** The language in which is written and shown. */
export const writing = shallowRef<Spoken>("en");
export const wrong = shallowRef<ReadonlySet<string>>(new Set());
/** What is said of the last thing that was done, and whether it failed. */
export const said = shallowRef<{ text: Key; bad: boolean; outdated?: boolean } | null>(null);
export const busy = shallowRef(false);
let shown: Content | null = null;

const plain = (): Content => JSON.parse(JSON.stringify(content.value)) as Content;
const whole = (): Content => versioned(tidy(plain()), shown);
const kept = shallowRef("");
export const unsaved = computed(() => content.value !== null && JSON.stringify(tidy(content.value)) !== kept.value);
export const lacks = computed(() => Object.fromEntries((content.value?.languages ?? []).map((one) => [one, content.value ? lacking(content.value, one) : 0])));
export const complete = computed(() => content.value !== null && reaches(content.value) && Object.values(lacks.value).every((n) => n === 0));

async function take(found: door.Tagged): Promise<void> {
  shown = found.active === null ? null : found.active === found.version ? found.content : (await door.read(found.form, found.active)).content;
  form.value = found;
  content.value = JSON.parse(JSON.stringify(found.content)) as Content;
  kept.value = JSON.stringify(tidy(content.value));
  if (!content.value.languages.includes(writing.value)) writing.value = content.value.languages[0] ?? "en";
  wrong.value = new Set();
}

async function tried(act: () => Promise<door.Tagged>, done: Key): Promise<boolean> {
  if (busy.value) return false;
  busy.value = true;
  try {
    await take(await act());
    said.value = { text: done, bad: false };
    return true;
  } catch (failure) {
    if (!(failure instanceof NotAnswered)) throw failure;
    wrong.value = new Set(door.places(failure));
    const text = failure.status === 422 ? "forms.refused" : failure.status === 412 ? "forms.outdated" : "forms.failed";
    said.value = { text, bad: true, outdated: failure.status === 412 };
    return false;
  } finally {
    busy.value = false;
  }
}

/** The form of this name, as it stands there; what was written for it and is not saved stays. */
export async function open(name: string, anew = false): Promise<void> {
  if (form.value?.form === name && !anew) return;
  const found = await door.read(name);
  await take(found);
  said.value = null;
}
export const save = (): Promise<boolean> => tried(() => door.save(form.value!.form, whole(), form.value!.tag), "forms.saved");
export const does = (what: "pause" | "resume" | "archive", done: Key): Promise<boolean> => tried(() => door.does(form.value!.form, what, form.value!.tag), done);
/** What is written is saved first: what visitors get is what stands here. */
export async function activate(): Promise<void> {
  if ((unsaved.value || form.value!.state !== "draft") && !(await save())) return;
  await tried(() => door.does(form.value!.form, "activate", form.value!.tag), "forms.activated");
}
export const isWrong = (place: string): boolean => wrong.value.has(place);
