/** Which lines of a long table are in sight or nearly: only these are filled and kept up to date. The others hold their places. */
import { onBeforeUnmount, onMounted, shallowRef, watch } from "vue";

/** Lines are filled and emptied some at once: the first of them is watched for all. */
const SOME = 8;
/** What is filled before anybody has looked, and so far around what is seen; above by as much more as some lines are tall. */
const FIRST = 40;
const AROUND = "900px 0px 600px";

const RESTS_MS = 600;
let moved = -Infinity;
const moves = () => (moved = performance.now());
/** Whether somebody scrolls, anywhere on a page that has such lines. */
export const scrolls = (): boolean => performance.now() - moved < RESTS_MS;

/** `lines` of this element are those of the class `body`, as many as `count` says, each with its place among all rows. */
export function useNear(grid: () => HTMLElement | null, count: () => number) {
  const upTo = (lines: number) => new Set(Array.from({ length: Math.ceil(lines / SOME) }, (_, i) => i));
  const near = shallowRef(upTo(FIRST));
  const look = new IntersectionObserver((seen) => {
    const next = new Set(near.value);
    for (const { target, isIntersecting } of seen) {
      const line = Number(target.getAttribute("aria-rowindex")) - 2; // the first row is the head
      if (isIntersecting) next.add(line / SOME);
      else next.delete(line / SOME);
    }
    near.value = next;
  }, { rootMargin: AROUND });
  const all = () => (near.value = upTo(count()));
  const watchLines = () => {
    look.disconnect();
    grid()?.querySelectorAll(".body").forEach((line, i) => i % SOME || look.observe(line));
  };
  watch(count, watchLines, { flush: "post" });
  onMounted(() => {
    watchLines();
    addEventListener("scroll", moves, { capture: true, passive: true });
    addEventListener("beforeprint", all);
    addEventListener("afterprint", watchLines);
  });
  onBeforeUnmount(() => {
    look.disconnect();
    removeEventListener("scroll", moves, { capture: true });
    removeEventListener("beforeprint", all);
    removeEventListener("afterprint", watchLines);
  });
  return (line: number) => near.value.has(Math.floor(line / SOME));
}
