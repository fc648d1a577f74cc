/* What the theme leaves to be done for readers who listen to a page, and for those who print it. */
(function () {
  function all(pattern, action) {
    document.querySelectorAll(pattern).forEach(action);
  }

  /* the text is there, and none of the theme's own scripts has run */
  document.addEventListener("readystatechange", function () {
    if (document.readyState !== "interactive") return;
    /* "Show code cell source" and "Search, Ctrl+K" are better names than those that replace them */
    all("details.hide > summary, .search-button-field", function (e) { e.removeAttribute("aria-label"); });
    /* the button is called "Color mode"; the titles of its three icons contradict that */
    all(".theme-switch-button i", function (e) { e.removeAttribute("title"); });
    all(".bd-sidebar-primary summary", function (e) {
      e.setAttribute("aria-label", "Pages of " + e.closest("li").querySelector("a").textContent.trim());
    });
    all(".citation-list > .citation", function (e) { e.setAttribute("role", "listitem"); });
  });

  /* a formula that scrolls can be scrolled by key; the theme does this for code */
  function reachable() {
    all("span.math, div.math mjx-container", function (e) {
      if (e.scrollWidth > e.clientWidth + 10) e.tabIndex = 0;
      else e.removeAttribute("tabindex");
    });
  }
  window.addEventListener("load", function () {
    Promise.resolve(window.MathJax && window.MathJax.startup.promise).then(reachable);
    window.addEventListener("resize", reachable);
  });

  /* paper is white */
  var theme = document.documentElement.dataset;
  var onScreen;
  window.addEventListener("beforeprint", function () {
    onScreen = theme.theme;
    theme.theme = "light";
  });
  window.addEventListener("afterprint", function () {
    theme.theme = onScreen;
  });
})();
