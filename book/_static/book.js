/* What the theme leaves to be done for readers who listen to a page, and for those who print it. */
(function () {
  /* sliders move: their still copies are for paper, and for pages without scripts */
  document.documentElement.classList.add("scripts");

  function all(pattern, action) {
    document.querySelectorAll(pattern).forEach(action);
  }

  /* What a search finds is shown as text: of its formulas the plain ones, as m = 2, and a mark for what is LaTeX. */
  function withoutLatex(html) {
    var page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".math").forEach(function (e) {
      var said = e.textContent.replace(/\\[()]/g, "").trim();
      e.textContent = /[\\^_{}&]/.test(said) ? "…" : said;
    });
    return page.documentElement.outerHTML;
  }

  /* the text is there, and none of the theme's own scripts has run */
  document.addEventListener("readystatechange", function () {
    if (document.readyState !== "interactive") return;
    if (typeof Search === "object") {
      var textOf = Search.htmlToText;
      Search.htmlToText = function (html, anchor) { return textOf(withoutLatex(html), anchor); };
    }
    /* the title of a solution opens it, but for the link in it, on which the theme's script would stumble */
    all(".admonition-title a", function (e) {
      e.addEventListener("click", function (event) { event.stopPropagation(); });
    });
    /* "Show code cell source" and "Search, Ctrl+K" are better names than those that replace them */
    all("details.hide > summary, .search-button-field", function (e) { e.removeAttribute("aria-label"); });
    /* the button is called "Color mode"; the titles of its three icons contradict that */
    all(".theme-switch-button i", function (e) { e.removeAttribute("title"); });
    all(".bd-sidebar-primary summary", function (e) {
      e.setAttribute("aria-label", "Pages of " + e.closest("li").querySelector("a").textContent.trim());
    });
    /* the title of the book stands beside the list of its pages, and in no part of the page that has a name */
    all(".bd-sidebar-primary .navbar-brand", function (e) {
      e.parentElement.setAttribute("role", "navigation");
      e.parentElement.setAttribute("aria-label", "First page");
    });
    /* the corner above the names of lines is a header of nothing */
    all("thead th", function (e) {
      if (e.textContent.trim() || e.querySelector("img")) return;
      var corner = document.createElement("td");
      corner.className = e.className;
      e.replaceWith(corner);
    });
    all(".citation-list > .citation", function (e) { e.setAttribute("role", "listitem"); });
    /* the stop behind a formula does not begin the next line */
    all("span.math", function (e) {
      var next = e.nextSibling;
      var stop = next && next.nodeType === 3 && next.data.match(/^[.,;:)\]?”’]+/);
      if (!stop) return;
      var held = document.createElement("span");
      held.className = "with-stop";
      e.replaceWith(held);
      held.append(e, stop[0]);
      next.data = next.data.slice(stop[0].length);
    });
  });

  /* A formula that scrolls can be scrolled by key; the theme does this for code. What scrolls shows that it goes on. */
  function atTheEnd(event) {
    var e = event.target;
    e.classList.toggle("at-the-end", e.scrollLeft + e.clientWidth > e.scrollWidth - 2);
  }
  /* A formula that is wider than a phone gets smaller letters, three quarters at the least, before it has to scroll. */
  function fit() {
    if (!window.matchMedia("(max-width: 576px)").matches) return;
    all("div.math mjx-container", function (e) {
      e.style.removeProperty("font-size");
      var share = e.clientWidth / e.scrollWidth;
      if (e.clientWidth && share < 0.99)
        e.style.setProperty("font-size", Math.max(0.75, share * 0.98) * 100 + "%", "important");
    });
  }
  function reachable() {
    fit();
    all("span.math, div.math mjx-container", function (e) {
      if (e.scrollWidth > e.clientWidth + 10) e.tabIndex = 0;
      else e.removeAttribute("tabindex");
    });
    all("span.math, div.math mjx-container, .pst-scrollable-table-container, .bd-article .output", function (e) {
      e.classList.toggle("goes-on", e.scrollWidth > e.clientWidth + 10);
      e.addEventListener("scroll", atTheEnd, { passive: true });
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
    all("details.sd-dropdown:not([open])", function (e) {
      e.open = true;
      e.classList.add("opened-for-paper");
    });
  });
  window.addEventListener("afterprint", function () {
    theme.theme = onScreen;
    all("details.opened-for-paper", function (e) {
      e.open = false;
      e.classList.remove("opened-for-paper");
    });
  });
})();
