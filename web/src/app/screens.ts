/** Screens, each loaded when it is opened first. */
import { also } from "../text/messages.ts";

export const today = () => import("../screens/today/Screen.vue");
export const forms = async () => (await Promise.all([import("../screens/forms/Screen.vue"), also("forms")]))[0];
