import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/today.css";
import { createApp } from "vue";
import App from "./app/App.vue";
import { today } from "./app/screens.ts";
import { look } from "./app/session.ts";
import { preferred, speak } from "./text/messages.ts";
import Away from "./screens/missing/Away.vue";

// Most come for Today: it is fetched while it is asked who is there. Whether it came is seen when it is shown.
if (location.pathname !== "/forms") today().catch(() => undefined);
const told = await Promise.allSettled([look(), speak(preferred())]);
createApp(told.every((one) => one.status === "fulfilled") ? App : Away).mount("#app");
