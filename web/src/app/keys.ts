/** Keys by their place on the keyboard, so that they are the same on every layout. They do nothing inside a field or beside a
 * modifier, while something is composed, or when somebody has switched them off. */
import { onBeforeUnmount, onMounted } from "vue";

export type Keys = Record<string, () => void>;

export function useKeys(keys: Keys): void {
  const hear = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (at.matches("input, select, textarea") || localStorage.getItem("keys") === "off") return;
    const name = event.shiftKey ? `Shift ${event.code}` : event.code;
    const act = keys[name];
    if (!act) return;
    event.preventDefault();
    act();
  };
  onMounted(() => addEventListener("keydown", hear));
  onBeforeUnmount(() => removeEventListener("keydown", hear));
}
