/** Who is signed in, and what he may see. */
import { ask, NotAnswered } from "@tributary/client";
import type { components } from "@tributary/client/types/metrics";
import { computed, shallowRef } from "vue";

export type Mine = components["schemas"]["Mine"];
export interface Me {
  person: string;
  roles: string[];
  teams: string[];
}

export const me = shallowRef<Me | null>(null);
/** Who may make lead forms. The service judges; this is what is shown. */
export const makesForms = computed(() => me.value?.roles.some((role) => role === "marketer" || role === "marketing_manager") ?? false);
export const known = shallowRef(false);
/** The session ended while the page was open. */
export const ended = shallowRef(false);
const tabs = new BroadcastChannel("tributary-session");

export async function look(): Promise<void> {
  const { person } = await ask<{ person: string | null }>("/auth/me");
  if (person === null) {
    ended.value = me.value !== null;
    known.value = true;
    return;
  }
  const mine = await ask<Mine>("/api/metrics/v1/access/me").catch((failure: unknown) => {
    if (failure instanceof NotAnswered) return null;
    throw failure;
  });
  const next = { person, roles: mine?.roles ?? [], teams: (mine?.teams ?? []).map((one) => one.team) };
  if (JSON.stringify(next) !== JSON.stringify(me.value)) me.value = next;
  ended.value = false;
  known.value = true;
}

export async function signOut(): Promise<void> {
  const { end } = await ask<{ end: string }>("/auth/logout", { method: "POST" });
  tabs.postMessage("signed out");
  location.assign(end || "/sign-in?why=signed-out");
}
tabs.onmessage = () => location.assign("/sign-in?why=signed-out");
