// Run the examples of the package in Pyodide. usage: node pyodide_examples.mjs FOLDER_OF_PYODIDE FOLDER_OF_SOURCES
import { pathToFileURL } from "node:url";

const [folder, sources] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: `${folder}/`, packages: ["numpy"] });
python.FS.mkdir("/src");
python.FS.mount(python.FS.filesystems.NODEFS, { root: sources }, "/src");
console.log(python.runPython(`
import contextlib, doctest, importlib, io, json, os, pkgutil, sys

sys.dont_write_bytecode = True
sys.path.insert(0, "/src")
os.chdir("/src")
import mornavi_lite, numpy

told = {"platform": sys.platform, "bits": numpy.dtype(numpy.intp).itemsize * 8, "tried": 0, "failed": {}}
for found in pkgutil.walk_packages(mornavi_lite.__path__, "mornavi_lite."):
    if found.name.endswith("__main__"):
        continue
    try:
        module = importlib.import_module(found.name)
    except ImportError:  # rooms that need more than NumPy
        continue
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    told["tried"] += result.attempted
    if result.failed:
        told["failed"][found.name] = said.getvalue()[-2000:]
json.dumps(told)
`));
