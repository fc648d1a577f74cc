/* The page's side of its worker: Python that is started by the first question, and ended from outside. */
(function () {
  const base = document.currentScript.src;

  window.pagePython = function (what) {
    let worker = null, ready = null, waiting = {}, numbers = 0;

    function ask(question, moved) {
      return new Promise((resolve, reject) => {
        numbers += 1;
        waiting[numbers] = { resolve, reject };
        worker.postMessage(Object.assign({ number: numbers }, question), moved || []);
      });
    }

    function begin() {
      if (ready) return ready;
      worker = new Worker(new URL("worker.js", base), { type: "module" });
      worker.onmessage = ({ data }) => {
        const { resolve } = waiting[data.number];
        delete waiting[data.number];
        resolve(data.told);
      };
      worker.onerror = (event) => { end(event.message || "the worker could not be started"); };
      ready = ask(Object.assign({ ask: "start", base: base }, what)).then((told) => {
        if (!told.error) return;
        end(told.error);  /* the next click tries again */
        throw new Error(told.error);
      });
      return ready;
    }

    /* Python is gone, whatever it did; the next click starts it anew. */
    function end(why) {
      if (worker) worker.terminate();
      Object.values(waiting).forEach(({ reject }) => reject(new Error(why)));
      worker = ready = null;
      waiting = {};
    }

    return { ask, begin, end, runs: () => !!ready };
  };
})();
