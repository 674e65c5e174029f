import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// The client is tested from its sources, as the page is built from them.
const conditions = ["tributary-source", ...defaultServerConditions];
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["tests/*.test.ts", "client/tests/*.test.ts"] },
});
