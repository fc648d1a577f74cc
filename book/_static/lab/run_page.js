/* Runs the code cells of a page: with the code as it stands, or as the reader changed it. Nothing is loaded before a click. */
(function () {
  const bar = document.getElementById("run-page");
  if (!bar) return;
  const facts = JSON.parse(bar.dataset.facts);
  const status = bar.querySelector(".run-status");
  const progress = bar.querySelector(".run-progress");
  const [runAll, stopIt] = ["run", "stop"].map((what) => bar.querySelector(`[data-do="${what}"]`));
  const python = pagePython({ module: "cells", packages: facts.packages, files: facts.files, words: facts.words });
  const sheet = facts.cells.some(([kind]) => kind === "answer");
  const cells = [...document.querySelectorAll(".bd-article div.cell")].filter((box) => box.querySelector(".cell_input"))
    .map((box, k) => cellOf(box, k + 1));

  /* --- a cell ----------------------------------------------------------------------------------------------------- */

  function cellOf(box, number) {
    const [kind, points] = facts.cells[number - 1] || ["", 0];
    const pre = box.querySelector(".cell_input pre");
    const stored = box.querySelector(".cell_output .output.stream pre");
    return {
      box, number, kind, points, pre, original: pre.textContent.replace(/\n$/, ""), area: null, ran: false,
      stored: stored ? stored.textContent.trimEnd() : "", alt: (box.querySelector(".cell_output img") || {}).alt,
    };
  }

  function code(cell) {
    return cell.area ? cell.area.value : cell.original;
  }

  function changed(cell) {
    return code(cell) !== cell.original;
  }

  /* Where the reader's answers are kept, in this browser alone. */
  function shelf(cell) {
    return `mornavi-lite ${location.pathname} ${cell.number}`;
  }

  function addTools(cell) {
    const tools = make("div", "run-tools");
    cell.change = make("button", "", "change");
    cell.run = make("button", "", "run");
    cell.says = make("span", "run-state");
    [[cell.change, "Change the code of cell "], [cell.run, "Run cell "]].forEach(([button, words]) => {
      button.type = "button";
      button.setAttribute("aria-label", words + cell.number);
    });
    cell.change.addEventListener("click", () => (cell.area ? restore(cell) : edit(cell)));
    cell.run.addEventListener("click", () => run(withAllBefore(cell)));
    tools.append(cell.change, cell.run, cell.says);
    cell.box.querySelector(".cell_input").append(tools);
    cell.box.id = cell.box.id || "cell-" + cell.number;
    if (cell.kind === "answer") edit(cell, true);
  }

  function edit(cell, quiet) {
    const shown = cell.pre.closest("div.highlight");
    cell.area = make("textarea", "run-code");
    cell.area.value = (cell.kind === "answer" && read(shelf(cell))) || cell.original;
    cell.area.rows = Math.min(cell.area.value.split("\n").length + 1, 40);
    cell.area.spellcheck = false;
    cell.area.setAttribute("aria-label", "Code of cell " + cell.number);
    cell.area.addEventListener("keydown", (event) => key(cell, event));
    cell.area.addEventListener("input", () => { if (cell.kind === "answer") keep(shelf(cell), cell.area.value); });
    shown.hidden = true;
    shown.after(cell.area);
    name(cell.change, "as it was", "As it was: the code of cell " + cell.number);
    if (!quiet) cell.area.focus();
  }

  function restore(cell) {
    cell.area.remove();
    cell.area = null;
    keep(shelf(cell), "");
    cell.pre.closest("div.highlight").hidden = false;
    name(cell.change, "change", "Change the code of cell " + cell.number);
    if (cell.kind === "answer") edit(cell);
  }

  /* Shift or Ctrl with Enter runs the cell; Enter alone goes on below the line's beginning. Tab leaves the box. */
  function key(cell, event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.shiftKey || event.ctrlKey) {
      cell.run.click();
      return;
    }
    const before = cell.area.value.slice(0, cell.area.selectionStart).split("\n").pop();
    document.execCommand("insertText", false, "\n" + before.match(/^ */)[0] + (/:\s*$/.test(before) ? "    " : ""));
  }

  function read(where) {
    try { return localStorage.getItem(where); } catch (error) { return null; }
  }

  function keep(where, what) {
    try { what ? localStorage.setItem(where, what) : localStorage.removeItem(where); } catch (error) { /* not kept */ }
  }

  function make(tag, style, text) {
    const made = document.createElement(tag);
    made.className = style;
    if (text) made.textContent = text;
    return made;
  }

  function name(button, text, label) {
    button.textContent = text;
    button.setAttribute("aria-label", label);
  }

  /* --- what a cell shows ------------------------------------------------------------------------------------------ */

  function outputOf(cell) {
    let output = cell.box.querySelector(".cell_output");
    if (!output) cell.box.append(output = make("div", "cell_output docutils container"));
    return output;
  }

  function show(cell, told) {
    const output = outputOf(cell);
    output.querySelectorAll(".run-added").forEach((e) => e.remove());
    showText(output, told.printed + (told.text ? told.text + "\n" : ""));
    showPictures(cell, output, told.pictures);
    const widget = output.querySelector("script[type='application/vnd.jupyter.widget-view+json']");
    output.querySelectorAll(".jupyter-widgets, .widget-subarea").forEach((e) => { e.hidden = !!(widget && told.html); });
    output.querySelectorAll(":scope > .pst-scrollable-table-container").forEach((e) => { e.hidden = !!told.html; });
    if (told.html) {
      const more = make("div", "run-added run-more");
      more.innerHTML = told.html;
      output.append(more);
      more.querySelectorAll(".run-slider").forEach(slide);
    }
    if (told.error) output.append(make("pre", "run-added run-error", told.error));
    cell.ran = !told.error;
    cell.box.dataset.run = verdict(cell, told);
    cell.says.textContent = WORDS[cell.box.dataset.run] + ", " + seconds(told.seconds);
  }

  const WORDS = {
    same: "prints what the book prints", solver: "prints what this SciPy's solver found; the book's is newer",
    ran: "ran", differs: "prints something else than the book", changed: "ran as changed",
    missing: "needs a package that this copy of the book has not", error: "stopped at an error",
    passed: "the check passes", failed: "not yet: the check says below what is wrong",
  };

  function verdict(cell, told) {
    if (told.error) return told.missing ? "missing" : cell.kind === "check" ? "failed" : "error";
    if (cell.kind === "check") return "passed";
    if (changed(cell)) return "changed";
    if (sheet) return "ran";
    return told.printed.trimEnd() === cell.stored ? "same" : cell.kind === "solver" ? "solver" : "differs";
  }

  function showText(output, text) {
    let pre = output.querySelector(".output.stream pre");
    if (!pre && text) {
      const stream = make("div", "output stream");
      stream.append(pre = make("pre", ""));
      output.prepend(stream);
    }
    if (pre) {
      pre.textContent = text;
      pre.closest(".output").hidden = !text;
    }
  }

  /* The first picture takes the place of the stored one, above its caption. */
  function showPictures(cell, output, pictures) {
    const old = output.querySelector("img:not(.run-added, .jupyter-widgets img)");
    pictures.forEach((data, k) => {
      const image = !k && old ? old : make("img", "run-added");
      image.src = "data:image/png;base64," + data;
      image.alt = !k && cell.alt && !changed(cell) ? cell.alt : `Picture ${k + 1} that the code of cell ${cell.number} draws`;
      if (image !== old) output.append(image);
    });
  }

  /* A slider over pictures that are all there: one of them is seen. */
  function slide(box) {
    const input = box.querySelector("input");
    if (!input) return;
    const words = input.dataset.words.split("|");
    input.addEventListener("input", () => {
      box.querySelectorAll(".run-frame").forEach((frame, k) => { frame.hidden = k !== Number(input.value); });
      box.querySelector("output").textContent = words[input.value];
      input.setAttribute("aria-valuetext", words[input.value]);
    });
  }

  function seconds(time) {
    return time < 1 ? Math.round(time * 1000) + " ms" : time.toFixed(1) + " s";
  }

  /* --- a run ------------------------------------------------------------------------------------------------------ */

  /* What a cell builds on is run first; an answer is followed by the checks below it. */
  function withAllBefore(cell) {
    const before = cells.slice(0, cell.number - 1).filter((other) => !other.ran && other.kind !== "check");
    const after = cells.slice(cell.number);
    const next = after.findIndex((other) => other.kind !== "check");
    return [...before, cell, ...(cell.kind === "answer" ? after.slice(0, next < 0 ? after.length : next) : [])];
  }

  let stopped = false;

  async function begin() {
    if (python.runs()) return;
    const clock = performance.now();
    say("Loading Python …");
    await python.begin();
    bar.dataset.ready = ((performance.now() - clock) / 1000).toFixed(2);
  }

  async function run(list) {
    working(true);
    const clock = performance.now();
    let failed = null;
    try {
      await begin();
      if (list === cells) await python.ask({ ask: "clear" });  /* a run of the whole page begins with nothing */
      say("Running …");
      let goesOn = sheet;
      for (const cell of list) {
        progress.textContent = `cell ${cell.number} of ${cells.length}`;
        const told = await python.ask({ ask: "run", source: code(cell), cell: cell.number });
        if (told.broken) throw new Error(told.error);
        show(cell, told);
        goesOn = goesOn || told.missing;  /* and what needs that cell will fail as well */
        if (told.error) failed = failed || cell;
        if (failed && !goesOn) break;
      }
      end(list, failed, (performance.now() - clock) / 1000);
    } catch (error) {
      python.end(error.message);
      cells.forEach((cell) => { cell.ran = false; });
      say(error.message);
      bar.dataset.state = "stopped";
    }
    progress.textContent = "";
    working(false);
    if (stopped) runAll.focus();  /* the button that had the focus is gone */
    stopped = false;
  }

  function end(list, failed, took) {
    const count = (what) => cells.filter((cell) => cell.box.dataset.run === what).length;
    const missing = count("missing");
    bar.dataset.state = failed ? "failed" : "done";
    if (sheet) {
      const checks = cells.filter((cell) => cell.kind === "check");
      const passed = checks.filter((cell) => cell.box.dataset.run === "passed");
      const points = (some) => some.reduce((sum, cell) => sum + cell.points, 0);
      say(`${passed.length} of ${checks.length} checks pass, for ${points(passed)} of ${points(checks)} points. ` +
        "When the sheet is graded, more tests run in the same cells.");
    } else if (missing) {
      say(`${missing} cells need ${facts.missing.join(" and ") || "a package"}, which this copy of the book has not for the browser.`);
    } else if (failed) {
      say("Stopped at an error in ", failed);
    } else if (list.length < cells.length) {
      say(`Ran in ${seconds(took)}.`);
    } else {
      const other = cells.find((cell) => cell.box.dataset.run === "differs");
      const words = `All ${cells.length} cells ran in ${seconds(took)}. `;
      if (other) say(words + "Not all of them print what the book prints; the first is ", other);
      else if (count("solver")) say(words + "They print what the book prints, but for what depends on the version of SciPy: " + count("solver") + ".");
      else say(words + (count("changed") ? "" : "They print what the book prints."));
    }
  }

  /* Words, and a link to the cell that they are about. */
  function say(words, cell) {
    status.textContent = words;
    if (!cell) return;
    const link = make("a", "", "cell " + cell.number);
    link.href = "#" + cell.box.id;
    link.addEventListener("click", () => cell.box.querySelectorAll("details.hide").forEach((e) => { e.open = true; }));
    status.append(link, ".");
  }

  function working(now) {
    runAll.disabled = now;
    stopIt.hidden = !now;
    cells.forEach((cell) => { cell.run.disabled = now; });
    document.querySelector(".bd-article").setAttribute("aria-busy", String(now));
    bar.dataset.busy = now ? "yes" : "";
  }

  runAll.addEventListener("click", () => {
    if (!bar.classList.contains("started")) cells.forEach(addTools);
    bar.classList.add("started");
    runAll.textContent = sheet ? "Check all" : "Run this page again";
    cells.forEach((cell) => { cell.ran = false; delete cell.box.dataset.run; });
    run(cells);
  });
  stopIt.addEventListener("click", () => {
    stopped = true;
    python.end("Stopped. The next run starts Python anew, from the first cell.");
  });
  bar.hidden = false;
  if (location.protocol === "file:") {
    runAll.disabled = true;
    say("Opened from a disk a page may not start Python: run make serve, and open the address that it prints.");
  }
})();
