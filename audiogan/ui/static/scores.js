// The evaluation's scores as a table: a row a score, a column a system, for one label and over all of them.

import { make } from "./dom.js";

const BETTER = { lower: "Smaller is better.", higher: "Larger is better.", "like real": "Best as for real sounds." };

export function scoreTable(rows, systems, title, label) {
  const head = make("tr", {}, make("th", { scope: "col", textContent: "Score" }), ...systems.map((name) => make("th", { scope: "col", textContent: title(name) })));
  const body = rows.map((row) => rowOf(row, systems, title));
  const table = make("table", { className: "scores" }, make("thead", {}, head), make("tbody", {}, ...body));
  const legend = `First for ${label || "these sounds"} where it can be told for one instrument, then over all. Real stands for other real sounds, scored as a model would be: as good as any model can be.`;
  return [make("h2", { textContent: "Scores" }), make("p", { className: "legend", textContent: legend }), make("div", { className: "score-scroll", tabIndex: 0, role: "region", "aria-label": "Scores, scrolls sideways" }, table)];
}

function rowOf({ title, words, better, values }, systems, name) {
  const meaning = [words, BETTER[better]].filter(Boolean).join(" ");
  const head = make("th", { scope: "row" }, make("b", { textContent: title }), make("small", { textContent: meaning }));
  const cells = systems.map((system) => cellOf(values[system], name(system)));
  return make("tr", {}, head, ...cells);
}

function cellOf(value, heading) {
  const [own, all] = [value?.label, value?.all];
  const cell = make("td", { textContent: own || all || "–" });
  cell.dataset.heading = heading;
  if (own && all) cell.append(make("small", { textContent: `all: ${all}` }));
  return cell;
}
