// Single keys for what is done again and again, on pages that name them. They can be switched off (WCAG 2.1.4), and rest while somebody types.
"use strict";
(() => {
  const kept = "shortcuts-off";
  const off = () => localStorage.getItem(kept) === "1";
  const box = document.querySelector("[data-shortcuts-switch]");
  if (box) {
    box.checked = !off();
    box.addEventListener("change", () => localStorage.setItem(kept, box.checked ? "0" : "1"));
  }
  const typing = (element) => element.closest("textarea, select, dialog[open], input:not([type=radio]):not([type=checkbox])");
  document.addEventListener("keydown", (event) => {
    if (off() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key && !one.disabled);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) { target.checked = true; target.focus(); } else target.click();
  });
  for (const button of document.querySelectorAll("[data-choose-all]")) {
    button.addEventListener("click", () => {
      for (const one of document.querySelectorAll(`input[data-side=${button.dataset.chooseAll}]:not(:disabled)`)) one.checked = true;
    });
  }
})();
