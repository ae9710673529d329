// Build the widget as one ES module into the Python package, or (with --tests) the unit tests into .build/.

import { readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT = 60_000; // bytes: each page that shows a graph loads it once

const shared = { bundle: true, format: "esm", target: "es2022", logLevel: "warning", absWorkingDir: here };

if (process.argv.includes("--tests")) {
  rmSync(join(here, ".build"), { recursive: true, force: true });
  const names = readdirSync(join(here, "tests")).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...shared,
    entryPoints: names.map((name) => join("tests", name)),
    outdir: ".build",
    outExtension: { ".js": ".mjs" },
    platform: "node",
  });
} else {
  const outfile = join(here, "..", "jupyter_flows", "widget", "static", "widget.js");
  await build({ ...shared, entryPoints: ["src/widget.ts"], outfile, minify: true, legalComments: "none" });
  const { size } = statSync(outfile);
  if (size > LIMIT) {
    console.error(`${outfile} has ${size} bytes, the limit is ${LIMIT}`);
    process.exit(1);
  }
  console.log(`widget.js: ${(size / 1000).toFixed(1)} kB`);
}
