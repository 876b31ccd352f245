// Forms of settings: what a box opens, and lists that are filtered as soon as something is chosen.
"use strict";
(() => {
  document.addEventListener("change", (event) => {
    const opened = event.target.dataset?.opens;
    if (opened) document.getElementById(opened).classList.toggle("d-none", !event.target.checked);
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });
})();
