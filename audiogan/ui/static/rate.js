// The listening test. The server says where the listener is; this shows it, and sends each answer until it is stored.

import { copy, make } from "./dom.js";
import { about } from "./rate_about.js";
import { button } from "./rate_buttons.js";
import { consent, done, feedback, headphones, level, withdrawn } from "./rate_screens.js";
import { Session } from "./rate_session.js";
import { stop } from "./rate_sound.js";
import { trial } from "./rate_trial.js";
import { speak, t } from "./rate_wording.js";

const SCREENS = { consent, questionnaire: about, level, headphones, done, withdrawn }; // by stage; the others are trials

export function mount({ element, props, server }) {
  speak(props.texts);
  const test = new ListeningTest(element.querySelector(".rate"), server);
  addEventListener("tab", stop);
  document.addEventListener("keydown", (event) => test.press(event));
  const [, linked] = /^#session=([0-9a-f]{32})$/.exec(location.hash) ?? [];
  if (linked) test.follow(linked);
  else test.open();
}

class ListeningTest {
  #root;
  #session;
  #showing = null; // the view, its node and its keys
  #status = make("p", { className: "status", role: "status", "aria-live": "polite" });
  #saved = make("p", { className: "saved", role: "status" }); // of its own: the next trial speaks over the status
  #place = make("div", { className: "place" });

  constructor(root, server) {
    this.#root = root;
    this.#session = new Session(server, this.#say, root.dataset.parameter);
    // The status first: it stays in sight, see rate.css.
    root.replaceChildren(this.#status, this.#place, this.#saved, this.#continuation());
  }

  #say = (text, state = "") => {
    this.#status.dataset.state = state;
    this.#status.textContent = text;
  };

  open() {
    return this.#session.open(this.#go);
  }

  // A session from another device takes the place of this browser's own, unless the server knows no such session.
  follow(linked) {
    return this.#session.attempt({ action: "open", session: linked }, (reply) => {
      if (location.hash === linkTo(linked)) history.replaceState(history.state, "", "#/rate");
      if (reply.view.stage === "consent") {
        this.#say(t("This link belongs to no session known here."), "wrong");
        return this.open();
      }
      this.#session.adopt(linked);
      this.#go(reply);
    });
  }

  press(event) {
    if (!this.#root.isConnected || this.#root.offsetParent === null) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    if (event.target !== document.body && !this.#root.contains(event.target)) return;
    this.#showing?.keys(event);
  }

  #go = ({ view }) => this.#show(view);

  #show(view) {
    stop();
    const actions = this.#actionsOf(view);
    const node = SCREENS[view.stage]?.(view, actions);
    const sheet = { node, keys: (event) => node.keys?.(event), focus: () => node.querySelector("h2")?.focus({ preventScroll: true }) };
    this.#showing = { view, ...(node ? sheet : trial(view, actions)) };
    this.#root.dataset.stage = view.stage;
    const moved = this.#place.childElementCount > 0;
    this.#place.replaceChildren(this.#showing.node);
    if (moved) this.#showing.focus();
    if (moved && this.#root.getBoundingClientRect().top < 0) this.#root.scrollIntoView({ block: "start" });
    if (view.preload?.length) this.#session.sounds.load(view.preload, { sampleRate: view.sample_rate }).catch(() => {});
  }

  // What the listener can do on a screen.
  #actionsOf(view) {
    const session = this.#session;
    const send = (action, given, ...rest) => session.attempt({ action, token: view.token, ...given }, ...rest);
    return {
      say: this.#say,
      receipt: session.receipt,
      load: (tokens, channels = 1) => session.sounds.load(tokens, { sampleRate: view.sample_rate, channels }),
      agree: once(() =>
        session.agree(view.version, deviceClass(), (reply) => {
          this.#say("");
          this.#go(reply);
        }),
      ),
      next: once((answer) => send("answer", answer, this.#go)),
      submit: (answer, restore) => {
        this.#say(t("Storing…"));
        send("answer", answer, (reply) => this.#stored(reply, answer.answers), restore);
      },
      fail: () => {
        if (this.#showing?.view !== view) return; // the server gives no sounds of a screen that was left
        send("skip", {}, (reply) => {
          this.#go(reply);
          this.#say(t("A sound did not load. It was skipped, and that was noted."), "wrong");
        });
      },
      withdraw: (receipt) => this.#withdraw(receipt),
      again: () => this.#again(),
    };
  }

  #stored(reply, answers) {
    this.#session.receipt = reply.receipt;
    this.#say("");
    if (reply.feedback) {
      const node = feedback(reply.feedback, answers, () => this.#go(reply));
      this.#showing = { node, keys: () => {} };
      this.#place.replaceChildren(node);
      node.querySelector("button").focus({ preventScroll: true });
    } else this.#go(reply);
    this.#saved.replaceChildren(...storedWords(reply.receipt));
  }

  #withdraw(receipt) {
    return this.#session.attempt({ action: "withdraw", receipt }, () => {
      this.#saved.textContent = "";
      this.#say(t("Withdrawn: these answers count in no result."), "stored");
      if (this.#session.key) this.open();
    });
  }

  #again() {
    this.#session.leave();
    this.#saved.textContent = "";
    this.#say("");
    this.open();
  }

  #continuation() {
    const field = make("input", { type: "text", readOnly: true, hidden: true, ariaLabel: t("The link to this session") });
    const link = button("link", t("Continue on another device"), async () => {
      const url = `${location.href.replace(/#.*/, "")}${linkTo(this.#session.key)}`;
      const copied = await copy(url);
      this.#say(copied ? t("Link copied: open it there. Whoever has it can answer for you.") : t("Open this link there. Whoever has it can answer for you."));
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
