// Verifying the audit trail: the server says line by line how far it is, and at the end what came of it.
"use strict";
(() => {
  const form = document.querySelector("form[data-verify]");
  const place = document.getElementById("verification");
  if (!form || !place) return;

  const words = new Intl.NumberFormat("en-US");
  const show = (far) => {
    const bar = place.querySelector("progress");
    if (!bar || !far.total) return;
    bar.max = far.total;
    bar.value = far.done;
    place.querySelector("[data-far]").textContent = `${words.format(far.done)} of ${words.format(far.total)}`;
  };
  const fail = (sentence) => {
    const alert = document.createElement("div");
    alert.className = "alert alert-danger";
    alert.setAttribute("role", "alert");
    alert.textContent = sentence;
    place.replaceChildren(alert);
  };
  const take = (line) => {
    const told = JSON.parse(line);
    if (told.html) place.innerHTML = told.html;
    else if (told.failed) fail(told.failed);
    else show(told);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    place.replaceChildren(document.getElementById("verifying").content.cloneNode(true));
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/x-ndjson" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        lines.filter(Boolean).forEach(take);
      }
    } catch {
      fail("The trail could not be verified. Load the page again, then try again.");
    } finally {
      button.disabled = false;
    }
  });
})();
