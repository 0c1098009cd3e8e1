// The charts of the overview: one axis of time, and a click on a point leads to its traces.
(() => {
  "use strict";
  const HUES = ["agent", "tool", "llm", "retriever", "bad", "good", "other"];
  const milliseconds = (value) => value === null || value === undefined ? "–" : value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
  const dollars = (value) => value === null || value === undefined ? "–" : value === 0 ? "$0" : `$${value.toPrecision(2)}`;

  function steps(points, width) {
    if (!points.length) return [];
    const first = points[0][0], last = points.at(-1)[0], starts = [];
    if ((last - first) / width > 400) return points.map(([start]) => start);
    for (let at = first; at <= last; at += width) starts.push(at);
    return starts;
  }
  function byName(points, starts, value, empty) {
    const names = [...new Set(points.map((point) => point[1]))];
    return { names, series: names.map((name) => {
      const found = new Map(points.filter((point) => point[1] === name).map((point) => [point[0], value(point)]));
      return starts.map((start) => found.get(start) ?? empty);
    }) };
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector("[data-charts]");
    if (!root) return;
    const data = JSON.parse(root.dataset.charts);
    const box = (name) => root.querySelector(`[data-chart-of="${name}"]`);
    const starts = steps(data.points, data.width);
    const found = new Map(data.points.map((point) => [point[0], point]));
    const column = (at, empty) => starts.map((start) => found.get(start)?.[at] ?? empty);
    const onPick = (index) => {
      const url = new URL(root.dataset.traces, location.href);
      url.searchParams.delete("range");
      url.searchParams.set("from", new Date(starts[index] * 1000).toISOString());
      url.searchParams.set("to", new Date((starts[index] + data.width) * 1000).toISOString());
      location.assign(url);
    };
    const onBrush = (from, to) => {
      const url = new URL(location.href);
      url.searchParams.delete("range");
      url.searchParams.set("from", new Date(from * 1000).toISOString());
      url.searchParams.set("to", new Date(to * 1000).toISOString());
      location.assign(url);
    };
    const ways = { isTime: true, onPick, onBrush };
    const { draw } = window.spanlakeCharts;
    const all = column(1, 0).map((ok, at) => ok + column(2, 0)[at]);
    draw(box("volume"), { kind: "bars", xs: starts, series: [all, column(2, 0)], names: ["all", "with errors"], hues: ["ok-bar", "bad"], ...ways });
    draw(box("latency"), { kind: "line", xs: starts, series: [column(3, null), column(4, null), column(5, null)], names: ["p50", "p95", "p99"], hues: ["retriever", "agent", "llm"], unit: milliseconds, ...ways });
    const tokens = byName(data.models, starts, (point) => (point[3] ?? 0) + (point[4] ?? 0), 0);
    draw(box("tokens"), { kind: "line", xs: starts, ...tokens, hues: HUES, ...ways });
    const cost = byName(data.models, starts, (point) => point[5], null);
    draw(box("cost"), { kind: "line", xs: starts, ...cost, hues: HUES, unit: dollars, ...ways });
    if (data.scores.length) {
      root.querySelector("[data-scores]").hidden = false;
      const scores = byName(data.scores, starts, (point) => point[3], null);
      const intervals = byName(data.scores, starts, (point) => [point[4], point[5]], null).series;
      draw(box("scores"), { kind: "line", xs: starts, ...scores, intervals, hues: HUES, ...ways });
    }
  });
})();
