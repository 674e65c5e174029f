import vue from "@vitejs/plugin-vue";
import { parse } from "@formatjs/icu-messageformat-parser";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/** Messages are parsed when the page is built: a browser gets their trees, and no parser. */
function messages(): Plugin {
  return {
    name: "messages",
    enforce: "pre",
    transform(code, id) {
      if (!/\/messages\/[a-z]{2}\.json$/.test(id)) return null;
      const trees = Object.entries(JSON.parse(code) as Record<string, string>).map(([key, text]) => [
        key,
        // A message without anything in it stays the text that it is.
        /[{<'#]/.test(text) ? parse(text, { captureLocation: false }) : text,
      ]);
      return { code: JSON.stringify(Object.fromEntries(trees)), map: null };
    },
  };
}

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
    // A screen's part is called after the screen.
    rolldownOptions: { output: { chunkFileNames: (chunk) => `assets/${/\/screens\/([a-z-]+)\/Screen\.vue$/.exec(chunk.facadeModuleId ?? "")?.[1] ?? "[name]"}-[hash].js` } },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8100", "/auth": "http://127.0.0.1:8100" } },
});
