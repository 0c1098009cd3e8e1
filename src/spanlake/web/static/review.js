// Focus mode without waiting: keys answer, what is typed is saved, and the next item is there
// before it is asked for. What the server has not taken yet stays in the browser until it has.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const box = one("#item-box");
  const { reviewer, queue = "", queueUrl } = box?.dataset ?? {};
  const api = `/api/v1/queues/${encodeURIComponent(queue)}`;
  const itemApi = (id) => `${api}/items/${encodeURIComponent(id)}`;
  const item = () => one("#item");
  const questions = () => all("[data-question]", item());

  // What is to be sent, in order. A later answer to a question takes the place of one that waits.
  const store = "review-outbox";
  const read = () => { try { return JSON.parse(localStorage.getItem(store)) ?? []; } catch { return []; } };
  let unkept = null;
  const write = (list) => { try { localStorage.setItem(store, JSON.stringify(list)); unkept = null; } catch { unkept = list; } };
  const waiting = () => unkept ?? read();
  let sending = null, tries = 0, timer = 0;

  function say(words, tone = "") {
    const place = one("[data-saved]");
    if (!place) return;
    place.textContent = words;
    place.className = `saved small ${tone}`;
  }
  function put(url, body, key) {
    const list = waiting();
    const last = key ? list.findLastIndex((each) => each.key === key) : -1;
    const isLeft = list.findLastIndex((each) => each.key === null) > last;
    const entry = { url, body: { reviewer, ...body }, key: key ?? null, id: crypto.randomUUID?.() ?? String(Math.random()) };
    if (last > 0 && !isLeft) list[last] = entry; else list.push(entry); // the first may be on its way
    write(list);
    say("saving…");
    void flush();
  }
  async function send() {
    for (let list = waiting(); list.length; list = waiting()) {
      const entry = list[0];
      const response = await fetch(entry.url, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(entry.body), keepalive: true });
      if (response.status === 401) throw new Error("not saved yet; sign in again in another tab");
      if (response.status >= 500 || [403, 408, 429].includes(response.status)) throw new Error();
      write(waiting().filter((each) => each.id !== entry.id));
      if (!response.ok) refuse(entry, (await response.json().catch(() => ({}))).detail ?? response.statusText);
    }
  }
  const alone = (work) => (navigator.locks ? navigator.locks.request(store, work) : work());
  function flush() {
    clearTimeout(timer);
    sending ??= alone(send).then(() => {
      if (tries) tries = 0;
      if (!one("[data-saved]")?.classList.contains("tone-bad")) say("saved");
      return true;
    }, (error) => {
      tries += 1;
      say(/^not saved/.test(error.message) ? error.message : "not saved yet; trying again", "tone-warning");
      timer = setTimeout(flush, Math.min(500 * 2 ** Math.min(tries, 5), 10_000));
      return false;
    }).finally(() => { sending = null; });
    return sending.then((isDone) => (isDone && waiting().length ? flush() : isDone));
  }
  function refuse(entry, detail) {
    const question = box && entry.body.schema && one(`[data-question="${CSS.escape(entry.body.schema)}"]`);
    if (question && entry.url.startsWith(itemApi(item().dataset.item))) complain(question, detail);
    else say(detail, "tone-bad");
  }

  addEventListener("online", flush);
  if (!box) { // a page of the review app beside focus mode: what was left behind is sent
    if (waiting().length) void flush().then((isDone) => { if (isDone) location.reload(); });
    return;
  }

  // Questions: what they say, and which one the keys mean.
  const texts = (question) => all("input[type=number], textarea:not([data-comment])", question);
  function value(question) {
    const { kind } = question.dataset;
    const chosen = all("input:checked", question).map((each) => each.value);
    if (kind === "pass_fail") return chosen.length ? chosen[0] === "true" : null;
    if ("several" in question.dataset) return chosen.length ? chosen : null;
    if (kind === "categorical") return chosen[0] ?? null;
    const field = texts(question)[0];
    if (kind === "numeric") {
      const text = field ? field.value.trim() : chosen[0] ?? "";
      return text === "" ? null : Number(text);
    }
    if (kind === "text_list") { const lines = field.value.split("\n").map((line) => line.trim()).filter(Boolean); return lines.length ? lines : null; }
    return field.value.trim() ? field.value : null;
  }
  const comment = (question) => one("[data-comment]", question)?.value.trim() || null;
  const said = (question) => ({ value: value(question), comment: comment(question) });
  const isOptional = (question) => /^text/.test(question.dataset.kind);
  function show(question, { value: next, comment: words }) {
    for (const input of all("input[type=radio], input[type=checkbox]", question)) {
      input.checked = Array.isArray(next) ? next.includes(input.value) : next !== null && String(next) === input.value;
    }
    for (const field of texts(question)) field.value = Array.isArray(next) ? next.join("\n") : next ?? "";
    const field = one("[data-comment]", question);
    if (field) field.value = words ?? "";
    before.set(question, said(question));
    grow(question);
  }
  function complain(question, words) {
    const line = one(".problem-line", question);
    line.textContent = words ?? "";
    line.hidden = !words;
  }
  function grow(root) {
    for (const field of all("textarea", root)) { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight + 2, 320)}px`; }
  }
  let active = 0;
  function mark(at, { focus = false } = {}) {
    const list = questions();
    active = Math.min(Math.max(at, 0), Math.max(list.length - 1, 0));
    list.forEach((each, place) => each.classList.toggle("is-active", place === active));
    const question = list[active];
    if (!question) return;
    if (list.length > 1) question.scrollIntoView({ block: "nearest" });
    if (!focus) return;
    const field = one("input:checked", question) ?? one("input, textarea", question);
    field?.focus({ preventScroll: true });
  }
  const unanswered = () => questions().findIndex((each) => value(each) === null && !isOptional(each));

  // Undo: answers, then the item before.
  let before = new WeakMap();
  const undone = [];
  const kept = new Map();
  function note(entry) {
    undone.push(entry);
    one("[data-undo]").disabled = false;
  }
  function save(question, { isTyped = false } = {}) {
    const now = said(question), was = before.get(question) ?? { value: null, comment: null };
    if (JSON.stringify(now) === JSON.stringify(was)) return;
    before.set(question, now);
    complain(question, "");
    const { item: id } = item().dataset, schema = question.dataset.question;
    const last = undone.at(-1);
    if (!(isTyped && last?.typed === schema && last.id === id)) note({ id, schema, was, typed: isTyped ? schema : null });
    put(`${itemApi(id)}/answers`, { schema, ...now }, `${id} ${schema}`);
  }
  async function undo() {
    const last = undone.pop();
    one("[data-undo]").disabled = !undone.length;
    if (!last) return;
    if (last.id !== item().dataset.item) await display(kept.get(last.id) ?? await load(`${queueUrl}/items/${last.id}`), `${queueUrl}/items/${last.id}`);
    if (last.status) {
      put(`${itemApi(last.id)}/review`, { status: "pending" });
      advance(-last.counted);
      return;
    }
    const question = questions().find((each) => each.dataset.question === last.schema);
    show(question, last.was);
    put(`${itemApi(last.id)}/answers`, { schema: last.schema, ...last.was }, `${last.id} ${last.schema}`);
    mark(questions().indexOf(question), { focus: true });
  }

  // Items: the next one is loaded while this one is read.
  let ahead = null, shownAt = Date.now();
  const pace = [];
  const left = []; // which were left in this visit, as the server may not know of all yet
  async function load(url) {
    const but = [...left.slice(-6), item().dataset.item].join(",");
    const response = await fetch(`${url}?but=${encodeURIComponent(but)}`, { headers: { "HX-Request": "true" } });
    if (response.redirected) location.assign(response.url); // to where one signs in, or says a name
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    return document.adoptNode(one("#item", parsed));
  }
  function prefetch() {
    const url = item().dataset.next;
    ahead = url ? { url, node: load(url).catch(() => null) } : null;
  }
  function display(node, url) {
    const old = item();
    if (old && old !== node) kept.set(old.dataset.item, old);
    if (kept.size > 20) kept.delete(kept.keys().next().value);
    box.replaceChildren(node);
    history.replaceState(null, "", url);
    window.scrollTo(0, 0);
    begin();
  }
  function begin() {
    shownAt = Date.now();
    for (const question of questions()) if (!before.has(question)) before.set(question, said(question));
    grow(item());
    localise();
    const first = unanswered();
    mark(first < 0 ? 0 : first, { focus: matchMedia("(pointer: fine)").matches && questions().length > 0 && !isOptional(questions()[Math.max(first, 0)]) });
    prefetch();
  }
  const progress = one("[data-progress]");
  function advance(by) {
    const done = Number(progress.dataset.done) + by, total = Number(progress.dataset.total);
    progress.dataset.done = String(done);
    progress.textContent = `${done} of ${total}`;
    one("[data-bar]").setAttribute("width", `${total ? Math.min(100, 100 * done / total) : 0}%`);
    const recent = pace.slice(-10);
    const seconds = recent.length > 1 ? recent.reduce((sum, each) => sum + each, 0) / recent.length * (total - done) : 0;
    one("[data-time]").textContent = seconds > 0 ? (seconds < 90 ? "about a minute left" : `about ${Math.round(seconds / 60)} min left`) : "";
  }
  let isLeaving = false;
  async function leave(status, reason) {
    if (isLeaving) return;
    for (const question of questions()) save(question, { isTyped: true });
    if (status === "complete") {
      const at = unanswered();
      const none = questions().every((each) => value(each) === null);
      if (at >= 0 || none) {
        mark(at < 0 ? 0 : at, { focus: true });
        complain(questions()[active], at >= 0 ? "Answer this first, or press s to skip the item." : "Answer something first, or press s to skip the item.");
        return;
      }
    }
    isLeaving = true;
    try {
      const id = item().dataset.item;
      const counted = status !== "skipped" && !["complete", "declined"].includes(item().dataset.status) ? 1 : 0;
      item().dataset.status = status;
      left.push(id);
      put(`${itemApi(id)}/review`, { status, ...(reason ? { reason } : {}) });
      note({ id, status, counted });
      pace.push(Math.min((Date.now() - shownAt) / 1000, 300));
      advance(counted);
      const next = ahead, node = await next?.node;
      if (node && node.dataset.item !== id) {
        display(node, next.url);
        void claim(node.dataset.item);
      } else await onwards();
    } finally { isLeaving = false; }
  }
  const ask = async (wanted) => {
    const response = await fetch(`${api}/next`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ reviewer, wanted }) });
    if (!response.ok) throw new Error(response.statusText);
    return (await response.json()).item;
  };
  // Another reviewer may have taken it meanwhile, in a shared pool; then it is another one.
  async function claim(id) {
    if (!(await flush())) return;
    const given = await ask(id).catch(() => null);
    const isUntouched = item().dataset.item === id && questions().every((each) => value(each) === null);
    if (given && given.item_id !== id && isUntouched) {
      const url = `${queueUrl}/items/${given.item_id}`;
      const node = await load(url).catch(() => null);
      if (node) display(node, url);
    }
  }
  async function onwards() {
    say("loading the next one…");
    if (!(await flush())) { // no answer from the server: it goes on when there is one
      setTimeout(onwards, 1000);
      return;
    }
    const given = await ask().catch(() => undefined);
    if (given === undefined) { setTimeout(onwards, 1000); return; }
    if (given === null) { location.assign(`${queueUrl}/done`); return; }
    const url = `${queueUrl}/items/${given.item_id}`;
    const node = await load(url).catch(() => null);
    if (node) { display(node, url); say("saved"); } else setTimeout(onwards, 1000);
  }
  function decline() {
    const dialog = one("#decline");
    one("[data-reason]", dialog).value = "";
    dialog.returnValue = "";
    dialog.showModal();
  }
  one("#decline").addEventListener("close", () => {
    if (one("#decline").returnValue === "decline") void leave("declined", one("[data-reason]").value.trim());
  });

  function choose(key) {
    const question = questions()[active];
    const input = question && one(`[data-key="${key}"]`, question);
    if (!input) return false;
    input.checked = input.type === "checkbox" ? !input.checked : true;
    input.focus({ preventScroll: true });
    answered(question);
    return true;
  }
  let latest = null; // the question that was just answered: its comment is what Tab means
  function answered(question) {
    save(question);
    latest = question;
    if ("several" in question.dataset || value(question) === null) return;
    const next = questions().findIndex((each, at) => at > active && value(each) === null);
    if (next >= 0 && !isOptional(questions()[next])) mark(next, { focus: true });
  }

  // Typing is saved as it pauses, clicks at once.
  let typing = 0;
  box.addEventListener("input", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question || !event.target.matches("textarea, input[type=number]")) return;
    grow(question);
    clearTimeout(typing);
    typing = setTimeout(() => save(question, { isTyped: true }), 400);
  });
  box.addEventListener("change", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question) return;
    active = questions().indexOf(question);
    if (event.target.matches("input[type=radio], input[type=checkbox]")) answered(question);
    else save(question, { isTyped: true });
  });
  box.addEventListener("focusin", (event) => {
    const question = event.target.closest("[data-question]");
    if (question) { const at = questions().indexOf(question); if (at !== active) mark(at); }
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const action = event.submitter?.value ?? "complete";
    if (action === "decline") decline(); else void leave(action === "skip" ? "skipped" : "complete");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-undo]")) void undo();
    if (event.target.closest("[data-keys]")) one("#keys").showModal();
  });
  document.addEventListener("keydown", (event) => {
    if (one("dialog[open]") || event.altKey) return;
    const isComment = event.target.matches?.("[data-comment]");
    const isText = event.target.matches?.("textarea, input[type=number]");
    const commented = latest && one("[data-comment]", latest);
    latest = null;
    if (event.key === "Tab" && !event.shiftKey && commented && !isText) {
      event.preventDefault();
      commented.focus();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (isComment && !event.shiftKey) || event.target.matches?.("input") || !isText)) {
      if (event.target.matches?.("button, a, summary")) return;
      event.preventDefault();
      void leave("complete");
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (!isText) { location.assign(queueUrl); return; }
      event.target.blur();
      if (isComment && unanswered() >= 0) mark(unanswered(), { focus: true });
      return;
    }
    if (isText) return;
    const acts = {
      s: () => leave("skipped"), d: decline, z: undo,
      "?": () => one("#keys").showModal(),
      ArrowDown: () => mark(active + 1, { focus: true }), ArrowUp: () => mark(active - 1, { focus: true }),
      j: () => scroll(1), k: () => scroll(-1),
      c: () => one("[data-comment]", questions()[active])?.focus(),
    };
    if (/^[0-9]$/.test(event.key) && choose(event.key)) event.preventDefault();
    else if (acts[event.key]) { event.preventDefault(); void acts[event.key](); }
  });
  function scroll(by) {
    const content = one("#content");
    const place = content.scrollHeight > content.clientHeight + 1 ? content : window;
    place.scrollBy({ top: by * 160 });
  }
  function localise() {
    const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
    for (const node of all("time[datetime]", item())) { const moment = new Date(node.dateTime); if (!Number.isNaN(moment.valueOf())) node.textContent = clock.format(moment); }
  }
  addEventListener("pagehide", () => { for (const question of questions()) save(question, { isTyped: true }); });

  // What an earlier visit could not send comes first; then what is shown is what is stored.
  (async () => {
    begin();
    const hadSome = waiting().length > 0;
    if (hadSome && await flush()) {
      const node = await load(location.pathname).catch(() => null);
      if (node) display(node, location.pathname);
    }
  })();
})();
