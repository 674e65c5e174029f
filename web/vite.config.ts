import vue from "@vitejs/plugin-vue";
import { parse } from "@formatjs/icu-messageformat-parser";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/**
 * Messages are parsed when the page is built: a browser gets their trees, and no parser. A screen that is loaded when it is opened
 * brings its own texts, all but its title (`?part=forms`), and so does the panel of a number (`?part=means`). `?part=first` are all others.
 */
const LATER = ["forms", "means"];
function messages(): Plugin {
  return {
    name: "messages",
    enforce: "pre",
    transform(code, id) {
      const part = /\/messages\/[a-z]{2}\.json\?part=([a-z-]+)$/.exec(id)?.[1];
      if (!part) return null;
      const of = (key: string) => LATER.find((one) => key.startsWith(`${one}.`) && key !== `${one}.title`) ?? "first";
      const trees = Object.entries(JSON.parse(code) as Record<string, string>).filter(([key]) => of(key) === part).map(([key, text]) => [
        key,
        // A message without anything in it stays the text that it is.
        /[{<'#]/.test(text) ? parse(text, { captureLocation: false }) : text,
      ]);
      return { code: `export default ${JSON.stringify(Object.fromEntries(trees))}`, moduleType: "js", map: null };
    },
  };
}

/** A screen's part is called after the screen, and so are its texts. */
function named(module: string | null): string {
  const [, language, part] = /\/messages\/([a-z]{2})\.json\?part=([a-z-]+)$/.exec(module ?? "") ?? [];
  if (language) return part === "first" ? language : `${part}-${language}`;
  return /\/screens\/([a-z-]+)\/Screen\.vue$/.exec(module ?? "")?.[1] ?? "[name]";
}

const SHELL = /\/node_modules\/(@?vue|intl-messageformat|@formatjs)\/|\/src\/(app|text|ui)\/|\/client\/src\/(ask|money)\.ts$|plugin-vue/;
const TODAY = /\/screens\/today\/(?!NumberPanel|facts)|\/charts\/|\/client\/src\/|\/node_modules\/eventsource-parser\//;

export default defineConfig({
  plugins: [messages(), vue()],
  resolve: {
    conditions: ["tributary-source", ...defaultClientConditions],
    alias: [
      { find: /^@formatjs\/icu-messageformat-parser$/, replacement: "@formatjs/icu-messageformat-parser/no-parser.js" },
    ],
  },
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        chunkFileNames: (chunk) => `assets/${named(chunk.facadeModuleId)}-[hash].js`,
        // One file for what every screen needs and one for Today: many small ones are larger, and are asked for one by one.
        codeSplitting: { groups: [{ name: "shell", test: SHELL }, { name: "today", test: TODAY }] },
      },
    },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8100", "/auth": "http://127.0.0.1:8100" } },
});
