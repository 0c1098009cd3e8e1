// uPlot in the colours of the page, drawn again when these change.
(() => {
  "use strict";
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const HUES = ["accent", "tool", "llm", "retriever", "agent", "bad", "other", "good"];
  const drawn = new Set();

  // kind: "line" or "bars". names: of the series. unit: a function from a number to its text.
  function draw(box, { kind, xs, series, names, hues, isTime, labels, unit, onPick, height }) {
    const make = () => {
      box.replaceChildren();
      const grid = { stroke: colour("hairline"), width: 1 };
      const axis = { stroke: colour("muted"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
      const write = unit ?? ((value) => value === null || value === undefined ? "–" : value.toLocaleString());
      const plot = new uPlot({
        width: Math.max(box.clientWidth, 240),
        height: height ?? 200,
        scales: { x: { time: Boolean(isTime) }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.05] } },
        cursor: { sync: { key: "spanlake" }, points: { size: 6 } },
        legend: { show: true, live: true },
        axes: [
          { ...axis, values: labels ? (_, ticks) => ticks.map((tick) => labels[tick] ?? "") : undefined },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => write(tick)) },
        ],
        series: [{ label: labels ? "row" : isTime ? "time" : "x", value: labels ? (_, at) => labels[at] ?? "–" : undefined }, ...names.map((label, at) => {
          const ink = colour(hues?.[at] ?? HUES[at % HUES.length]);
          return { label, stroke: ink, width: kind === "bars" ? 0 : 1.5, fill: kind === "bars" ? ink : undefined, spanGaps: false, points: { show: kind !== "bars" && xs.length < 60, size: 4 }, paths: kind === "bars" ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined, value: (_, value) => write(value) };
        })],
      }, [xs, ...series], box);
      if (onPick) plot.over.addEventListener("click", () => { if (plot.cursor.idx !== null) onPick(plot.cursor.idx); });
      return plot;
    };
    let plot = make();
    const again = () => { plot.destroy(); if (box.isConnected) plot = make(); };
    drawn.add(again);
    new ResizeObserver(() => { if (box.clientWidth && Math.abs(box.clientWidth - plot.width) > 4) plot.setSize({ width: box.clientWidth, height: plot.height }); }).observe(box);
  }
  document.addEventListener("themechange", () => { for (const again of drawn) again(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const again of drawn) again(); });
  window.spanlakeCharts = { draw };
})();
