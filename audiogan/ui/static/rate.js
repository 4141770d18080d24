// The listening test. The server says where the listener is; this shows it, and sends each answer until it is stored.

import { copy, make } from "./dom.js";
import { inTime, pause } from "./patience.js";
import { button } from "./rate_buttons.js";
import { drawn, forget, fresh, keep, kept } from "./rate_kept.js";
import { participantOf } from "./rate_participant.js";
import { Sounds, stop } from "./rate_sound.js";
import { about } from "./rate_about.js";
import { trial } from "./rate_trial.js";
import * as screens from "./rate_screens.js";
import { speak, t } from "./rate_wording.js";
import { sentence } from "./sentence.js";

const WAIT_MS = 15_000;
const SLOWEST_MS = 10_000;
const LISTENER = "audiogan-listener";
const SESSION = "audiogan-session";
const RECEIPT = "audiogan-receipt";

export function mount({ element, props, server }) {
  speak(props.texts);
  const root = element.querySelector(".rate");
  const status = make("p", { className: "status", role: "status", "aria-live": "polite" });
  const saved = make("p", { className: "saved", role: "status" }); // of its own: the next trial speaks over the status
  const place = make("div", { className: "place" });
  root.replaceChildren(status, place, saved, continuation()); // the status first: it stays in sight, see rate.css
  const say = (text, state = "") => {
    status.dataset.state = state;
    status.textContent = text;
  };
  const participant = participantOf(root.dataset.parameter);
  const named = participant ? { participant } : {};
  let session = kept(SESSION);
  const soundsOf = (one) => new Sounds(server, one, (words) => say(words, words ? "waiting" : ""));
  let sounds = soundsOf(session);
  let showing = null;
  const enter = (key) => {
    session = key;
    sounds = soundsOf(key);
  };

  // Ask until there is an answer: a lost connection or a full disk costs time, never an answer.
  const ask = async (request) => {
    for (let wait = 500; ; wait = Math.min(2 * wait, SLOWEST_MS)) {
      const reply = await inTime(server.listen({ session, ...request }), WAIT_MS).catch(() => null);
      if (reply && !reply.error) return reply;
      if (reply?.error && !reply.wait_ms) throw new Error(reply.error);
      say(reply ? sentence(reply.error) : t("No connection: your answers are kept here and sent again."), "waiting");
      await pause(reply?.wait_ms ?? wait);
    }
  };
  const attempt = async (request, then, restore = () => {}) => {
    try {
      then(await ask(request));
    } catch (error) {
      say(sentence(error.message), "wrong");
      restore();
    }
  };
  const open = () => attempt({ action: "open", ...named }, ({ view }) => show(view));
  // A sitting from another device takes the place of this browser's own, unless the server knows no such sitting.
  const adopt = (linked) =>
    attempt({ action: "open", session: linked }, ({ view }) => {
      if (location.hash === linkTo(linked)) history.replaceState(history.state, "", "#/rate");
      if (view.stage === "consent") {
        say(t("This link belongs to no session known here."), "wrong");
        return open();
      }
      keep(SESSION, linked);
      enter(linked);
      show(view);
    });

  const show = (view) => {
    stop();
    const actions = actionsOf(view);
    const node = { consent: screens.consent, questionnaire: about, level: screens.level, headphones: screens.headphones, done: screens.done, withdrawn: screens.withdrawn }[view.stage]?.(view, actions);
    const sheet = { node, keys: (event) => node.keys?.(event), focus: () => node.querySelector("h2")?.focus({ preventScroll: true }) };
    showing = { view, ...(node ? sheet : trial(view, actions)) };
    root.dataset.stage = view.stage;
    const moved = place.childElementCount > 0;
    place.replaceChildren(showing.node);
    if (moved) showing.focus();
    if (moved && root.getBoundingClientRect().top < 0) root.scrollIntoView({ block: "start" });
    if (view.preload?.length) sounds.load(view.preload, { sampleRate: view.sample_rate }).catch(() => {});
  };

  const actionsOf = (view) => ({
    say,
    receipt: kept(RECEIPT),
    load: (tokens, channels = 1) => sounds.load(tokens, { sampleRate: view.sample_rate, channels }),
    agree: once(() => {
      const begun = kept(SESSION);
      if (!participant && begun && begun !== session) {
        enter(begun); // in another tab meanwhile
        return open();
      }
      if (!participant) enter(fresh(SESSION));
      const request = { action: "consent", version: view.version, listener: kept(LISTENER) ?? fresh(LISTENER), device: deviceClass(), ...named };
      return attempt({ session: session ?? drawn(), ...request }, (reply) => {
        if (participant && reply.session !== session) {
          keep(SESSION, reply.session); // a participant has one sitting, wherever it began
          forget(RECEIPT);
          enter(reply.session);
        }
        say("");
        show(reply.view);
      });
    }),
    next: once((answer) => attempt({ action: "answer", token: view.token, ...answer }, (reply) => show(reply.view))),
    submit: (answer, restore) => {
      say(t("Storing…"));
      const request = { action: "answer", token: view.token, ...answer };
      attempt(request, (reply) => stored(reply, answer.answers), restore);
    },
    fail: () => {
      if (showing?.view !== view) return; // the server gives no sounds of a screen that was left
      const skip = { action: "skip", token: view.token };
      attempt(skip, (reply) => {
        show(reply.view);
        say(t("A sound did not load. It was skipped, and that was noted."), "wrong");
      });
    },
    withdraw: (receipt) =>
      attempt({ action: "withdraw", receipt }, () => {
        saved.textContent = "";
        say(t("Withdrawn: these answers count in no result."), "stored");
        if (session) open();
      }),
    again: () => {
      session = null;
      forget(SESSION);
      forget(RECEIPT);
      saved.textContent = "";
      say("");
      open();
    },
  });

  const stored = (reply, answers) => {
    keep(RECEIPT, reply.receipt);
    say("");
    if (reply.feedback) {
      const node = screens.feedback(reply.feedback, answers, () => show(reply.view));
      showing = { node, keys: () => {} };
      place.replaceChildren(node);
      node.querySelector("button").focus({ preventScroll: true });
    } else show(reply.view);
    saved.replaceChildren(...storedWords(reply.receipt));
  };

  addEventListener("tab", stop);
  document.addEventListener("keydown", (event) => {
    if (!root.isConnected || root.offsetParent === null) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    if (event.target !== document.body && !root.contains(event.target)) return;
    showing?.keys(event);
  });
  const [, linked] = /^#session=([0-9a-f]{32})$/.exec(location.hash) ?? [];
  if (linked) adopt(linked);
  else open();

  function continuation() {
    const field = make("input", { type: "text", readOnly: true, hidden: true, ariaLabel: t("The link to this session") });
    const link = button("link", t("Continue on another device"), async () => {
      const url = `${location.href.replace(/#.*/, "")}${linkTo(session)}`;
      const copied = await copy(url);
      say(copied ? t("Link copied: open it there. Whoever has it can answer for you.") : t("Open this link there. Whoever has it can answer for you."));
      field.hidden = copied;
      field.value = url;
      if (!copied) field.select();
    });
    return make("p", { className: "elsewhere" }, link, field);
  }
}

// The receipt in one piece, see rate.css.
function storedWords(receipt) {
  const [before, after = ""] = t("Stored. Receipt {receipt}", { receipt }).split(receipt);
  return [before, make("span", { textContent: receipt }), after];
}

// A link from another device carries its session behind the #, which no server sees.
function linkTo(session) {
  return `#session=${session}`;
}

// An action that a second press does not start again while the first waits for its answer.
function once(action) {
  let waiting = false;
  return async (...given) => {
    if (waiting) return;
    waiting = true;
    await action(...given);
    waiting = false;
  };
}

function deviceClass() {
  if (!matchMedia("(pointer: coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
}
