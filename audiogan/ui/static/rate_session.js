// The session that this browser answers for: its key, its receipt, its sounds, and what it asks of the server.

import { inTime, pause } from "./patience.js";
import { drawn, forget, fresh, keep, kept } from "./rate_kept.js";
import { participantOf } from "./rate_participant.js";
import { Sounds } from "./rate_sound.js";
import { t } from "./rate_wording.js";
import { sentence } from "./sentence.js";

const WAIT_MS = 15_000;
const SLOWEST_MS = 10_000;
const LISTENER = "audiogan-listener";
const SESSION = "audiogan-session";
const RECEIPT = "audiogan-receipt";

export class Session {
  #server;
  #say;
  #participant;

  // `say(text, state)` tells the listener; `parameter` of the address names whom a recruitment platform sent.
  constructor(server, say, parameter) {
    this.#server = server;
    this.#say = say;
    this.#participant = participantOf(parameter);
    this.#enter(kept(SESSION));
  }

  get receipt() {
    return kept(RECEIPT);
  }

  set receipt(receipt) {
    keep(RECEIPT, receipt);
  }

  #enter(key) {
    this.key = key;
    this.sounds = new Sounds(this.#server, key, (words) => this.#say(words, words ? "waiting" : ""));
  }

  // Ask until there is an answer: a lost connection or a full disk costs time, never an answer.
  async #ask(request) {
    for (let wait = 500; ; wait = Math.min(2 * wait, SLOWEST_MS)) {
      const reply = await inTime(this.#server.listen({ session: this.key, ...request }), WAIT_MS).catch(() => null);
      if (reply && !reply.error) return reply;
      if (reply?.error && !reply.wait_ms) throw new Error(reply.error);
      this.#say(reply ? sentence(reply.error) : t("No connection: your answers are kept here and sent again."), "waiting");
      await pause(reply?.wait_ms ?? wait);
    }
  }

  // Ask, and `then` use the reply; what goes wrong is told, and `restore` gives back what waited for it.
  async attempt(request, then, restore = () => {}) {
    try {
      then(await this.#ask(request));
    } catch (error) {
      this.#say(sentence(error.message), "wrong");
      restore();
    }
  }

  open(then) {
    return this.attempt({ action: "open", ...this.#named }, then);
  }

  // Begin with the consent to this version. A participant has one session, wherever it began; for anybody else it is a new
  // one, unless another tab has begun one meanwhile, which is opened.
  agree(version, device, then) {
    const begun = kept(SESSION);
    if (!this.#participant && begun && begun !== this.key) {
      this.#enter(begun);
      return this.open(then);
    }
    if (!this.#participant) this.#enter(fresh(SESSION));
    const listener = kept(LISTENER) ?? fresh(LISTENER);
    const request = { action: "consent", session: this.key ?? drawn(), version, listener, device, ...this.#named };
    return this.attempt(request, (reply) => {
      if (this.#participant && reply.session !== this.key) {
        forget(RECEIPT);
        this.adopt(reply.session);
      }
      then(reply);
    });
  }

  // Go on with a session that began elsewhere.
  adopt(key) {
    keep(SESSION, key);
    this.#enter(key);
  }

  leave() {
    forget(SESSION);
    forget(RECEIPT);
    this.#enter(null);
  }

  get #named() {
    return this.#participant ? { participant: this.#participant } : {};
  }
}
