/** By which link somebody came: names of campaigns and channels. */

type Touch = Record<string, string>;
const NAMES = ["source", "medium", "campaign", "term", "content"];
const KEPT = "first-visit";

export function touch(search: string, referrer: string, host: string): Touch | undefined {
  const query = new URLSearchParams(search);
  const found = Object.fromEntries(NAMES.map((name) => [name, query.get(`utm_${name}`) ?? ""]).filter(([, value]) => value));
  const from = referrer ? new URL(referrer).host : "";
  if (from && from !== host) found.referrer_host = from;
  return Object.keys(found).length ? found : undefined;
}

const last = (): Touch | undefined => touch(location.search, document.referrer, location.host);

/** Keeps this visit as the first one, if none is kept. The site calls it, after a consent of its own: nothing is stored before. */
export function keepTouch(): void {
  const now = last();
  if (now && !localStorage.getItem(KEPT)) localStorage.setItem(KEPT, JSON.stringify(now));
}

export function visits(): { _first?: Touch; _last?: Touch } {
  let first: Touch | undefined;
  try {
    first = JSON.parse(localStorage.getItem(KEPT) ?? "null") ?? undefined;
  } catch {
    // A page without a storage of its own, or one that others have written to.
  }
  return { _first: first, _last: last() };
}
