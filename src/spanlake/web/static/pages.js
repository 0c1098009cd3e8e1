// What HTML cannot do alone: the reader's time zone, keys, folding, copying, selecting, brushing.
// Every page reads without it.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const remember = (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* nothing is kept */ } };
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };

  // Times, in the reader's zone.
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(undefined, { style: "narrow", numeric: "auto" });
  const steps = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [604800, "day", 86400]];
  function ago(moment) {
    const seconds = (moment - Date.now()) / 1000;
    const step = steps.find(([below]) => Math.abs(seconds) < below);
    return step ? relative.format(Math.trunc(seconds / step[2]), step[1]) : null;
  }
  function localise(root) {
    for (const node of all("time[datetime]", root)) {
      const moment = new Date(node.dateTime);
      if (Number.isNaN(moment.valueOf())) continue;
      const absolute = clock.format(moment);
      const shown = "relative" in node.dataset ? ago(moment) ?? new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(moment) : absolute;
      if (node.textContent !== shown) node.textContent = shown;
      node.title = `${absolute} (${node.dateTime})`;
    }
  }

  function toast(words) {
    const box = one("#toast");
    box.textContent = words;
    box.hidden = false;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => { box.hidden = true; }, 1600);
  }
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied");
    } catch { toast("The browser does not allow copying here"); }
  }

  // Theme and navigation.
  const themes = [["", "System"], ["light", "Light"], ["dark", "Dark"]];
  function nameTheme() {
    const name = themes.find(([key]) => key === (document.documentElement.dataset.theme ?? ""));
    for (const node of all("[data-theme-name]")) node.textContent = name[1];
  }
  function nextTheme() {
    const root = document.documentElement;
    const at = themes.findIndex(([key]) => key === (root.dataset.theme ?? ""));
    const key = themes[(at + 1) % themes.length][0];
    if (key) root.dataset.theme = key; else delete root.dataset.theme;
    remember("theme", key);
    nameTheme();
    document.dispatchEvent(new CustomEvent("themechange"));
  }
  function collapse() {
    const root = document.documentElement;
    if (matchMedia("(max-width: 1180px)").matches) { // collapsed already, and opened only for now
      root.dataset.nav = root.dataset.nav === "open" ? "" : "open";
      return;
    }
    if (root.dataset.nav) delete root.dataset.nav; else root.dataset.nav = "collapsed";
    remember("nav", root.dataset.nav);
  }

  // Rows: one is current, and keys move it.
  const rowsOf = () => all("[data-rows] [data-href], [data-rows] > li[data-href]").filter((row) => row.offsetParent !== null);
  const current = () => one("[data-href].is-current") ?? one('[data-href][aria-selected="true"]');
  function makeCurrent(row) {
    for (const each of all("[data-href].is-current")) each.classList.remove("is-current");
    row.classList.add("is-current");
    row.scrollIntoView({ block: "nearest" });
    const link = one(".row-link", row);
    if (link) link.focus({ preventScroll: true });
  }
  function move(by) {
    const rows = rowsOf();
    if (!rows.length) return;
    const at = rows.indexOf(current());
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    makeCurrent(next);
    if (one("[data-rows][hx-target='#pane']")) openRow(next, 120);
  }
  function openRow(row, delay = 0) {
    clearTimeout(openRow.timer);
    openRow.timer = setTimeout(() => one(".row-link", row)?.click(), delay);
  }
  function chooseSpan(row) {
    for (const each of all('tr:is([data-span], [data-row])[aria-selected="true"]')) each.removeAttribute("aria-selected");
    row?.setAttribute("aria-selected", "true");
  }

  // Tree: what is below a folded row is hidden; rows that come later obey, too.
  const folded = { spans: new Set(), types: new Set() };
  function drawTree() {
    let hiddenBelow = Infinity;
    for (const row of all("[data-tree] tbody tr")) {
      if (!row.dataset.depth) continue;
      const depth = Number(row.dataset.depth);
      if (depth <= hiddenBelow) hiddenBelow = Infinity;
      row.hidden = depth > hiddenBelow;
      const twist = one("[data-twist]", row);
      const isFolded = Boolean(twist) && (folded.spans.has(row.dataset.span) || folded.types.has(row.dataset.type));
      row.classList.toggle("is-folded", isFolded);
      twist?.setAttribute("aria-expanded", String(!isFolded));
      if (isFolded && !row.hidden) hiddenBelow = depth;
    }
  }
  function fold(row, isFolded) {
    if (!row?.dataset.span) return;
    if (isFolded) folded.spans.add(row.dataset.span); else folded.spans.delete(row.dataset.span);
    drawTree();
  }
  function critical() {
    const tree = one("[data-tree]");
    if (!tree) return;
    const isOn = tree.classList.toggle("shows-critical");
    for (const button of all("[data-critical]")) button.setAttribute("aria-pressed", String(isOn));
  }

  // Selecting rows of a list.
  function selection() {
    const boxes = all("[data-select]:checked");
    const bar = one("#bulk");
    if (!bar) return;
    bar.hidden = !boxes.length;
    one("[data-selected]", bar).textContent = String(boxes.length);
    const ids = one("[data-ids]", bar);
    if (ids) ids.value = boxes.map((box) => box.value).join(",");
    for (const button of all("[data-exactly]", bar)) button.disabled = boxes.length !== Number(button.dataset.exactly);
    for (const button of all("[data-at-least]", bar)) button.disabled = boxes.length < Number(button.dataset.atLeast);
  }

  // The histogram: dragging over it chooses the time between.
  function brush(figure) {
    const svg = one("svg", figure);
    const from = Date.parse(figure.dataset.from), to = Date.parse(figure.dataset.to);
    let start = null, box = null;
    const share = (event) => {
      const area = svg.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1);
    };
    svg.addEventListener("pointerdown", (event) => { if (event.button === 0) start = share(event); });
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    window.addEventListener("pointermove", (event) => {
      if (start === null || Math.abs(share(event) - start) < 0.005) return;
      box ??= figure.appendChild(Object.assign(document.createElement("div"), { className: "chosen" }));
      box.style.left = `${Math.min(start, share(event)) * 100}%`;
      box.style.width = `${Math.abs(share(event) - start) * 100}%`;
    });
    window.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const ends = [start, share(event)].sort((a, b) => a - b).map((each) => new Date(from + each * (to - from)).toISOString());
      start = null;
      if (!box) return;
      svg.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
      const url = new URL(figure.dataset.url, location.href);
      url.searchParams.set("from", ends[0]);
      url.searchParams.set("to", ends[1]);
      location.assign(url);
    });
  }

  function prepare(root) {
    localise(root);
    for (const figure of all("[data-brush]", root)) brush(figure);
    for (const field of all("[data-remember]", root)) {
      field.value ||= recall(field.dataset.remember) ?? "";
      field.addEventListener("change", () => remember(field.dataset.remember, field.value));
    }
    if (one("[data-tree]")) drawTree();
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-copy-link], [data-theme-switch], [data-collapse], [data-help], [data-twist], [data-critical], [data-fold-type], [data-clear], .facets .value");
    if (target) {
      if (target.matches("[data-copy]")) copy(target.dataset.copy);
      else if (target.matches("[data-copy-link]")) copy(location.href);
      else if (target.matches("[data-theme-switch]")) nextTheme();
      else if (target.matches("[data-collapse]")) collapse();
      else if (target.matches("[data-help]")) one("#keys").showModal();
      else if (target.matches("[data-twist]")) { const row = target.closest("tr"); fold(row, !folded.spans.has(row.dataset.span)); }
      else if (target.matches("[data-critical]")) critical();
      else if (target.matches("[data-fold-type]")) {
        const type = target.dataset.foldType;
        const isOn = !folded.types.delete(type) && Boolean(folded.types.add(type));
        target.setAttribute("aria-pressed", String(isOn));
        drawTree();
      } else if (target.matches("[data-clear]")) { for (const box of all("[data-select]:checked, [data-select-all]")) box.checked = false; selection(); }
      else if (event.altKey && target.dataset.alt) { event.preventDefault(); location.assign(target.dataset.alt); }
      if (target.matches("button")) return;
    }
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    const row = event.target.closest("[data-rows] [data-href]");
    if (row && !event.target.closest("a, button, input, summary, details, pre") && !String(getSelection())) openRow(row);
    const spanRow = event.target.closest("tr:is([data-span], [data-row])");
    if (spanRow && event.target.closest(".row-link")) { chooseSpan(spanRow); makeCurrent(spanRow); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.submit();
    if (event.target.matches("[data-select-all]")) for (const box of all("[data-select]")) box.checked = event.target.checked;
    if (event.target.matches("[data-select], [data-select-all]")) selection();
  });
  document.addEventListener("input", (event) => {
    const finder = event.target.closest("[data-find]");
    if (!finder) return;
    const wanted = finder.value.toLowerCase();
    for (const row of all(finder.dataset.find)) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });

  // Keys.
  const places = { t: "/traces", s: "/sessions", o: "/overview", r: "/runs", d: "/datasets", v: "/versions", e: "/review", q: "/sql" };
  let isGoing = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      if (one("dialog[open]")) return;
      if (isTyping) event.target.blur();
      else if (one("details.menu[open]")) one("details.menu[open]").open = false;
      else if (document.body.querySelector(".trace-page, .session-page, .run-page, .comparison-page, .dataset-page, .diff-page")) history.back();
      return;
    }
    if (isTyping || one("dialog[open]")) return;
    if (isGoing) {
      isGoing = false;
      const link = places[event.key] && one(`nav.side a[href^="${places[event.key]}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    const row = current();
    const acts = {
      "/": () => one("[data-filter]")?.select(),
      "?": () => one("#keys").showModal(),
      j: () => move(1),
      k: () => move(-1),
      g: () => { isGoing = true; setTimeout(() => { isGoing = false; }, 1200); },
      c: critical,
      h: () => fold(row, true),
      l: () => fold(row, false),
      x: () => { const box = row && one("[data-select]", row); if (box) { box.checked = !box.checked; selection(); } },
      "[": () => one("a[rel=prev]")?.click(),
      "]": () => one("a[rel=next]")?.click(),
    };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
    else if (event.key === "Enter" && row && event.target === document.body) openRow(row);
  });

  document.addEventListener("DOMContentLoaded", () => {
    nameTheme();
    prepare(document);
    one("nav.side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone it may be out of sight
    // Within the tree alone: the page begins with the question.
    const tree = one(".tree-scroll"), chosen = tree && one('[aria-selected="true"]', tree);
    if (chosen) tree.scrollTop += chosen.getBoundingClientRect().top - tree.getBoundingClientRect().top - tree.clientHeight / 2;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    prepare(event.detail.target ?? document);
    if (event.detail.target?.id === "pane") {
      event.detail.target.scrollTop = 0;
      // On a phone the pane is below the list.
      if (event.detail.target.getBoundingClientRect().top > innerHeight * 0.8) event.detail.target.scrollIntoView({ block: "start" });
      const asked = new URL(location.href).searchParams;
      const id = asked.get("span") ?? asked.get("row") ?? asked.get("record");
      const row = id && all("tr:is([data-span], [data-row])").find((each) => (each.dataset.span ?? each.dataset.row) === id);
      if (row) chooseSpan(row);
    }
  });
  setInterval(() => { for (const node of all("time[data-relative]")) localise(node.parentElement); }, 30_000);
})();
