/** Where we are, in the address: everything that is seen is in it, so that a link shows the same to whoever may see it. */
import { readonly, shallowRef } from "vue";

export type Query = Record<string, string>;
interface Place {
  path: string;
  query: Query;
}

const here = (): Place => ({
  path: location.pathname,
  query: Object.fromEntries(new URLSearchParams(location.search)),
});
const place = shallowRef<Place>(here());
export const at = readonly(place);
addEventListener("popstate", () => (place.value = here()));

export function address(path: string, query: Query = {}): string {
  const told = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return told ? `${path}?${told}` : path;
}

export function go(path: string, query: Query = {}, replace = false): void {
  const to = address(path, query);
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  place.value = here();
}

/** The same page with some of its address changed; an empty value takes a name out of it. */
export function change(query: Query, replace = true): void {
  go(place.value.path, { ...place.value.query, ...query }, replace);
}
