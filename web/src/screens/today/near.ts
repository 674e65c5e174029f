/** Which lines of a long table are in sight or nearly: only these are filled and kept up to date. The others hold their places. */
import { onBeforeUnmount, onMounted, shallowRef, watch } from "vue";

/** What is filled before anybody has looked, and so far around what is seen. */
const FIRST = 40;
const AROUND = "600px 0px";

const RESTS_MS = 600;
let moved = -Infinity;
addEventListener("scroll", () => (moved = performance.now()), { capture: true, passive: true });
/** Whether somebody scrolls, anywhere on the page. */
export const scrolls = (): boolean => performance.now() - moved < RESTS_MS;

/** `lines` of this element are those of the class `body`, as many as `count` says, each with its place among all rows. */
export function useNear(grid: () => HTMLElement | null, count: () => number) {
  const near = shallowRef(new Set(Array.from({ length: FIRST }, (_, i) => i)));
  const look = new IntersectionObserver((seen) => {
    const next = new Set(near.value);
    for (const { target, isIntersecting } of seen) {
      const line = Number(target.getAttribute("aria-rowindex")) - 2; // the first row is the head
      if (isIntersecting) next.add(line);
      else next.delete(line);
    }
    near.value = next;
  }, { rootMargin: AROUND });
  const all = () => (near.value = new Set(Array.from({ length: count() }, (_, i) => i)));
  const watchLines = () => {
    look.disconnect();
    for (const line of grid()?.querySelectorAll(".body") ?? []) look.observe(line);
  };
  watch(count, watchLines, { flush: "post" });
  onMounted(() => {
    watchLines();
    addEventListener("beforeprint", all);
    addEventListener("afterprint", watchLines);
  });
  onBeforeUnmount(() => {
    look.disconnect();
    removeEventListener("beforeprint", all);
    removeEventListener("afterprint", watchLines);
  });
  return near;
}
