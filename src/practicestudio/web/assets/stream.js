// Forms whose answer comes line by line: how far it is, what was found. Leaving, or the button to stop, ends it on the server too.
"use strict";
(() => {
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");

  const read = async (response, take) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) take(JSON.parse(line));
    }
  };

  const begin = async (form) => {
    const scope = form.closest("[data-stream-scope]") || form;
    const find = (name) => scope.querySelector(`[data-stream-${name}]`);
    const [progress, words, results, stop] = ["progress", "words", "results", "stop"].map(find);
    const button = form.querySelector("button:not([data-stream-stop])");
    const leave = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    if (results) results.replaceChildren();
    progress.hidden = false;
    button.disabled = true;
    if (stop) { stop.hidden = false; stop.onclick = () => leave.abort(); }
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { ...token(), "HX-Request": "true" }, signal: leave.signal });
      if (!response.ok || !response.headers.get("content-type").startsWith("application/x-ndjson")) {
        document.getElementById("notices").innerHTML = await response.text();
        progress.hidden = true;
        return;
      }
      await read(response, (told) => {
        if (told.html && results) results.insertAdjacentHTML("beforeend", told.html);
        if ("done" in told) { const bar = progress.querySelector("progress"); bar.max = told.total || 1; bar.value = told.done; }
        if (told.words) words.textContent = told.words;
        if (told.end) {
          const away = scope.querySelector("[data-stream-leave]");
          if (away) { away.textContent = "Back to the error queue"; away.href = away.dataset.streamLeave; away.focus(); button.hidden = true; }
        }
      });
    } catch (error) {
      words.textContent = error.name === "AbortError" ? "Stopped." : "The connection was lost. Try again.";
    } finally {
      button.disabled = false;
      if (stop) stop.hidden = true;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-stream]");
    if (!form) return;
    event.preventDefault();
    begin(form);
  });
})();
