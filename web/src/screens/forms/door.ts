/** The doors of forms. */
import { answered, type NotAnswered } from "@tributary/client";
import type { Content, FormHead, FormSeen } from "./model.ts";

export type Tagged = FormSeen & { tag: string };
const DOOR = "/api/leads/v1/form-definitions";
const call: typeof fetch = (input, how) => fetch(input, how);

async function seen(path: string, method = "GET", body?: unknown, tag = ""): Promise<Tagged> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (tag) headers["if-match"] = tag;
  const answer = await answered(DOOR + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) }, call);
  return { ...((await answer.json()) as FormSeen), tag: answer.headers.get("etag") ?? "" };
}

export const list = async (): Promise<FormHead[]> => ((await (await answered(DOOR, {}, call)).json()) as { forms: FormHead[] }).forms;
export const read = (form: string, version?: number): Promise<Tagged> => seen(`/${form}${version ? `?version=${version}` : ""}`);
export const make = (form: string, content: Content): Promise<Tagged> => seen("", "POST", { form, content });
export const save = (form: string, content: Content, tag: string): Promise<Tagged> => seen(`/${form}`, "PUT", { content }, tag);
export const does = (form: string, what: "activate" | "pause" | "resume" | "archive", tag: string): Promise<Tagged> => seen(`/${form}/${what}`, "POST", undefined, tag);

/** The places that were refused, as the form names them. */
export const places = (failure: NotAnswered): string[] => (failure.problem.errors ?? []).map((one) => one.field.replace(/^(body\.)?content\./, ""));
