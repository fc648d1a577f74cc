/* A worker of the laboratory: Python, away from the page, so that the page stays alive and can end it. */
let python = null;
let bench = null;

async function start(base) {
  const place = new URL("../pyodide/", base).href;
  const { loadPyodide } = await import(place + "pyodide.mjs");
  const own = new URL("workbench.py", base);
  const [loaded, text] = await Promise.all([
    loadPyodide({ indexURL: place, packages: ["numpy", "mornavi-lite"] }),
    fetch(own).then((answer) => answer.text()),
  ]);
  python = loaded;
  python.FS.writeFile("workbench.py", text);
  bench = python.pyimport("workbench");
  return {};
}

/* A file of the reader's own: into the worker's memory, under its own name, and nowhere else. */
function keep(name, bytes) {
  python.FS.writeFile(name, new Uint8Array(bytes));
  return {};
}

self.onmessage = async ({ data }) => {
  let told;
  try {
    if (data.ask === "start") told = await start(data.base);
    else if (data.ask === "keep") told = keep(data.name, data.bytes);
    else told = JSON.parse(bench.answer(JSON.stringify({ ask: data.ask, picked: data.picked || {} })));
  } catch (error) {
    told = { error: String(error.message || error).trim().split("\n").pop() };
  }
  self.postMessage({ number: data.number, told: told });
};
