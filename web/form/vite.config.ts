import { defineConfig } from "vite";

/** The lead form's script: one file without a dependency, which the leads service gives out. */
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    lib: { entry: "form/embed.ts", formats: ["es"], fileName: () => "embed.js" },
    // Of a library only names are made short; nobody but browsers reads this one.
    rolldownOptions: { output: { minify: true } },
    reportCompressedSize: false,
  },
});
