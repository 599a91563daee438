// What scrolls sideways on a small screen (a wide table, a diagram) can be reached with the keyboard.
(() => {
  const article = document.querySelector("article");
  const mark = () => {
    for (const box of article.querySelectorAll(".md-typeset__scrollwrap, figure.states, .highlight code, pre > code")) {
      if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  };
  if (article) new ResizeObserver(mark).observe(article);
  addEventListener("load", () => setTimeout(mark, 100));
})();
