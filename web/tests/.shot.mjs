import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
const [, , person, lang, theme, path, out, w = "1440", h = "1000"] = process.argv;
const stack = JSON.parse(readFileSync("/tmp/webw/state2/stack.json"));
const word = readFileSync("/tmp/webw/state2/keys/sign-in", "utf8").trim();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const context = await browser.newContext({ viewport: { width: +w, height: +h }, locale: lang, colorScheme: theme });
const page = await context.newPage();
page.on("console", (m) => ["error", "warning"].includes(m.type()) && console.log("CONSOLE", m.type(), m.text(), m.location().url));
page.on("pageerror", (e) => console.log("PAGEERROR", e.message, e.stack?.slice(0, 600)));
await page.goto(stack.web + path);
if (person !== "-") {
  await page.click("a.first");
  await page.selectOption("#person", person);
  await page.fill("#word", word);
  const t0 = Date.now();
  await page.click("button");
  await page.waitForSelector(".say, .none, .center h1", { timeout: 15000 });
  console.log("after sign-in", Date.now() - t0, "ms", page.url());
}
await page.waitForTimeout(2500);
await page.screenshot({ path: out, fullPage: process.argv[9] !== "cut" });
await browser.close();
