"""Whether a page is laid out as it should be, by the boxes of what stands on it: numbers move, so pictures can't be compared byte by byte."""

from playwright.sync_api import Page

# Boxes of text, line by line, and of fields. Of a line its middle half counts: letters of some scripts reach into the next line's.
LOOK = r"""() => {
  const wide = document.documentElement.clientWidth;
  const clips = (style) => style.overflowX !== "visible" || /paint|content|strict/.test(style.contain);
  const scrolls = (one, style) => /auto|scroll/.test(style.overflowX) && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
  const name = (one) => `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""} “${(one.textContent || one.value || "").trim().slice(0, 40)}”`;
  const found = [], boxes = [];
  function keep(owner, rect, lines) {
    if (rect.width < 1 || rect.height < 1) return;
    const slack = lines ? rect.height / 4 : 1;
    const box = { owner, left: rect.left + 1, right: rect.right - 1, top: rect.top + slack, bottom: rect.bottom - slack, layer: null };
    for (let one = owner; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.position === "fixed") box.layer = one;
      if (one === document.body || !clips(style)) continue;
      const clip = one.getBoundingClientRect();
      if (scrolls(one, style)) {
        [box.left, box.right, box.top, box.bottom] = [Math.max(box.left, clip.left), Math.min(box.right, clip.right), Math.max(box.top, clip.top), Math.min(box.bottom, clip.bottom)];
        if (box.right - box.left < 2 || box.bottom - box.top < 2) return; // scrolled away: to be reached
      } else if (box.left < clip.left - 2 || box.right > clip.right + 2 || box.top < clip.top - 2 || box.bottom > clip.bottom + 2) {
        found.push(`cut: ${name(owner)} by ${name(one).slice(0, 40)}`);
        return;
      }
    }
    if (box.left < -1 || box.right > wide + 1) found.push(`beyond the window: ${name(owner)}`);
    boxes.push(box);
  }
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest(".out-of-sight, .skip, option, title, script, style, [aria-hidden=true]");
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode, owner = node.parentElement;
    if (!node.data.trim() || !seen(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) keep(owner, rect, true);
  }
  for (const one of document.querySelectorAll("input, select, textarea")) if (seen(one)) keep(one, one.getBoundingClientRect(), false);
  const apart = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) < 2 || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 2;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    if (a.layer === b.layer && a.owner !== b.owner && !apart(a, b)) found.push(`on each other: ${name(a.owner)} and ${name(b.owner)}`);
  }));
  const cards = [...document.querySelectorAll(".card")].filter(seen).map((one) => [one, one.getBoundingClientRect()]);
  cards.forEach(([one, a], i) => cards.slice(i + 1).forEach(([other, b]) => {
    if (!one.contains(other) && !apart(a, b)) found.push(`cards on each other: ${name(one)} and ${name(other)}`);
  }));
  return [...new Set(found)].slice(0, 20);
}"""
PLANT = """(rule) => {
  const sheet = document.styleSheets[0];
  sheet.insertRule(rule, sheet.cssRules.length);
}"""
UNPLANT = "() => document.styleSheets[0].deleteRule(document.styleSheets[0].cssRules.length - 1)"


def broken(page: Page) -> list[str]:
    """What is cut off, lies on something else, or stands beyond the window; as it stands, scrolled to its begin."""
    page.evaluate("scrollTo(0, 0)")
    return list(page.evaluate(LOOK))


def broken_by(page: Page, rule: str) -> list[str]:
    """The same while this style is in force besides."""
    page.evaluate(PLANT, rule)
    try:
        return broken(page)
    finally:
        page.evaluate(UNPLANT)
