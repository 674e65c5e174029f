/** Where the bands of the river stand. All in pixels; the page's direction is put in at the end, as a mirror. */
import type { Leaving, Source, Step } from "../screens/today/model.ts";

export interface Band {
  d: string;
  kind: "from" | "main" | "out" | "wait";
}
export interface Mark {
  x: number;
  y: number;
  height: number;
  step: Step;
}
export interface Label {
  x: number;
  y: number;
}
export interface Drawn {
  height: number;
  bands: Band[];
  marks: Mark[];
  sources: (Label & { key: string; leads: number; numberX: number })[];
  leaving: (Label & { one: Leaving })[];
}

const TOP = 76;
const TALL = 108;
const OUT = 186;
const LOW = 58;

export function draw(width: number, steps: Step[], from: Source[], mirror: boolean): Drawn {
  const most = Math.max(1, steps[0]!.leads);
  const scale = (n: number) => (n <= 0 ? 0 : Math.max(1.5, (n / most) * TALL));
  const names = 96;
  const numbers = names + 48;
  const start = from.length ? numbers + 96 : 2;
  const gap = (width - 4 - start) / (steps.length - 1);
  const flip = (x: number) => (mirror ? width - x : x);
  const bands: Band[] = [];
  const band = (kind: Band["kind"], x0: number, y0: number, x1: number, y1: number, thick: number, thin = thick) => {
    const [a, b, c] = [flip(x0), flip(x1), flip((x0 + x1) / 2)].map(round);
    bands.push({ kind, d: `M${a} ${round(y0)}C${c} ${round(y0)} ${c} ${round(y1)} ${b} ${round(y1)}V${round(y1 + thin)}C${c} ${round(y1 + thin)} ${c} ${round(y0 + thick)} ${a} ${round(y0 + thick)}Z` });
  };

  const sources: Drawn["sources"] = [];
  let into = TOP;
  const rowHeight = Math.max(28, (TALL + 90) / Math.max(1, from.length));
  from.forEach((one, i) => {
    const thick = (one.leads / most) * TALL;
    const y = from.length === 1 ? TOP + thick / 2 : TOP - 14 + i * rowHeight;
    band("from", numbers + 8, y - Math.min(thick, rowHeight - 6) / 2, start, into, Math.min(thick, rowHeight - 6), thick);
    sources.push({ key: one.key, leads: one.leads, x: flip(0), y: y + 4, numberX: flip(numbers) });
    into += thick;
  });

  const marks: Mark[] = [];
  const leaving: Drawn["leaving"] = [];
  let bottom = OUT + LOW + 16;
  steps.forEach((step, i) => {
    const x = start + i * gap;
    marks.push({ x: flip(x), y: TOP - 5, height: scale(step.leads) + 10, step });
    const next = steps[i + 1];
    if (!next) return;
    band("main", x, TOP, x + gap, TOP, scale(next.leads));
    let y = TOP + scale(next.leads);
    const out = step.leaving.filter((one) => one.leads);
    const room = Math.min(84, gap * 0.32);
    let free = OUT;
    out.forEach((one, j) => {
      const thick = scale(one.leads);
      const at = Math.max(free, y + 24, out.length === 1 && one.waits ? OUT + LOW : 0, j && out.length > 1 ? OUT + LOW : 0);
      band(one.waits ? "wait" : "out", x, y, x + room, at, thick);
      leaving.push({ x: flip(x + room + 8), y: at + thick / 2 + 4, one });
      free = at + thick + 22;
      bottom = Math.max(bottom, at + thick + 14);
      y += thick;
    });
  });
  bottom = Math.max(bottom, ...sources.map((one) => one.y + 10));
  return { height: bottom, bands, marks, sources, leaving };
}

const round = (n: number) => Math.round(n * 10) / 10;
