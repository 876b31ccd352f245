// Passkeys: a form asks the server what to ask the device for, the device answers, and the form carries the answer.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (all) => (all || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const ask = {
    create: (options) => navigator.credentials.create({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    } }),
    get: (options) => navigator.credentials.get({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: listed(options.allowCredentials),
    } }),
  };

  const plain = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  const tell = (form, words) => {
    const place = form.querySelector("[data-passkey-fault]");
    place.textContent = words;
    place.hidden = !words;
  };

  const why = (error) => (error.name === "NotAllowedError" ? "The device did not answer. Try again, or use another way."
    : error.name === "InvalidStateError" ? "This device has a passkey for you already."
    : "This device or browser cannot do that. Use another way.");

  const run = async (form) => {
    tell(form, "");
    const answer = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) { window.location.reload(); return; }
    try {
      const credential = await ask[form.dataset.passkey](await answer.json());
      form.elements.answer.value = JSON.stringify(plain(credential));
    } catch (error) {
      tell(form, why(error));
      return;
    }
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    for (const element of form.closest("[data-passkey-place]").querySelectorAll("[data-passkey-shown]")) element.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); run(form); });
  }
})();
