/**
 * <tributary-kpi>: one live number on a page of another site.
 *
 *   <script type="module" src="https://crm.example/embed/kpi.js"></script>
 *   <tributary-kpi ticket="/our/ticket" by="team" number="leads" label="Leads of Team Berlin"></tributary-kpi>
 *
 * `ticket` is an address of the page's own site. Its server asks metrics for a ticket, made for one row, its numbers and this
 * site, and passes the answer on; the page never has a token. It is asked again for each connection.
 */
import { ask, KpiStream, type By, type Kpi, type State } from "@tributary/client";
import { clock, outdated, shown } from "./text.ts";

const HOME = new URL(import.meta.url).origin;
const PAINT_MS = 200;
/** Whoever hears the page is told a new number at most this often. */
const SAY_MS = 10_000;
const STYLE = `
:host { display: inline-grid; gap: 2px; color-scheme: inherit; font: inherit; text-align: start }
:host([hidden]) { display: none }
.label { font-size: .8em; opacity: .75 }
.number { font-size: 1.8em; font-variant-numeric: tabular-nums; unicode-bidi: isolate }
.age { font-size: .75em; opacity: .75; min-block-size: 1.2em }
.stale .number { color: light-dark(#6b756f, #8f9b95) }
.said { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
`;

export class TributaryKpi extends HTMLElement {
  static observedAttributes = ["ticket", "by", "number", "src", "label", "currency", "lang"];
  private readonly root = this.attachShadow({ mode: "open" });
  private readonly parts = { box: part("span", "box"), label: part("span", "label"), number: part("span", "number"), age: part("span", "age"), said: part("span", "said") };
  private stream: KpiStream | undefined;
  private row: Kpi | undefined;
  private heard = false;
  private state: State = { is: "connecting" };
  private due = 0;
  private saidAt = -SAY_MS;
  private sayLater = 0;

  constructor() {
    super();
    const { box, label, number, age, said } = this.parts;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.root.adoptedStyleSheets = [sheet];
    // Eyes have the number; ears are told it in a line of its own, not at every change.
    number.ariaHidden = "true";
    said.role = "status";
    box.append(number, said);
    this.root.append(label, box, age);
  }

  connectedCallback(): void {
    this.open();
  }

  disconnectedCallback(): void {
    this.stream?.close();
    clearTimeout(this.sayLater);
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "ticket" || name === "by" || name === "src") this.open();
    else this.paint();
  }

  private open(): void {
    this.stream?.close();
    this.row = undefined;
    this.heard = false;
    const ticket = this.getAttribute("ticket");
    if (!ticket) return;
    this.stream = new KpiStream({
      by: (this.getAttribute("by") ?? "segment") as By,
      at: this.getAttribute("src") ?? HOME,
      key: async () => ({ ticket: (await ask<{ ticket: string }>(new URL(ticket, document.baseURI).href, { method: "POST" })).ticket }),
      change: ({ rows, whole }) => {
        if (whole || rows.length) this.row = rows[0];
        this.heard = true;
        this.soon();
      },
      state: (state) => {
        this.state = state;
        this.soon();
      },
    });
    this.stream.open();
    this.paint();
  }

  private soon(): void {
    this.due ||= window.setTimeout(() => requestAnimationFrame(() => this.paint()), PAINT_MS);
  }

  private paint(): void {
    clearTimeout(this.due);
    this.due = 0;
    const language = this.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang || navigator.language;
    const { box, label, number, age } = this.parts;
    label.textContent = this.getAttribute("label") ?? "";
    const gone = this.state.is === "nothing-to-see";
    number.textContent = this.heard && !gone ? shown(this.row, this.getAttribute("number") ?? "leads", language, this.getAttribute("currency")) : "–";
    const stale = this.state.is === "broken" && this.heard;
    box.classList.toggle("stale", stale);
    age.textContent = this.state.is === "broken" && this.heard ? outdated(language, clock(this.state.since, language)) : "";
    this.dataset["state"] = this.state.is;
    this.say();
  }

  private say(): void {
    clearTimeout(this.sayLater);
    const words = [this.getAttribute("label"), this.parts.number.textContent, this.parts.age.textContent].filter(Boolean).join(" ");
    if (!this.heard || words === this.parts.said.textContent) return;
    const wait = this.saidAt + SAY_MS - performance.now();
    if (wait > 0) {
      this.sayLater = window.setTimeout(() => this.say(), wait);
      return;
    }
    this.saidAt = performance.now();
    this.parts.said.textContent = words;
  }
}

function part(name: string, called: string): HTMLElement {
  const made = document.createElement(name);
  made.className = called;
  made.setAttribute("part", called);
  return made;
}

if (!customElements.get("tributary-kpi")) customElements.define("tributary-kpi", TributaryKpi);
