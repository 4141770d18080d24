// One trial: play the sound, answer its questions, submit. Space plays, 1 to 5 answer, Enter goes on. What the sound is meant to
// be is told with the first question that names it: what is asked before is answered without, and then stays as it is.

import { make } from "./dom.js";
import { keep, kept } from "./rate_kept.js";
import { mayPlayUnasked, stop } from "./rate_sound.js";
import { player } from "./rate_player.js";
import { questionnaire } from "./rate_scale.js";
import { t } from "./rate_wording.js";

const BEFORE = "audiogan-before-cue"; // the trial's answers that stay as they are, after a reload too

export function trial(view, { load, submit, fail, say }) {
  const time = { plays: 0, listened_ms: 0, heard_at: null };
  const first = player(nameOf(view), { heard: (part) => heard(part), parts: view.clips.length });
  const form = make("form", { className: "trial", noValidate: true });
  const answers = make("fieldset", { className: "answers", disabled: true });
  const exemplar = view.exemplar && player(t("A real {label}", { label: view.label.toLowerCase() }), { small: true });
  const parts = partsOf(view.questions);
  const questions = questionnaire(parts, view.token.slice(0, 8), () => update(), exemplar?.node);
  const button = make("button", { type: "submit", className: "primary", textContent: parts.length > 1 ? t("Next") : t("Submit"), disabled: true });
  const sounds = make("div", { className: "sounds" }, first.node);
  answers.append(questions.node);
  form.append(positionOf(view), sounds, answers, make("div", { className: "foot" }, button, hintsOf(view)));

  const update = () => (button.disabled = answers.disabled || questions.missing() > 0);
  const heard = ({ ms, whole }) => {
    time.listened_ms += ms;
    if (!whole) return;
    time.plays += 1;
    if (time.heard_at === null) {
      time.heard_at = performance.now();
      answers.disabled = false;
      say(t("Now answer the questions."));
      update();
    }
  };
  const reveal = () => {
    const part = questions.goOn();
    first.rename(view.label);
    part.ariaLabel = t("Meant to be: {label}", { label: view.label });
    button.textContent = t("Submit");
    return part;
  };
  const cue = () => {
    const { plays, listened_ms } = time;
    keep(BEFORE, JSON.stringify({ token: view.token, answers: questions.values(), plays, listened_ms }));
    const part = reveal();
    say(t("Meant to be: {label}. Earlier answers stay.", { label: view.label }));
    part.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.disabled) return;
    if (!questions.isLast()) return cue();
    stop();
    answers.disabled = button.disabled = true;
    const response_ms = Math.round(performance.now() - time.heard_at);
    const { plays, listened_ms } = time;
    submit({ answers: questions.values(), plays, listened_ms, response_ms }, () => {
      answers.disabled = false;
      update();
    });
  });
  const keys = (event) => {
    if (event.key === " " && !keepsSpace(event.target)) first.toggle();
    else if (event.key === "Enter" && (!isButton(event.target) || (event.target === first.button && !button.disabled))) form.requestSubmit();
    else if (!(/^[1-9]$/.test(event.key) && !answers.disabled && answer(event.key))) return;
    event.preventDefault();
  };
  const answer = (key) => {
    const words = questions.press(key);
    if (words) say(words);
    return words;
  };
  const { token, answers: given, ...spent } = JSON.parse(kept(BEFORE)) ?? {};
  if (token === view.token && questions.fill(given)) {
    Object.assign(time, spent);
    reveal();
  }
  const tokens = [...view.clips, ...(view.exemplar ? [view.exemplar] : [])];
  load(tokens).then((buffers) => {
    first.ready(buffers.slice(0, view.clips.length), mayPlayUnasked());
    exemplar?.ready(buffers.slice(view.clips.length));
    say(time.heard_at !== null ? "" : t("Listen to the whole sound, then answer."));
  }, fail);
  return { node: form, keys, focus: () => first.button.focus({ preventScroll: true }) };
}

// Before the first question that tells the instrument, and from it on.
function partsOf(questions) {
  const cued = questions.findIndex((question) => question.cued);
  return cued > 0 ? [questions.slice(0, cued), questions.slice(cued)] : [questions];
}

function nameOf(view) {
  if (view.stage === "preference") return t("{label}: first, then second", { label: view.label });
  if (view.stage === "diversity") return t("Ten sounds in a row");
  return view.questions[0].cued ? view.label : t("The sound");
}

function positionOf(view) {
  const { number, total } = view;
  const words = view.practice ? t("Practice {number} of {total}", { number, total }) : t("Task {number} of {total}", { number, total });
  const bar = make("progress", { max: view.total, value: view.number - 1, ariaLabel: words });
  return make("div", { className: "position" }, make("span", { textContent: words }), bar);
}

function hintsOf(view) {
  const most = Math.min(Math.max(...view.questions.map((question) => question.choices.length)), 9);
  const keys = [[t("Space"), t("play")], [`1–${most}`, t("answer")], [t("Enter"), t("go on")]];
  const parts = keys.flatMap(([key, does]) => [make("kbd", { textContent: key }), ` ${does} `]);
  return make("p", { className: "hints" }, ...parts);
}

// A radio that is not chosen yet takes the space bar for itself, as everywhere.
function keepsSpace(target) {
  return isButton(target) || (target.type === "radio" && !target.checked);
}

function isButton(target) {
  return target.closest("button, a, select, summary, textarea, input:not([type='radio'])") !== null;
}
