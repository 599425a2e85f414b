// Builds the owners' portal (`--mode portal`) and the operator's console (`--mode console`).

import { rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, type ResolvedConfig } from "vite";

const WORKERS: Record<string, string> = { portal: "manage", console: "deliver" };

/** Where the API of each page runs in development, and its paths. */
const APIS: Record<string, { setting: string; paths: string }> = {
  portal: {
    setting: "MANAGE_URL",
    paths: "webhooks|events|event-types|api-keys|replays|deliveries|stats|portal-session",
  },
  console: { setting: "DELIVER_URL", paths: "operator|event-types|portal-links|webhooks-deliver|console-session" },
};

export default defineConfig(({ mode }) => {
  const [worker, api] = [WORKERS[mode], APIS[mode]];
  if (!worker || !api) throw new Error("Choose --mode portal or --mode console");
  const target = process.env[api.setting];
  return {
    root: import.meta.dirname,
    base: `/${mode}/`,
    appType: "mpa",
    publicDir: false,
    plugins: [react(), page(mode)],
    build: {
      outDir: `../${worker}/assets/${mode}`,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      rolldownOptions: { input: join(import.meta.dirname, `${mode}.html`) },
    },
    server: {
      fs: { allow: [join(import.meta.dirname, "..")] },
      proxy: Object.fromEntries(target ? [[`^/(${api.paths})([/?]|$)`, { target }]] : []),
    },
  };
});

/** The html is page.html, whatever the mode, and every path below the base leads to it. */
function page(mode: string): Plugin {
  let config: ResolvedConfig;
  return {
    name: "page",
    configResolved(resolved) {
      config = resolved;
    },
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const wantsPage = request.headers.accept?.includes("text/html") && request.url?.startsWith(`/${mode}`);
        if (wantsPage) request.url = `/${mode}/${mode}.html`;
        next();
      });
    },
    async writeBundle() {
      const folder = resolve(config.root, config.build.outDir);
      await rename(join(folder, `${mode}.html`), join(folder, "page.html"));
    },
  };
}
