// Takes the picture of a page for the documentation: ORRERY_URL=... node picture.mjs /runs/ID picture.png [light|dark]
import { launch } from "./browser.mjs";
import { base } from "./server.mjs";

const [path, file, colorScheme = "light"] = process.argv.slice(2);
if (!path || !file) throw new Error("Usage: node picture.mjs PATH FILE.png [light|dark]");
const browser = await launch();
const page = await browser.newPage({
  viewport: { width: 1280, height: 720 },
  deviceScaleFactor: 1.5, // sharp on fine screens, and under 200 KB
  colorScheme,
});
await page.goto(base + path);
await page.getByText("Live", { exact: true }).waitFor();
await page.waitForTimeout(1500); // charts draw, numbers settle
await page.screenshot({ path: file });
await browser.close();
