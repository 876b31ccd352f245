// What every page does: dialogs, the switch of colours, menus that close, requests that say that nobody waits for them, charts when there are any.
"use strict";
(() => {
  const root = document.documentElement;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");

  // A part that asks for itself again must not keep the session alive.
  document.addEventListener("htmx:configRequest", (event) => {
    const trigger = event.detail.elt.getAttribute("hx-trigger") || "";
    if (/\bevery\b|\bload delay/.test(trigger)) event.detail.headers["X-Passive"] = "1";
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog).showModal();
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard.writeText(document.getElementById(copier.dataset.copy).textContent.trim());
      copier.setAttribute("aria-label", "Copied");
    }
    for (const menu of document.querySelectorAll("details.dropdown-details[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-tick-all]");
    if (!all) return;
    for (const one of all.form.querySelectorAll(`input[name="${all.dataset.tickAll}"]`)) one.checked = all.checked;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.dropdown-details[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  const switcher = document.querySelector("[data-theme-switch]");
  if (switcher) {
    switcher.addEventListener("click", () => {
      const order = ["light", "dark", "auto"];
      const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
      root.dataset.theme = next;
      window.applyTheme();
      fetch("/theme", { method: "POST", headers: token(), body: new URLSearchParams({ theme: next }) });
    });
  }

  // A form that came back with faults: begin reading there.
  const focus = (scope) => scope.querySelector("[data-focus]")?.focus();
  const charts = (scope) => {
    if (!scope.querySelector?.("[data-chart]") && !scope.matches?.("[data-chart]")) return;
    if (window.drawCharts) { window.drawCharts(scope); return; }
    const address = document.querySelector("meta[name=charts]")?.content;
    if (!address) return;
    const [library, drawing] = address.split(" ");
    load(library).then(() => load(drawing)).then(() => window.drawCharts(document));
  };
  const loading = new Map();
  const load = (address) => {
    if (!loading.has(address)) {
      loading.set(address, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = address;
        script.addEventListener("load", resolve);
        document.head.append(script);
      }));
    }
    return loading.get(address);
  };
  // What scrolls sideways can be scrolled by the keyboard too.
  const regions = (scope) => scope.querySelectorAll?.(".table-responsive, pre.body").forEach((region) => { region.tabIndex = 0; });
  focus(document);
  charts(document);
  regions(document);
  document.addEventListener("htmx:afterSettle", (event) => { focus(event.detail.elt); charts(event.detail.elt); regions(event.detail.elt); });
})();
