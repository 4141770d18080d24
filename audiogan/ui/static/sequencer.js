// Sixteen steps round and round: steps are handed to the audio clock ahead of time, so a busy page cannot delay them.

import { LOOK_AHEAD, lookAhead, StepClock, stepSeconds, STEPS, ticker } from "./clock.js";
import { audio, wake } from "./engine.js";
import { Metronome } from "./metronome.js";
import { isEmpty, LEVELS, levelOf, NORMAL } from "./pattern.js";

const LEAD = 0.06; // seconds before the first step
const BEAT = 4; // steps
const LATE = 0.05; // seconds after which a step is left out: what a page that slept missed would sound all at once

export class Sequencer extends EventTarget {
  constructor(studio, player, metronome = new Metronome()) {
    super();
    Object.assign(this, { studio, player, metronome, clock: null, halt: null, shown: [], asked: null, level: NORMAL, take: null, played: new Set() });
  }

  get running() {
    return this.clock !== null;
  }

  // `before` are the steps that are counted before the first.
  async start(before = 0) {
    if (this.running) return;
    const asked = (this.asked = {});
    await wake();
    if (this.asked !== asked) return; // stopped, or started again, before the audio was awake
    const { tempo, swing } = this.studio.kit;
    this.clock = new StepClock(audio().currentTime + LEAD + before * stepSeconds(tempo), tempo, swing);
    this.clock.next = -before;
    Object.assign(this, { reach: LOOK_AHEAD, ticked: audio().currentTime });
    this.halt = ticker(() => this.tick());
    this.tick();
    this.dispatchEvent(new Event("running"));
  }

  stop() {
    this.asked = null;
    this.record(false);
    if (!this.running) return;
    this.halt();
    Object.assign(this, { clock: null, shown: [] });
    this.player.hush();
    this.dispatchEvent(new Event("running"));
  }

  // How hard what is pressed sounds where that is not known: in a take as it will be written.
  get velocity() {
    return this.take && this.running ? LEVELS[this.level] : 1;
  }

  toggle() {
    return this.running ? this.stop() : this.start();
  }

  // A take on an empty beat: a metronome counts a bar, and goes on with it.
  countIn() {
    this.stop();
    this.record(true);
    this.take.clicks = true;
    return this.start(STEPS);
  }

  // Which beat is being counted, from 1; null where none is.
  get count() {
    const left = this.take?.clicks && this.running ? this.clock.timeOf(0) - audio().currentTime : 0;
    return left > 0 ? Math.max(1 + STEPS / BEAT - Math.ceil(left / (BEAT * stepSeconds(this.clock.tempo))), 1) : null;
  }

  // Whether pads and keys that are pressed come into the beat. What ends a take in which some were tells of the beat before it.
  record(on) {
    if (on === (this.take !== null)) return;
    const { take } = this;
    this.take = on ? {} : null;
    if (!on) this.metronome.hush();
    this.beginTake();
    this.dispatchEvent(new CustomEvent("recording", { detail: take?.count ? take.before : null }));
  }

  // What was recorded until now, perhaps into another kit, is not of the take.
  beginTake() {
    if (this.take) this.take = { before: this.studio.beatNow(), count: 0, clicks: this.take.clicks && isEmpty(this.studio.kit.pattern) };
    this.played.clear();
  }

  // A pad that was pressed just now, at the step nearest to what is heard; how hard, where that is known, and at which pitch.
  write(number, { velocity, pitch = null } = {}) {
    if (!this.take || !this.running) return;
    const heard = audio().currentTime - (audio().outputLatency || 0);
    if (this.take.clicks && heard < this.clock.timeOf(0) - stepSeconds(this.clock.tempo) / 2) return; // it is being counted
    const step = this.clock.nearest(heard);
    if (step >= this.clock.next) this.played.add(`${step} ${number}`); // it is heard already
    this.studio.setStep(number, step % this.studio.kit.steps, velocity === undefined ? this.level : levelOf(velocity), pitch);
    this.take.count += 1;
  }

  tick() {
    const { kit } = this.studio;
    const now = audio().currentTime;
    this.reach = lookAhead(this.reach, now - this.ticked);
    this.ticked = now;
    if (kit.tempo !== this.clock.tempo) this.clock.setTempo(kit.tempo);
    this.clock.swing = kit.swing;
    for (const { step, time } of this.clock.take(now + this.reach)) {
      if (time < now - LATE) continue;
      const column = step % kit.steps;
      if (this.take?.clicks && step % BEAT === 0) this.metronome.click(time, step < 0 ? step === -STEPS : column === 0);
      if (step < 0) continue;
      this.shown.push({ column, time });
      kit.pattern.forEach((row, number) => {
        if (row[column] && !this.played.delete(`${step} ${number}`)) this.player.beat(number, time, LEVELS[row[column]], kit.pitches[number][column]);
      });
    }
    this.forget(now); // nobody asks for columns in a page that is hidden
  }

  // Columns before the one that sounds.
  forget(now) {
    const coming = this.shown.findIndex(({ time }) => time > now);
    const begun = coming < 0 ? this.shown.length : coming;
    if (begun > 1) this.shown.splice(0, begun - 1);
  }

  // The column that is sounding now, for the eye; null while stopped.
  column() {
    const now = audio().currentTime;
    this.forget(now);
    return this.running && this.shown[0]?.time <= now ? this.shown[0].column : null;
  }
}
