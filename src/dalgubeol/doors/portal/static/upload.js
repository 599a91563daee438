// Sends a file in pieces to /api/v1/uploads and goes on where a cut line left it. One box: a file input, a
// progress element, a line of words, a button to cancel. What happens is told as events of the box:
// "begun" {id, name, size}, "whole" {id}, "dropped", "wrong" {message}.
'use strict';
(() => {
  const PIECE = 4 << 20, PAUSE_MS = [500, 1000, 2000, 4000, 8000, 15000], at = new WeakMap();

  const tell = (box, name, detail) => box.dispatchEvent(new CustomEvent(name, { detail: detail || {} }));
  const word = (box, name, values) => Object.entries(values || {}).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), box.dataset[name] || '');
  const line = (box, text) => { box.querySelector('[role=status]').textContent = text; };

  const ask = async (box, method, path, options) => {
    const answer = await fetch('/api/v1/uploads' + path, { method, ...options, headers: { 'Accept-Language': box.dataset.language, ...(options || {}).headers } });
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.detail || word(box, 'failed')), { status: answer.status, next: said.next_step || '' });
  };

  const show = (box, offset, file) => {
    const bar = box.querySelector('progress');
    bar.hidden = false; bar.max = file.size || 1; bar.value = offset;
    line(box, word(box, 'sending', { percent: Math.floor((100 * offset) / (file.size || 1)), name: file.name }));
  };

  const offsetOf = async (box, id, signal) => Number((await ask(box, 'HEAD', '/' + id, { signal })).headers.get('Upload-Offset'));

  const send = async (box, file, run) => {
    let offset = run.id ? await offsetOf(box, run.id, run.stop.signal).catch((error) => { if (error.status !== 404) throw error; run.id = ''; return 0; }) : 0;
    if (!run.id) {
      const made = await (await ask(box, 'POST', '', { body: JSON.stringify({ name: file.name, size_bytes: file.size }), headers: { 'Content-Type': 'application/json' }, signal: run.stop.signal })).json();
      run.id = made.id; offset = 0;
      tell(box, 'begun', { id: run.id, name: file.name, size: file.size });
    }
    for (let tries = 0; offset < file.size;) {
      show(box, offset, file);
      try {
        const piece = file.slice(offset, offset + PIECE);
        const answer = await ask(box, 'PATCH', '/' + run.id, { body: piece, headers: { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) }, signal: run.stop.signal });
        offset = Number(answer.headers.get('Upload-Offset')); tries = 0;
      } catch (error) {
        if (run.stop.signal.aborted || (error.status && error.status !== 409 && error.status < 500)) throw error;
        line(box, word(box, 'waiting', { name: file.name }));
        await new Promise((done) => setTimeout(done, PAUSE_MS[Math.min(tries++, PAUSE_MS.length - 1)]));
        if (run.stop.signal.aborted) throw error;
        offset = await offsetOf(box, run.id, run.stop.signal).catch(() => offset);
      }
    }
    show(box, offset, file);
    line(box, word(box, 'whole', { name: file.name }));
    tell(box, 'whole', { id: run.id });
  };

  const begin = async (box, file) => {
    if (!file) return;
    const before = at.get(box);
    if (before) before.stop.abort();
    const same = box.dataset.upload && box.dataset.name === file.name && Number(box.dataset.size) === file.size;
    const run = { id: same ? box.dataset.upload : '', stop: new AbortController() };
    at.set(box, run);
    box.dataset.busy = '1';
    box.querySelector('.dalgu-upload-stop').hidden = false;
    try { await send(box, file, run); } catch (error) {
      if (run.stop.signal.aborted) return;
      line(box, [error.message, error.next].filter(Boolean).join(' '));
      tell(box, 'wrong', { message: error.message });
    } finally {
      if (at.get(box) === run) { delete box.dataset.busy; box.querySelector('.dalgu-upload-stop').hidden = true; }
    }
  };

  const stop = async (box) => {
    const run = at.get(box);
    if (!run) return;
    run.stop.abort(); at.delete(box); delete box.dataset.busy;
    if (run.id) await ask(box, 'DELETE', '/' + run.id).catch(() => {});
    box.querySelector('progress').hidden = true; box.querySelector('.dalgu-upload-stop').hidden = true; box.querySelector('input').value = '';
    line(box, word(box, 'dropped'));
    tell(box, 'dropped');
  };

  document.addEventListener('change', (event) => { const box = event.target.closest && event.target.closest('.dalgu-upload'); if (box) begin(box, event.target.files[0]); });
  document.addEventListener('click', (event) => { if (event.target.closest && event.target.closest('.dalgu-upload-stop')) stop(event.target.closest('.dalgu-upload')); });
  document.addEventListener('dragover', (event) => { if (event.target.closest && event.target.closest('.dalgu-upload')) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    const box = event.target.closest && event.target.closest('.dalgu-upload');
    if (!box || !event.dataTransfer.files.length) return;
    event.preventDefault(); begin(box, event.dataTransfer.files[0]);
  });
  window.addEventListener('beforeunload', (event) => { if (document.querySelector('.dalgu-upload[data-busy]')) event.preventDefault(); });
})();
