// The forms of the ledger page: a file that is chosen or dropped goes to the server as it is, and what comes back is put in as text.
(() => {
  const part = (id) => document.getElementById(id);
  const say = (form, key) => form.dataset[key];

  function told(box, ok, lines, events, code) {
    box.replaceChildren();
    box.className = ok ? "dalgu-state dalgu-state-released" : "dalgu-state dalgu-state-held";
    for (const line of lines) {
      const p = document.createElement("p");
      p.textContent = line;
      box.append(p);
    }
    if (code) {
      const small = document.createElement("p");
      small.className = "dalgu-code";
      small.textContent = code;
      box.append(small);
    }
    if (events.length) {
      const list = document.createElement("ul");
      list.className = "dalgu-plain-list";
      for (const [name, count] of events) {
        const item = document.createElement("li");
        item.textContent = `${name}: ${count}`;
        list.append(item);
      }
      box.append(list);
    }
    box.focus();
  }

  function send(form, box, bar, address, body, headers) {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    box.className = "dalgu-state";
    box.textContent = say(form, "sending");
    bar.hidden = false;
    bar.value = 0;
    request.upload.onprogress = (e) => { if (e.lengthComputable) bar.value = (e.loaded / e.total) * 100; };
    request.upload.onload = () => { bar.removeAttribute("value"); box.textContent = say(form, "checking"); };
    request.onloadend = () => {
      bar.hidden = true;
      let answer;
      try { answer = JSON.parse(request.responseText); } catch { answer = null; }
      if (answer && answer.lines) told(box, answer.ok, answer.lines, answer.events, answer.code);
      else told(box, false, [say(form, "lost")], [], "");
    };
    request.send(body);
  }

  function verify(file) {
    const form = part("bundle-form"), box = part("bundle-found");
    if (!file) return;
    part("bundle-name").textContent = file.name;
    if (file.size > Number(say(form, "most"))) { told(box, false, [say(form, "large")], [], ""); return; }
    send(form, box, part("bundle-bar"), "/ledger/verify", file, {
      "X-Dalgu-Key": encodeURIComponent(part("bundle-key").value),
      "X-Dalgu-Since": encodeURIComponent(part("bundle-since").value),
    });
  }

  document.addEventListener("change", (e) => {
    if (e.target.id === "bundle-file") verify(e.target.files[0]);
    if (e.target.id === "since-file" && e.target.files[0]) e.target.files[0].text().then((t) => { part("since-note").value = t; });
  });
  document.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    if (button.id === "bundle-again") verify(part("bundle-file").files[0] || window.dalguDropped);
    if (button.id === "since-check") send(part("bundle-form"), part("since-found"), part("since-bar"), "/ledger/extends", part("since-note").value, {});
    if (button.dataset.copy) navigator.clipboard.writeText(part(button.dataset.copy).textContent).then(() => { button.textContent = button.dataset.done; });
  });
  for (const kind of ["dragover", "dragenter"])
    document.addEventListener(kind, (e) => { if (e.target.closest && e.target.closest("#bundle-drop")) { e.preventDefault(); part("bundle-drop").classList.add("dalgu-over"); } });
  document.addEventListener("dragleave", (e) => { if (e.target.id === "bundle-drop") e.target.classList.remove("dalgu-over"); });
  document.addEventListener("drop", (e) => {
    if (!e.target.closest || !e.target.closest("#bundle-drop")) return;
    e.preventDefault();
    part("bundle-drop").classList.remove("dalgu-over");
    window.dalguDropped = e.dataTransfer.files[0];
    verify(window.dalguDropped);
  });
})();
