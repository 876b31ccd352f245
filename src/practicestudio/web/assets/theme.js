// Sets the colours before anything is painted: as chosen, or as the machine has them.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const wanted = root.dataset.theme;
    const is = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
    root.setAttribute("data-bs-theme", is);
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  dark.addEventListener("change", apply);
  window.applyTheme = apply;
  apply();
})();
