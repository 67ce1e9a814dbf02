import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["*/tests/**/*.test.ts?(x)"], testTimeout: 60_000 } });
