import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/today.css";
import { createApp } from "vue";
import App from "./app/App.vue";
import { look } from "./app/session.ts";
import { preferred, speak } from "./text/messages.ts";
import Away from "./screens/missing/Away.vue";

const told = await Promise.allSettled([look(), speak(preferred())]);
createApp(told.every((one) => one.status === "fulfilled") ? App : Away).mount("#app");
