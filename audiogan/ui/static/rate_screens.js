// The screens around the trials: consent, volume, headphones, feedback, thanks.

import { make } from "./dom.js";
import { primary, secondary } from "./rate_buttons.js";
import { completion } from "./rate_completion.js";
import { stop } from "./rate_sound.js";
import { player } from "./rate_player.js";
import { questionnaire } from "./rate_scale.js";
import { t } from "./rate_wording.js";

export function consent(view, { agree, withdraw }) {
  const begin = primary(t("I agree: begin"), agree);
  const facts = make("ul", { className: "facts" });
  const { tasks: count, practice } = view;
  const tasks = practice ? t("Tasks: {count}, and {practice} more for practice", { count, practice }) : t("Tasks: {count}", { count });
  const time = t("about {count} min", { count: view.minutes });
  facts.append(...[tasks, time, t("headphones, if you have any"), t("a quiet place")].map((text) => make("li", { textContent: text })));
  const words = make("div", { className: "words" }, ...paragraphs(view.text));
  words.append(...paragraphs(view.notice ?? ""));
  return screen("consent", heading(view.title), facts, words, begin, withdrawal(withdraw));
}

export function level(view, { load, next, fail }) {
  const sound = player(t("Play a sound"));
  load(view.clips).then((buffers) => sound.ready(buffers), fail);
  const done = primary(t("The volume is right"), () => next({}));
  const text = t("Play this sound and set your device's volume so that it is clear and comfortable. Then leave the volume as it is until the end.");
  return screen("level", heading(t("Set the volume")), ...paragraphs(text), make("div", { className: "sounds" }, sound.node), done);
}

// Six times three noises; one of the three carries a tone that only headphones let through.
export function headphones(view, { load, next, fail, say }) {
  const choices = [];
  const either = view.counts ? "" : t("You take part either way.");
  const body = make("div", { className: "body" });
  const node = screen(
    "headphones",
    heading(t("Headphone check")),
    ...paragraphs(`${t("Put your headphones on. You will hear three noises. One of them hides a faint, high tone: which one?")} ${either}`),
    body,
    secondary(t("I have no headphones"), () => next({ choices: null })),
  );
  const ask = () => {
    const at = choices.length;
    const sound = player(t("Three noises"), { heard: ({ whole }) => whole && (answer.disabled = false), parts: 3 });
    const answer = make("fieldset", { className: "answers", disabled: true });
    const intervals = [t("First"), t("Second"), t("Third")].map((word, value) => ({ value, word }));
    const question = { name: "tone", prompt: t("Which one had the tone?"), choices: intervals };
    const asked = questionnaire([[question]], `tone-${at}`, () => (go.disabled = asked.missing() > 0));
    const go = primary(at + 1 < view.trials.length ? t("Next") : t("Done"), () => {
      stop();
      choices.push(asked.values().tone);
      if (choices.length < view.trials.length) ask();
      else next({ choices });
    });
    go.disabled = true;
    answer.append(asked.node);
    const count = make("p", { className: "count", textContent: t("{number} of {total}", { number: at + 1, total: view.trials.length }) });
    body.replaceChildren(count, make("div", { className: "sounds" }, sound.node), answer, go);
    node.keys = (event) => {
      if (event.key === " " && !event.target.closest("button, a, summary, input:not(:checked)")) sound.toggle();
      else if (event.key === "Enter" && !go.disabled && (event.target === sound.button || !event.target.closest("button, a, summary"))) go.click();
      else if (!(/^[1-3]$/.test(event.key) && !answer.disabled && asked.press(event.key))) return;
      event.preventDefault();
    };
    load(view.trials[at], 2).then((buffers) => {
      sound.ready(buffers, at > 0);
      if (view.trials[at + 1]) load(view.trials[at + 1], 2).catch(() => {});
    }, fail);
    say(t("Headphone check {number} of {total}", { number: at + 1, total: view.trials.length }), "aloud");
    if (at) sound.button.focus({ preventScroll: true });
  };
  ask();
  return node;
}

