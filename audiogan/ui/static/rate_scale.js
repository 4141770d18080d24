// Questions with labelled radios. Keys 1 to 5 answer the question at hand, which then passes to the next open one.

import { make } from "./dom.js";

// A fieldset for each question, and what has been answered: `values()`, `missing()`. `press(key)` gives what it chose, in words,
// or null; it leaves the focus where it is, so that the space bar goes on playing. `exemplar` stands beside the questions that ask for it.
// Of `parts` of questions the first is shown; `goOn()` closes it for good, shows the next and gives it, `isLast()` says there is none.
// `fill(given)` answers the part at hand by values, as far as they are among its choices; whether all are.
export function questionnaire(parts, group, changed, exemplar = null) {
  const questions = parts.flat();
  const fields = questions.map((question) => fieldOf(question, `${group}-${question.name}`));
  const compared = questions.findIndex((question) => question.exemplar);
  if (exemplar && compared >= 0) fields[compared].node.querySelector("legend").after(exemplar);
  const nodes = parts.map((part, at) => partOf(fields.filter((_, index) => part.includes(questions[index])), at > 0));
  const list = make("div", { className: "questions" }, ...nodes);
  let [shown, from, to] = [0, 0, parts[0].length]; // the part at hand, and its questions
  const open = () => fields.findIndex((field, index) => index >= from && index < to && field.value() === null);
  const mark = (at) => fields.forEach((field, index) => field.node.classList.toggle("at-hand", index === at));
  const update = () => {
    const focused = fields.findIndex((field) => field.node.contains(document.activeElement));
    mark(focused >= 0 && fields[focused].value() === null ? focused : open());
    changed();
  };
  list.addEventListener("change", update);
  list.addEventListener("focusin", update);
  mark(0);
  const press = (key) => {
    const marked = fields.findIndex((field) => field.node.classList.contains("at-hand"));
    const focused = fields.findIndex((field) => field.node.contains(document.activeElement));
    const field = fields[marked >= 0 ? marked : Math.max(focused, from)];
    if (!field.choose(Number(key) - 1)) return null;
    update();
    return `${field.words()}.`;
  };
  const fill = (given) => fields.slice(from, to).every((field, index) => field.fill(given[questions[from + index].name]));
  const goOn = () => {
    nodes[shown].disabled = true;
    shown += 1;
    [from, to] = [to, to + parts[shown].length];
    nodes[shown].hidden = false;
    update();
    return nodes[shown];
  };
  const values = () => Object.fromEntries(fields.map((field, index) => [questions[index].name, field.value()]));
  const missing = () => fields.slice(0, to).filter((field) => field.value() === null).length;
  return { node: list, values, missing, press, fill, goOn, isLast: () => shown === parts.length - 1 };
}

function partOf(fields, hidden) {
  return make("fieldset", { className: "part", hidden, tabIndex: -1 }, ...fields.map((field) => field.node));
}

function fieldOf(question, group) {
  const legend = make("legend", {}, make("b", { textContent: question.prompt }));
  if (question.hint) legend.append(make("span", { textContent: question.hint }));
  const inputs = question.choices.map((choice, index) =>
    make("input", { type: "radio", name: group, value: String(index), ariaLabel: spoken(question, choice) }),
  );
  const row = make("div", { className: `choices ${question.wide || question.choices.length > 5 ? "many" : `of-${question.choices.length}`}` });
  row.style.setProperty("--of", question.choices.length);
  row.style.setProperty("--longest", Math.max(...question.choices.flatMap(({ word }) => word.split(/[\s\u00ad-]/)).map(widthOf))); // see rate.css
  row.append(...question.choices.map((choice, index) => optionOf(choice, index, inputs[index])));
  const node = make("fieldset", { className: "question" }, legend, row);
  node.dataset.name = question.name;
  const chosen = () => inputs.find((input) => input.checked);
  const value = () => (chosen() ? question.choices[Number(chosen().value)].value : null);
  const choose = (index) => {
    if (!inputs[index] || inputs[index].closest("fieldset:disabled")) return false;
    inputs[index].checked = true;
    return true;
  };
  const fill = (given) => {
    const input = inputs[question.choices.findIndex((choice) => choice.value === given)];
    if (input) input.checked = true;
    return input !== undefined;
  };
  const words = () => `${question.prompt} ${spoken(question, question.choices[Number(chosen().value)])}`;
  return { node, value, choose, fill, words };
}

// About how many times as wide as a 0 a word is: there are narrow letters and wide ones.
function widthOf(word) {
  return [...word].reduce((sum, letter) => sum + (/[fijlrtI'’.,:;!|]/.test(letter) ? 0.6 : /[mwMW]|[\u3000-\uffff]/.test(letter) ? 1.6 : 1), 0);
}

function spoken(question, choice) {
  return typeof choice.value === "number" ? `${choice.value} ${choice.word}` : choice.word;
}

function optionOf(choice, index, input) {
  const key = make("b", { textContent: String(index + 1), "aria-hidden": "true" });
  return make("label", {}, input, key, make("span", { textContent: choice.word }));
}
