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
})();
