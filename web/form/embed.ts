/** A lead form on somebody's site: finds the plain form that stands there, or makes one from its definition. It sets no cookie and
 * stores nothing, and brings no style along: the form is the site's own markup, in its own light DOM. */
import { prove } from "./proof.ts";
import { read, wrong, type Definition, type Field, type Fault } from "./reading.ts";
import { keepTouch, visits } from "./visit.ts";

export { keepTouch };

const address = import.meta.url;
const here = new URL(".", address);
const name = here.pathname.split("/").at(-2)!;
const TYPES: Record<string, string> = { email: "email", phone: "tel" };
const FILLS: Record<string, string> = { name: "name", email: "email", phone: "tel", company: "organization", address: "street-address", postcode: "postal-code", country: "country-name" };
const LONG = ["message", "long_text"];
const TRIES = 4;

type Props = Record<string, string | boolean>;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) if (value !== false && value !== "") made.setAttribute(key, value === true ? "" : value);
  made.append(...inside);
  return made;
}

const box = (props: Props, label: string) => make("label", { class: "box" }, make("input", { type: "checkbox", ...props }), " ", make("span", {}, label));

function field(one: Field, told: Definition): HTMLElement {
  const id = `${name}-${one.name}`;
  const props = { id, name: one.name, required: one.required };
  const label = one.required ? one.label : `${one.label} (${told.words.optional})`;
  const hint = one.hint ? [make("small", { id: `${id}-hint` }, one.hint)] : [];
  const held = (...inside: Node[]) => make("div", { class: "field" }, ...inside, ...hint);
  if (one.kind === "yes") return held(box({ ...props, value: "yes" }, label));
  if (one.kind === "choices") {
    const boxes = one.choices.map((choice) => box({ name: one.name, value: choice.value }, choice.label));
    return held(make("fieldset", { id }, make("legend", {}, label), ...boxes));
  }
  const said = { ...props, "aria-describedby": one.hint ? `${id}-hint` : "" };
  const top = make("label", { for: id }, label);
  if (one.choices.length) {
    const options = one.choices.map((choice) => make("option", { value: choice.value }, choice.label));
    // An empty value is a value here, and no attribute left out.
    const none = make("option", {}, told.words.choose);
    none.value = "";
    return held(top, make("select", said, none, ...options));
  }
  if (LONG.includes(one.kind)) return held(top, make("textarea", { ...said, rows: "4", dir: "auto" }));
  const kind = { type: TYPES[one.kind] ?? "text", autocomplete: FILLS[one.kind] ?? "", inputmode: one.kind === "number" ? "decimal" : "", dir: TYPES[one.kind] ? "ltr" : "auto" };
  return held(top, make("input", { ...said, ...kind }));
}

function build(told: Definition): HTMLFormElement {
  const consents = told.consents.map((one) => make("div", { class: "field" }, box({ name: "_consent", value: one.id, required: one.required }, one.text)));
  return make(
    "form",
    { action: new URL("submissions", here).href, method: "post", "data-form": name, lang: told.language, dir: told.direction, novalidate: true },
    ...told.fields.map((one) => field(one, told)),
    ...consents,
    make("p", {}, make("button", {}, told.button)),
  );
}

/** The field that people don't see. Its place is set by script: a page's policy may forbid styles in markup. */
function trap(told: Definition): HTMLElement {
  const made = make("p", { "aria-hidden": "true" }, make("input", { name: told.unseen, tabindex: "-1", autocomplete: "new-password" }));
  Object.assign(made.style, { position: "absolute", insetInlineStart: "-300vw", inlineSize: "1px", overflow: "hidden" });
  return made;
}

function wire(form: HTMLFormElement, told: Definition): void {
  if (!form.querySelector(`[name="${told.unseen}"]`)) form.append(trap(told));
  const status = form.querySelector<HTMLElement>("[role=status]") ?? form.appendChild(make("p", { role: "status" }));
  const button = form.querySelector<HTMLElement>("button:not([type=button]),[type=submit]");
  form.noValidate = true;
  let key = "";
  let busy = false;
  const begun = () => (key ||= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  form.addEventListener("input", begun, { once: true });

  function say(text: string, isWrong = false): void {
    status.classList.toggle("wrong", isWrong);
    status.textContent = text;
  }
  function mark(faults: Fault[]): void {
    let first = true;
    for (const fault of faults) {
      const at = find(form, fault.field);
      if (!at) continue;
      const id = `${name}-${fault.field}-wrong`;
      at.setAttribute("aria-invalid", "true");
      at.setAttribute("aria-describedby", id);
      (at.closest(".field") ?? at.parentElement!).append(make("span", { class: "wrong", id }, fault.reason));
      if (first) at.focus();
      first = false;
    }
    say(first && faults[0] ? faults[0].reason : told.words.wrong, true);
  }

  async function send(body: string): Promise<Response | null> {
    for (let n = 0; n < TRIES; n++) {
      if (n) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** n));
      const answer = await fetch(form.action, { method: "POST", body, headers: { "content-type": "application/json" }, credentials: "omit" }).catch(() => null);
      if (answer && answer.status < 500) return answer;
    }
    return null;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    form.querySelectorAll(".wrong").forEach((one) => one !== status && one.remove());
    form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
    const given = read(new FormData(form));
    const faults = wrong(given, told);
    if (faults.length) return mark(faults);
    busy = true;
    button?.setAttribute("aria-disabled", "true");
    say(told.words.sending);
    const body = JSON.stringify({ _key: begun(), _token: told.token, ...given, _lang: told.language, ...visits() });
    const answer = await send(told.proof ? await prove(body) : body);
    const said = await answer?.json().catch(() => null);
    busy = false;
    button?.removeAttribute("aria-disabled");
    if (answer?.ok) {
      form.replaceChildren(status);
      say(said.message);
      status.tabIndex = -1;
      status.focus();
      form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: { id: said.id } }));
    } else if (said?.errors) mark(said.errors);
    else say((answer && said?.detail) || told.words.failed, true);
  });
}

function find(form: HTMLFormElement, field: string): HTMLElement | null {
  const [control, value] = field.split(".");
  return form.querySelector(value ? `[name="${control}"][value="${value}"]` : `[name="${CSS.escape(field)}"]`);
}

async function begin(): Promise<void> {
  const script = document.querySelector<HTMLElement>(`script[data-form="${name}"]`);
  const there = document.querySelector<HTMLFormElement>(`form[data-form="${name}"]`);
  const language = there?.lang || script?.dataset.lang || document.documentElement.lang || navigator.language;
  const answer = await fetch(new URL(`definition?lang=${encodeURIComponent(language)}`, here), { credentials: "omit" }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  // Where nothing is known of it a plain form that stands there goes on without.
  if (!answer?.ok) return void (there ?? script?.after(make("p", { role: "status" }, told?.detail ?? "")));
  const form = there ?? build(told);
  if (!there) script?.after(form);
  wire(form, told);
}

void begin();
