/** Light, dark, or as the system has it. */
import { shallowRef, watchEffect } from "vue";

export const THEMES = ["auto", "light", "dark"] as const;
export const theme = shallowRef<string>(localStorage.getItem("theme") ?? "auto");
watchEffect(() => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  localStorage.setItem("theme", theme.value);
});
