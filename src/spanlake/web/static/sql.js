// The editor: completion on views and columns, Ctrl+Enter, saving what stands in it, a chart.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const KEYWORDS = ["SELECT", "FROM", "WHERE", "GROUP BY ALL", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "USING", "HAVING", "QUALIFY", "WITH", "DISTINCT", "DESC", "count(*)", "sum(", "avg(", "quantile_cont(", "date_trunc('hour', "];

  function completion(field, list) {
    const words = new Map();
    for (const node of all("[data-word]")) if (!words.has(node.dataset.word)) words.set(node.dataset.word, node.dataset.kind);
    const known = [...words].map(([word, kind]) => ({ word, kind })).concat(KEYWORDS.map((word) => ({ word, kind: "" })));
    let found = [], at = 0, start = 0;
    const close = () => { list.hidden = true; found = []; field.removeAttribute("aria-activedescendant"); };
    const show = () => {
      list.replaceChildren(...found.map((each, index) => {
        const row = document.createElement("li");
        row.role = "option";
        row.id = `completion-${index}`;
        row.ariaSelected = String(index === at);
        const type = Object.assign(document.createElement("span"), { className: "type", textContent: each.kind.toLowerCase() });
        row.append(each.word, type);
        row.addEventListener("pointerdown", (event) => { event.preventDefault(); accept(index); });
        return row;
      }));
      const before = field.value.slice(0, start).split("\n");
      list.style.top = `${Math.min(before.length * 20 - field.scrollTop + 10, field.offsetHeight)}px`;
      list.style.left = `${Math.min(before.at(-1).length * 7.83 + 8, field.clientWidth - 220)}px`;
      list.hidden = false;
      field.setAttribute("aria-activedescendant", `completion-${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    const accept = (index) => {
      const { word } = found[index];
      field.setRangeText(word, start, field.selectionStart, "end");
      close();
      field.focus();
    };
    field.addEventListener("input", () => {
      const before = field.value.slice(0, field.selectionStart);
      const typed = /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "";
      const part = typed.split(".").at(-1).toLowerCase();
      start = before.length - part.length;
      found = part.length < 2 ? [] : known.filter(({ word }) => word.toLowerCase().startsWith(part) && word.toLowerCase() !== part).slice(0, 12);
      at = 0;
      if (found.length) show(); else close();
    });
    field.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); close(); field.form.requestSubmit(); return; }
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length; show(); }
      else if (event.key === "Tab" || event.key === "Enter") { event.preventDefault(); accept(at); }
      else if (event.key === "Escape") { event.stopPropagation(); close(); }
    });
    field.addEventListener("blur", close);
  }

  // What is saved is what stands in the editor now.
  function saving(field) {
    const form = one("[data-save]");
    form?.addEventListener("submit", () => { one("[name=q]", form).value = field.value; });
  }

  function chart(button) {
    const part = button.closest("#result"), box = one(".chart", part), table = one("table.result", part);
    box.hidden = !box.hidden;
    button.setAttribute("aria-pressed", String(!box.hidden));
    if (box.hidden || box.childElementCount) return;
    const heads = all("th", table), rows = all("tbody tr", table).map((row) => [...row.cells].map((cell) => cell.classList.contains("null") ? null : cell.textContent));
    const isTime = (head) => /^(TIMESTAMP|DATE)/.test(head.dataset.type), isNumber = (head) => head.classList.contains("n");
    const numbers = heads.map((head, at) => at).filter((at) => isNumber(heads[at]));
    const xAt = heads.findIndex(isTime) >= 0 ? heads.findIndex(isTime) : heads.findIndex((head) => !isNumber(head));
    const time = xAt >= 0 && isTime(heads[xAt]);
    const instant = (text) => Date.parse(text.replace(" ", "T").replace(/\+00$/, "Z")) / 1000;
    let order = rows.map((_, at) => at);
    if (time) order = order.filter((at) => rows[at][xAt] !== null).sort((a, b) => instant(rows[a][xAt]) - instant(rows[b][xAt]));
    const xs = time ? order.map((at) => instant(rows[at][xAt])) : order.map((_, at) => at);
    const labels = time || xAt < 0 ? null : order.map((at) => (rows[at][xAt] ?? "NULL").slice(0, 24));
    const series = numbers.map((column) => order.map((at) => rows[at][column] === null ? null : Number(rows[at][column])));
    window.spanlakeCharts.draw(box, { kind: time ? "line" : "bars", xs, series, names: numbers.map((at) => heads[at].textContent), isTime: time, labels });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const field = one("#query");
    completion(field, one(".completions"));
    saving(field);
    for (const word of all("code[data-word]")) word.addEventListener("dblclick", () => { field.setRangeText(word.dataset.word, field.selectionStart, field.selectionEnd, "end"); field.focus(); });
    if (!field.value) field.focus();
  });
  document.addEventListener("click", (event) => { const button = event.target.closest("[data-chart]"); if (button) chart(button); });
})();
