/* Runs before RequireJS: the sliders' scripts come from this book's vendor folder and never from elsewhere. */
(function () {
  var base = document.currentScript.src.replace(/[^\/]*$/, "") + "vendor/widgets";
  window.require = {
    paths: {
      "@jupyter-widgets": base,
      "@jupyter-widgets/html-manager/dist": base,
    },
  };
  /* The theme's icon script would replace the <i> that a Play button keeps for its own use; the exception
     breaks the link between slider and picture. */
  window.FontAwesomeConfig = Object.assign({}, window.FontAwesomeConfig, { observeMutations: false });
  /* The widget manager speaks to MathJax 2; pass its calls on to MathJax 3. */
  document.addEventListener("DOMContentLoaded", function () {
    if (!window.MathJax || window.MathJax.Hub) return;
    window.MathJax.Hub = {
      Queue: function (call) {
        if (!call || call[0] !== "Typeset") return;
        window.MathJax.startup.promise.then(function () {
          return window.MathJax.typesetPromise([call[2]]);
        });
      },
    };
  });
  /* Sliders and buttons get the names, and the slider the value, that a reader sees. */
  function name(element, words) {
    if (element && element.getAttribute("aria-label") !== words) element.setAttribute("aria-label", words);
  }
  function nameAll() {
    document.querySelectorAll(".widget-play").forEach(function (play) {
      ["Play", "Stop", "Repeat"].forEach(function (words, k) {
        name(play.children[k], words);
      });
    });
    document.querySelectorAll(".widget-slider").forEach(function (slider) {
      var label = slider.querySelector(".widget-label");
      var handle = slider.querySelector(".noUi-handle");
      var readout = slider.querySelector(".widget-readout");
      if (!label || !handle || !readout) return;
      label.removeAttribute("title"); /* it says "null" */
      name(handle, label.textContent);
      if (handle.getAttribute("aria-valuetext") !== readout.textContent)
        handle.setAttribute("aria-valuetext", readout.textContent);
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    new MutationObserver(nameAll).observe(document.body, {
      attributes: true,
      attributeFilter: ["aria-valuetext"],
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
})();
