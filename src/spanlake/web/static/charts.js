// uPlot in the colours of the page, drawn again when these change.
(() => {
  "use strict";
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const HUES = ["accent", "tool", "llm", "retriever", "agent", "bad", "other", "good"];
  const drawn = new Set();

  // kind: "line" or "bars". names: of the series. unit: a function from a number to its text.
  // intervals: of each series, a [low, high] for each x or null. onPick: a point was clicked, by its
  // place. onBrush: a stretch of x was dragged over.
  function draw(box, { kind, xs, series, intervals, names, hues, isTime, labels, unit, onPick, onBrush, height }) {
    let isBrushed = false;
    const make = () => {
      box.replaceChildren();
      const grid = { stroke: colour("hairline"), width: 1 };
      const axis = { stroke: colour("muted"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
      const write = unit ?? ((value) => value === null || value === undefined ? "–" : value.toLocaleString());
      const plot = new uPlot({
        width: Math.max(box.clientWidth, 240),
        height: height ?? 200,
        scales: { x: { time: Boolean(isTime) }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.05] } },
        cursor: { sync: { key: "spanlake" }, points: { size: 6 }, drag: { x: true, y: false, setScale: !onBrush } },
        hooks: { draw: intervals ? [whiskers] : [], setSelect: onBrush ? [brushed] : [] },
        legend: { show: true, live: true },
        axes: [
          { ...axis, values: labels ? (_, ticks) => ticks.map((tick) => labels[tick] ?? "") : undefined },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => write(tick)) },
        ],
        series: [{ label: labels ? "row" : isTime ? "time" : "x", value: labels ? (_, at) => labels[at] ?? "–" : undefined }, ...names.map((label, at) => {
          const ink = colour(hues?.[at] ?? HUES[at % HUES.length]);
          return { label, stroke: ink, width: kind === "bars" ? 0 : 1.5, fill: kind === "bars" ? ink : undefined, spanGaps: false, points: { show: kind !== "bars" && xs.length < 60, size: 4, filter: (plot, of, isShown) => (isShown ? plot.data[of].flatMap((value, index) => (value ? [index] : [])) : null) }, paths: kind === "bars" ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined, value: (_, value) => write(value) };
        })],
      }, [xs, ...series], box);
      plot.over.addEventListener("pointerdown", () => { isBrushed = false; });
      if (onPick) plot.over.addEventListener("click", () => { if (!isBrushed && plot.cursor.idx !== null) onPick(plot.cursor.idx); });
      return plot;
    };
    function whiskers(plot) {
      const { ctx } = plot;
      ctx.save();
      ctx.lineWidth = devicePixelRatio * 1.5;
      intervals.forEach((ends, at) => {
        ctx.strokeStyle = colour(hues?.[at] ?? HUES[at % HUES.length]);
        ctx.beginPath();
        ends.forEach((each, index) => {
          if (!each) return;
          const x = plot.valToPos(xs[index], "x", true);
          ctx.moveTo(x, plot.valToPos(each[0], "y", true));
          ctx.lineTo(x, plot.valToPos(each[1], "y", true));
        });
        ctx.stroke();
      });
      ctx.restore();
    }
    function brushed(plot) {
      const { left, width: wide } = plot.select;
      if (wide < 6) return;
      isBrushed = true;
      onBrush(plot.posToVal(left, "x"), plot.posToVal(left + wide, "x"));
    }
    let plot = make();
    const again = () => { plot.destroy(); if (box.isConnected) plot = make(); };
    drawn.add(again);
    new ResizeObserver(() => { if (box.clientWidth && Math.abs(box.clientWidth - plot.width) > 4) plot.setSize({ width: box.clientWidth, height: plot.height }); }).observe(box);
  }
  document.addEventListener("themechange", () => { for (const again of drawn) again(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const again of drawn) again(); });
  window.spanlakeCharts = { draw };
})();
