// The evaluation's scores as a table: a row a score, a column a system, for one label and over all of them. Those that
// say most come first; the others follow when asked for.

import { button, make } from "./dom.js";

const BETTER = { lower: "Smaller is better.", higher: "Larger is better.", "like real": "Best as for real sounds." };

export class Scores {
  constructor(title) {
    this.title = title;
    this.whole = false;
    this.element = make("section", { className: "panel", hidden: true });
  }

  // Rows as the server gives them, the systems that have a column, and the label as it is read.
  show(rows, systems, label) {
    this.element.hidden = !rows.length;
    const head = make("tr", {}, make("th", { scope: "col", textContent: "Score" }), ...systems.map((name) => make("th", { scope: "col", textContent: this.title(name) })));
    const main = rows.filter((row) => row.main);
    const others = rows.filter((row) => !row.main);
    const [first, rest] = [main, others].map((part) => make("tbody", {}, ...part.map((row) => rowOf(row, systems, this.title))));
    const table = make("table", { className: "scores" }, make("thead", {}, head), first, rest);
    const legend = rows.some(({ values }) => Object.values(values).some((value) => value.label))
      ? `First for ${label || "these sounds"} where it can be told for one instrument, then over all. Real stands for other notes of the real instruments; a model that is asked for the very notes they are held against can come closer. The best model is in bold.`
      : "Real stands for other real sounds than those that they are held against. The best model is in bold.";
    const more = button("", () => unfold(!this.whole), { className: "tool" });
    const unfold = (whole) => {
      this.whole = whole;
      rest.hidden = !whole;
      more.setAttribute("aria-expanded", String(whole));
      more.querySelector("span").textContent = whole ? "Fewer scores" : `${others.length} more score${others.length === 1 ? "" : "s"}`;
    };
    unfold(this.whole);
    more.hidden = !others.length;
    this.element.replaceChildren(make("h2", { textContent: "Scores" }), make("p", { className: "legend", textContent: legend }), make("div", { className: "score-scroll", tabIndex: 0, role: "region", "aria-label": "Scores, scrolls sideways" }, table), more);
  }
}

function rowOf({ title, words, better, values, best }, systems, name) {
  const meaning = [words, BETTER[better]].filter(Boolean).join(" ");
  const head = make("th", { scope: "row" }, make("b", { textContent: title }), make("small", { textContent: meaning }));
  const cells = systems.map((system) => cellOf(values[system], name(system), best.includes(system)));
  return make("tr", {}, head, ...cells);
}

function cellOf(value, heading, best) {
  const [own, all] = [value?.label, value?.all];
  const cell = make("td", {}, make(best ? "b" : "span", { textContent: own || all || "–" }));
  cell.dataset.heading = heading;
  if (own && all) cell.append(make("small", { textContent: `all: ${all}` }));
  return cell;
}
