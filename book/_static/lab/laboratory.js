/* The laboratory's page: what is picked, the worker that runs it, and what it answers. Nothing is loaded before a click. */
(function () {
  const room = document.getElementById("laboratory");
  if (!room) return;
  const form = room.querySelector("form");
  const result = room.querySelector(".lab-result");
  const status = room.querySelector(".lab-status");
  const sets = room.querySelector(".lab-sets");
  const each = room.querySelector("#lab-each");
  const game = form.elements.game;
  const file = room.querySelector("#lab-file");
  const link = room.querySelector(".lab-link");
  const buttons = {};
  room.querySelectorAll("button[data-ask]").forEach((b) => { buttons[b.dataset.ask] = b; });
  const FIELDS = ["game", "concept", "delta", "episodes", "seed", "horizon", "initial", "fail_state", "min_probability"];
  const ASSUMED = ["support", "rows"];
  const BEGIN = JSON.parse(room.dataset.begin);

  /* --- what is picked ------------------------------------------------------------------------------------------- */

  function players() {
    return game.value === "file" ? Number(form.elements.players.value) || 1 : Number(game.selectedOptions[0].dataset.players);
  }

  /* One row for all players, or one for each; rows that stay keep what is in them. */
  function drawSets() {
    const wanted = each.checked ? Math.min(Math.max(players(), 1), 9) : 1;
    while (sets.children.length > wanted) sets.lastElementChild.remove();
    while (sets.children.length < wanted) {
      const row = room.querySelector("template").content.firstElementChild.cloneNode(true);
      const before = sets.lastElementChild;
      if (before) row.querySelectorAll("[data-part]").forEach((e) => { e.value = part(before, e.dataset.part).value; });
      sets.append(row);
    }
    [...sets.children].forEach((row, k) => {
      const who = each.checked ? "player " + (k + 1) : "all players";
      row.querySelector(".lab-who").textContent = who;
      row.setAttribute("aria-label", who);
      part(row, "radius").disabled = part(row, "kind").value === "nominal";
    });
    room.querySelector(".lab-file").hidden = game.value !== "file";
  }

  function part(row, name) {
    return row.querySelector(`[data-part="${name}"]`);
  }

  function picked() {
    const found = {};
    FIELDS.forEach((name) => {
      const value = form.elements[name].value.trim();
      if (value || name in BEGIN) found[name] = value;
    });
    if (game.value !== "file") { delete found.horizon; delete found.initial; }
    ASSUMED.forEach((name) => { if (form.elements[name].checked) found[name] = "1"; });
    found.sets = [...sets.children].map((row) => {
      const kind = part(row, "kind").value;
      return kind === "nominal" ? kind : kind + ":" + part(row, "radius").value.trim().replace(",", ".");
    }).join(",");
    return found;
  }

  function show(state) {
    FIELDS.forEach((name) => { form.elements[name].value = state[name] || ""; });
    if (!game.value) game.value = BEGIN.game;
    if (!form.elements.concept.value) form.elements.concept.value = BEGIN.concept;
    if (!form.elements.episodes.value) form.elements.episodes.value = BEGIN.episodes;
    ASSUMED.forEach((name) => { form.elements[name].checked = !!state[name]; });
    const words = (state.sets || BEGIN.sets).split(",");
    each.checked = words.length > 1;
    if (game.value === "file" && words.length > 1) form.elements.players.value = words.length;
    drawSets();
    words.slice(0, sets.children.length).forEach((word, k) => {
      const [kind, radius] = word.split(":");
      part(sets.children[k], "kind").value = kind;
      if (!part(sets.children[k], "kind").value) part(sets.children[k], "kind").value = "tv";
      if (radius !== undefined) part(sets.children[k], "radius").value = radius;
    });
    changed();
  }

  function changed() {
    drawSets();
    link.href = "#" + new URLSearchParams(picked()).toString();
  }

  function fromAddress() {
    const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    if (said.game) show(Object.assign({}, BEGIN, said));
    return !!said.game;
  }

  /* --- the worker ------------------------------------------------------------------------------------------------ */

  const python = pagePython({ module: "workbench", packages: ["numpy", "mornavi-lite"], files: { "workbench.py": "workbench.py" } });
  let stopped = false, busy = false;

  async function begin() {
    if (python.runs()) return;
    const clock = performance.now();
    say("Loading Python: " + (Number(room.dataset.size) / 1e6).toFixed(1) + " MB from this site …");
    await python.begin();
    room.dataset.ready = ((performance.now() - clock) / 1000).toFixed(2);
  }

  function say(words) {
    status.textContent = words;
  }

  function working(now) {
    busy = now;
    buttons.solve.disabled = buttons.learn.disabled = now;
    buttons.stop.disabled = !now;
    result.setAttribute("aria-busy", String(now));
  }

  async function bring() {
    const own = file.files[0];
    if (game.value !== "file" || !own) return {};
    if (own.size > 32e6) throw new Error("the file is larger than 32 MB");
    const bytes = await own.arrayBuffer();
    await python.ask({ ask: "keep", name: own.name, bytes: bytes }, [bytes]);
    return { file: own.name };
  }

  async function go(what) {
    const state = picked();
    stopped = false;
    working(true);
    try {
      await begin();
      Object.assign(state, await bring());
      say(what === "solve" ? "Solving …" : "Learning …");
      let told = await python.ask({ ask: what, picked: state });
      while (!told.error && !told.done && !stopped) {
        draw(told);
        told = await python.ask({ ask: "step" });
      }
      if (told.error) throw new Error(told.error);
      draw(told);
      say((stopped && !told.done ? "Stopped. " : "") + told.said + " Computed in " + time(told.seconds) + " in this browser.");
    } catch (error) {
      say(error.message);
      room.dataset.error = error.message;
    }
    working(false);
  }

  function time(seconds) {
    return seconds < 1 ? Math.round(seconds * 1000) + " ms" : seconds.toFixed(1) + " s";
  }

  function draw(told) {
    delete room.dataset.error;
    room.dataset.numbers = told.numbers;
    room.dataset.milliseconds = (told.seconds * 1000).toFixed(1);
    result.innerHTML = told.html;
    copyable();
    if (!told.done) say(told.said);
  }

  /* The run ends at its next look; where that is long in coming, the worker ends. */
  function stop() {
    stopped = true;
    setTimeout(() => { if (busy) python.end("Stopped."); }, room.dataset.ready ? 1000 : 0);
  }

  function copyable() {
    result.querySelectorAll(".lab-code").forEach((box) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(box.querySelector("code").textContent);
          button.textContent = "copied";
        } catch (error) {
          getSelection().selectAllChildren(box.querySelector("code"));
          button.textContent = "selected: copy it";
        }
      });
      box.prepend(button);
    });
  }

  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  buttons.solve.addEventListener("click", () => go("solve"));
  buttons.learn.addEventListener("click", () => go("learn"));
  buttons.stop.addEventListener("click", stop);
  window.addEventListener("hashchange", fromAddress);
  if (!fromAddress()) show(BEGIN);
  copyable();
  if (location.protocol === "file:") {
    say("Opened from a disk a page may not start Python: run make serve, and open the address that it prints.");
  } else if (room.dataset.python) {
    buttons.solve.disabled = buttons.learn.disabled = false;
  }
})();
