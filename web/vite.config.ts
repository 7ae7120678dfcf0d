import { defineConfig, type Plugin } from "vite";
import { createFixtureServer } from "./dev/fixture-server.ts";

const contentSecurityPolicy =
  "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves /api/v1 from invented data unless ORRERY_URL names a server to pass the calls on to. */
function fixtureApi(): Plugin {
  return {
    name: "fixture-api",
    configureServer(server) {
      server.middlewares.use(createFixtureServer());
    },
    configurePreviewServer(server) {
      // The built pages are looked at under the policy that the real server sends.
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", contentSecurityPolicy);
        next();
      });
      server.middlewares.use(createFixtureServer());
    },
  };
}

const upstream = process.env.ORRERY_URL;
const proxy = upstream ? { "/api": { target: upstream, changeOrigin: true } } : {};

export default defineConfig({
  plugins: upstream ? [] : [fixtureApi()],
  server: { host: "127.0.0.1", port: 7080, proxy },
  preview: { host: "127.0.0.1", port: 7081, proxy },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
