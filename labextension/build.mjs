// Build what Python carries: the widget as one ES module, and the extension of JupyterLab.
//
// With --widget or --lab only that one, with --tests the unit tests into .build/.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const python = join(here, "..", "jupyter_flows");
const WIDGET_LIMIT = 60_000; // bytes: each page that shows a graph loads it once
const START_LIMIT = 100_000; // bytes that Lab loads at its start; the pages of the extension come when they are opened

const shared = { bundle: true, format: "esm", target: "es2022", logLevel: "warning", absWorkingDir: here };

function limit(what, size, most) {
  if (size > most) {
    console.error(`${what} has ${size} bytes, the limit is ${most}`);
    process.exit(1);
  }
  console.log(`${what}: ${(size / 1000).toFixed(1)} kB`);
}

async function buildTests() {
  rmSync(join(here, ".build"), { recursive: true, force: true });
  const under = (folder) => readdirSync(join(here, folder), { recursive: true }).map((name) => join(folder, String(name)));
  await build({
    ...shared,
    entryPoints: under("tests").filter((name) => name.endsWith(".test.ts")),
    outdir: ".build",
    outbase: "tests",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    // Lumino's modules for node ask for node's own in the old way.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
}

async function buildWidget() {
  const outfile = join(python, "widget", "static", "widget.js");
  await build({ ...shared, entryPoints: ["src/widget.ts"], outfile, minify: true, legalComments: "none" });
  limit("widget.js", statSync(outfile).size, WIDGET_LIMIT);
}

/** The bytes of a module and of all that it imports at once. */
function atStart(outputs, entry) {
  const seen = new Set();
  const visit = (name) => {
    if (!seen.has(name) && outputs[name]) {
      seen.add(name);
      outputs[name].imports.filter(({ kind }) => kind === "import-statement").forEach(({ path }) => visit(path));
    }
  };
  visit(entry);
  return [...seen].reduce((sum, name) => sum + outputs[name].bytes, 0);
}

/** Take the types off and join the modules; then Jupyter's builder makes a container of them that Lab can load. */
async function buildLab() {
  const made = join(here, ".lab");
  rmSync(made, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    entryPoints: ["src/lab/index.ts"],
    outdir: made,
    splitting: true,
    minify: true,
    metafile: true,
    external: ["@jupyterlab/*", "@lumino/*"],
  });
  const modules = join(here, "node_modules");
  const builder = join(modules, "@jupyter", "builder", "lib", "build-labextension.js");
  const core = join(modules, "@jupyterlab", "core-meta", "core.package.json");
  const told = spawnSync(process.execPath, [builder, "--core-package-file", core, here], { encoding: "utf8" });
  if (told.status !== 0) {
    console.error(told.stdout, told.stderr);
    process.exit(1);
  }
  const assets = join(python, "labextension", "static");
  if (existsSync(join(here, "install.json"))) {
    mkdirSync(assets, { recursive: true });
    cpSync(join(here, "install.json"), join(python, "labextension", "install.json"));
  }
  const entry = readdirSync(assets).filter((name) => name.startsWith("remoteEntry."));
  const container = entry.reduce((sum, name) => sum + statSync(join(assets, name)).size, 0);
  limit("extension, at Lab's start", container + atStart(metafile.outputs, ".lab/index.js"), START_LIMIT);
}

if (process.argv.includes("--tests")) {
  await buildTests();
} else {
  const only = process.argv.includes("--widget") || process.argv.includes("--lab");
  if (!only || process.argv.includes("--widget")) {
    await buildWidget();
  }
  if (!only || process.argv.includes("--lab")) {
    await buildLab();
  }
}
