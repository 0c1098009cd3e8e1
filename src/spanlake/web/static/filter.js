// The filter line: what may come next, asked of the server while one types.
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const field = document.querySelector("[data-complete]"), list = document.querySelector("#q-completions");
    if (!field || !list) return;
    let found = [], at = -1, asked = 0, waiting;
    const close = () => { list.hidden = true; at = -1; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
    const accept = ({ text, start, end }) => {
      field.setRangeText(text, start, end, "end");
      close();
      field.focus();
      ask();
    };
    const draw = () => {
      list.replaceChildren(...found.map((each, index) => {
        const row = document.createElement("li");
        row.role = "option";
        row.id = `q-completion-${index}`;
        row.ariaSelected = String(index === at);
        const about = Object.assign(document.createElement("span"), { className: "type", textContent: each.about || each.kind });
        row.append(each.text, about);
        row.addEventListener("pointerdown", (event) => { event.preventDefault(); accept(each); });
        return row;
      }));
      list.hidden = !found.length;
      field.setAttribute("aria-expanded", String(!list.hidden));
      if (at >= 0) { field.setAttribute("aria-activedescendant", `q-completion-${at}`); list.children[at].scrollIntoView({ block: "nearest" }); }
    };
    async function ask() {
      const number = ++asked;
      const url = new URL(field.dataset.complete, location.href);
      url.searchParams.set("q", field.value);
      url.searchParams.set("at", String(field.selectionStart));
      const answer = await fetch(url).catch(() => null);
      if (number !== asked || !answer?.ok || document.activeElement !== field) return;
      found = (await answer.json()).filter(({ text, start, end }) => field.value.slice(start, end) !== text);
      at = -1;
      draw();
    }
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      if (!field.value.trim()) { close(); return; }
      waiting = setTimeout(ask, 120);
    });
    field.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        at = (at + (event.key === "ArrowDown" ? 1 : found.length + (at < 0 ? 0 : -1))) % found.length;
        draw();
      } else if (event.key === "Tab" || (event.key === "Enter" && at >= 0)) { event.preventDefault(); accept(found[Math.max(at, 0)]); }
      else if (event.key === "Escape") { event.stopPropagation(); close(); }
    });
    field.addEventListener("blur", () => { clearTimeout(waiting); close(); });
  });
})();
