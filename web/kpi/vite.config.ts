import { defaultClientConditions, defineConfig } from "vite";

/** The number for other sites' pages: one file, which the gateway gives out. */
export default defineConfig({
  publicDir: false,
  resolve: { conditions: ["tributary-source", ...defaultClientConditions] },
  build: {
    target: "es2022",
    lib: { entry: "kpi/element.ts", formats: ["es"], fileName: () => "kpi.js" },
    rolldownOptions: { output: { minify: true } },
    reportCompressedSize: false,
  },
});
