/** What a form says before its author has changed it: labels of usual questions, and three forms to begin with. */
import type { Consent, Content, Field, Spoken, Texts } from "./model.ts";

const said = (en: string, fr: string, fa: string, hi: string, zh: string): Texts => ({ en, fr, fa, hi, zh });

export const LABELS: Record<string, Texts> = {
  name: said("Your name", "Votre nom", "نام شما", "आपका नाम", "您的姓名"),
  email: said("E-mail", "E-mail", "ایمیل", "ईमेल", "电子邮箱"),
  phone: said("Telephone", "Téléphone", "تلفن", "फ़ोन", "电话"),
  company: said("Company", "Entreprise", "شرکت", "कंपनी", "公司"),
  address: said("Address", "Adresse", "نشانی", "पता", "地址"),
  postcode: said("Postcode", "Code postal", "کد پستی", "पिन कोड", "邮编"),
  country: said("Country", "Pays", "کشور", "देश", "国家"),
  region: said("Region", "Région", "استان", "क्षेत्र", "地区"),
  product: said("Product", "Produit", "محصول", "उत्पाद", "产品"),
  industry: said("Industry", "Secteur", "صنعت", "उद्योग", "行业"),
  message: said("What do you need?", "De quoi avez-vous besoin ?", "چه نیاز دارید؟", "आपको क्या चाहिए?", "您需要什么？"),
};

const NEWS: Consent = {
  id: "news",
  version: 1,
  purpose: "newsletter",
  required: false,
  text: said(
    "Send me news by e-mail. I can end this at any time.",
    "Envoyez-moi des nouvelles par e-mail. Je peux y mettre fin à tout moment.",
    "خبرها را با ایمیل برایم بفرستید. هر زمان بخواهم پایانش می‌دهم.",
    "मुझे ईमेल से समाचार भेजें। मैं इसे कभी भी बंद कर सकता हूँ।",
    "请通过电子邮件向我发送资讯，我可随时退订。",
  ),
};

export const field = (kind: string, name = kind, required = false): Field => ({ name, kind, required, label: { ...LABELS[kind] }, hint: {}, choices: [] });

type Template = { title: Texts; intro: Texts; fields: Field[]; consents: Consent[] };
export const TEMPLATES = {
  call: {
    title: said("May we call you?", "Pouvons-nous vous appeler ?", "با شما تماس بگیریم؟", "क्या हम आपको फ़ोन करें?", "需要我们致电吗？"),
    intro: said("Leave your number, and we call you back.", "Laissez votre numéro, nous vous rappelons.", "شماره‌تان را بگذارید تا تماس بگیریم.", "अपना नंबर दें, हम वापस फ़ोन करेंगे।", "请留下电话，我们会回电。"),
    fields: [field("name", "name", true), field("phone", "phone", true), field("message")],
    consents: [],
  },
  quotation: {
    title: said("Ask for a quotation", "Demander un devis", "درخواست پیش‌فاکتور", "कोटेशन माँगें", "索取报价"),
    intro: said("A few words are enough. We answer soon.", "Quelques mots suffisent. Nous répondons vite.", "چند کلمه کافی است. زود پاسخ می‌دهیم.", "कुछ शब्द काफ़ी हैं। हम जल्दी उत्तर देते हैं।", "简单几句即可，我们会尽快回复。"),
    fields: [field("name", "name", true), field("company"), field("email", "email", true), field("phone"), field("postcode"), field("message", "message", true)],
    consents: [NEWS],
  },
  news: {
    title: said("Stay in touch", "Restons en contact", "در تماس باشیم", "संपर्क में रहें", "保持联系"),
    intro: {},
    fields: [field("name"), field("email", "email", true)],
    consents: [{ ...NEWS, required: true }],
  },
} satisfies Record<string, Template>;
export type TemplateName = keyof typeof TEMPLATES;

export function begin(name: TemplateName, language: Spoken): Content {
  const made = structuredClone<Template>(TEMPLATES[name]);
  const defaults = { campaign: "", channel: "", product: "", industry: "", country: "" };
  return { languages: [language], button: {}, thanks: {}, origins: [], strict: false, redirect: "", too_fast_s: 2, proof: false, defaults, ...made };
}

/** Words that a form says by itself, as the service has them. */
export const WORDS = {
  en: { send: "Send", optional: "optional", choose: "Please choose" },
  fr: { send: "Envoyer", optional: "facultatif", choose: "Veuillez choisir" },
  fa: { send: "فرستادن", optional: "اختیاری", choose: "برگزینید" },
  hi: { send: "भेजें", optional: "वैकल्पिक", choose: "कृपया चुनें" },
  zh: { send: "提交", optional: "选填", choose: "请选择" },
};