export function feedback(told, answers, next) {
  const said = answers?.real;
  const right = said === undefined ? null : (said === "real") === told.real;
  const verdict = right === null ? "" : right ? t("You said the same.") : t("You said: {answer}.", { answer: said === "real" ? t("real") : t("invented") });
  const node = screen("feedback", heading(told.text), ...paragraphs(verdict), primary(t("Next"), next));
  node.dataset.right = String(right);
  return node;
}

export function done(view, { receipt, withdraw, again, say }) {
  const { right, of, uncounted } = view.judged;
  const told = of ? [t("Recordings and invented sounds told apart: {right} of {total}.", { right, total: of })] : [];
  if (of && uncounted.length) told.push(t("Not counted: {these}.", { these: uncounted.join(", ") }));
  const parts = [heading(t("Thank you")), ...paragraphs([t("Your answers are stored."), ...told].join(" ")), ...completion(view, say)];
  if (view.systems.length) parts.push(systemsOf(view.systems));
  if (view.trials.length) parts.push(trialsOf(view.trials));
  if (receipt) parts.push(make("p", { className: "receipt" }, `${t("Your receipt, to withdraw your answers later:")} `, make("code", { textContent: receipt })));
  const everyone = secondary(t("How others answered"), () => (location.hash = "/results")); // see tabs.js
  const more = view.recruited || !view.more ? [] : [primary(t("Rate more sounds"), again)]; // a participant takes part once
  const buttons = make("div", { className: "buttons" }, ...more, everyone);
  return screen("done", ...parts, buttons, withdrawal(withdraw, receipt));
}

export function withdrawn(view, { again, say }) {
  const anew = view.recruited ? [] : [primary(t("Start over"), again)];
  if (view.completion) anew.push(...completion(view, say));
  return screen("withdrawn", heading(t("Withdrawn")), ...paragraphs(t("Your answers are marked as withdrawn and count in no result.")), ...anew);
}

function systemsOf(systems) {
  const rows = systems.map((one) => [one.made, one.heard, one.quality ?? "–", one.called_real === null ? "–" : `${one.called_real}\u00a0%`]);
  return table(t("What you rated"), [t("Made by"), t("Sounds"), t("Your mean quality"), t("You called real")], rows, "numbers");
}

function trialsOf(trials) {
  const rows = trials.map((one, at) => [at + 1, one.label || "–", one.made, Object.values(one.values).join("\u00a0· ")]);
  const questions = Object.keys(trials[0].values).join(" · ");
  const inner = table(t("Your answers: {questions}", { questions }), ["", t("Instrument"), t("Made by"), t("Your answers")], rows);
  return make("details", {}, make("summary", { textContent: t("Each sound and your answers") }), inner);
}

function table(caption, headings, rows, kind = "texts") {
  const head = make("tr", {}, ...headings.map((text) => make("th", { scope: "col", textContent: text })));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((text, at) => cell(text, headings[at]))));
  const inner = make("table", {}, make("caption", { textContent: caption }), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { className: `results ${kind}` }, inner);
}

function cell(text, name) {
  return make("td", { textContent: String(text), "data-heading": name });
}

function withdrawal(withdraw, receipt = "") {
  const input = make("input", { type: "text", value: receipt, maxLength: 64, autocomplete: "off", spellcheck: false });
  const form = make("form", { className: "withdrawal" }, make("label", {}, make("span", { textContent: t("Receipt") }), input), make("button", { type: "submit", className: "secondary", textContent: t("Withdraw") }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    withdraw(input.value);
  });
  return make("details", {}, make("summary", { textContent: t("Withdraw answers") }), ...paragraphs(t("Any receipt from a session withdraws all its answers.")), form);
}

export function screen(name, ...children) {
  return make("section", { className: `sheet ${name}` }, ...children);
}

export function heading(text) {
  return make("h2", { textContent: text, tabIndex: -1 });
}

export function paragraphs(text) {
  return text.split(/\n\s*\n/).filter(Boolean).map((part) => make("p", { textContent: part }));
}
