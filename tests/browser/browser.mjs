import { chromium } from "playwright-core";
import { base } from "./server.mjs";

/** Starts the machine's own Chromium, cut off from everything but the server. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/**
 * Opens a page of the server; `faults` collects every error that the browser reports while it is open, among them what
 * the server's Content-Security-Policy forbids.
 */
export async function open(browser, path) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.exposeFunction("reportForbidden", (what) => faults.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      window.reportForbidden(`forbidden by ${event.effectiveDirective}: ${event.blockedURI}`),
    );
  });
  await page.goto(base + path);
  return { page, faults };
}
