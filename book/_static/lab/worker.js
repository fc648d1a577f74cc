/* Python in a worker, away from the page, so that the page stays alive and can end it. */
let python = null;
let bench = null;
let words = {};  /* of a package: what in a cell says that it takes it, besides an import */

/* Packages by name; files by their path in the worker's memory, with their addresses seen from this script's folder. */
async function start({ base, module, packages, files, words: named = {} }) {
  words = named;
  const place = new URL("../pyodide/", base).href;
  const { loadPyodide } = await import(place + "pyodide.mjs");
  const fetched = Object.entries(files).map(async ([path, address]) => {
    const answer = await fetch(new URL(address, base));
    if (!answer.ok) throw new Error(address + " is not there: answer " + answer.status);
    return [path, await answer.text()];
  });
  const loading = loadPyodide({ indexURL: place, packages: packages });
  const [loaded, texts] = [await loading, await Promise.all(fetched)];
  python = loaded;
  for (const [path, text] of texts) {
    const whole = new URL(path, "file://" + python.FS.cwd() + "/").pathname;
    python.FS.mkdirTree(whole.slice(0, whole.lastIndexOf("/")));
    python.FS.writeFile(whole, text);
  }
  bench = python.pyimport(module);
  return {};
}

/* A file of the reader's own: into the worker's memory, under its own name, and nowhere else. */
function keep(name, bytes) {
  python.FS.writeFile(name, new Uint8Array(bytes));
  return {};
}

/* What this site has of the packages that the code imports is loaded; what it has not, the import will say. */
async function answer(question) {
  if (question.source) {
    const named = Object.keys(words).filter((name) => new RegExp(words[name]).test(question.source));
    await python.loadPackage(named, { messageCallback: () => {} }).catch(() => {});
    await python.loadPackagesFromImports(question.source).catch(() => {});
  }
  return JSON.parse(bench.answer(JSON.stringify(question)));
}

self.onmessage = async ({ data }) => {
  let told;
  try {
    if (data.ask === "start") told = await start(data);
    else if (data.ask === "keep") told = keep(data.name, data.bytes);
    else told = await answer(data);
  } catch (error) {
    told = { broken: true, error: String(error.message || error).trim().split("\n").pop() };
  }
  self.postMessage({ number: data.number, told: told });
};
