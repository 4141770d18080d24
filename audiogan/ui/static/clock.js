// When each step sounds, and who asks in time. Times are seconds of the audio clock.

export const STEPS = 16;
export const TEMPO = { min: 30, max: 300, value: 122 };
export const SWING = { min: 0, max: 70, value: 0 }; // % of a sixteenth by which every second one is late

export const LOOK_AHEAD = 0.15; // longer than a busy page stalls, shorter than anyone waits for an edit to be heard
const TICK = 0.025;
const FARTHEST = 1.5;
const EASE = 0.998; // back to normal within half a minute

// How far ahead to schedule after a tick that came `gap` seconds after the last: a page that stalls looks farther.
export function lookAhead(before, gap) {
  return Math.min(Math.max(LOOK_AHEAD, 2 * gap, before * EASE), FARTHEST);
}

export function stepSeconds(tempo) {
  return 60 / tempo / 4;
}

// Steps until a beat is as it was at first: where their number is odd, swing falls on the other ones every second turn.
export function stepsOfLoop({ steps, swing }) {
  return steps % 2 && swing ? 2 * steps : steps;
}

// Counts steps from an anchor by multiplication, so no error adds up; a new tempo moves the anchor to the coming step.
export class StepClock {
  constructor(start, tempo, swing) {
    Object.assign(this, { anchor: start, anchorStep: 0, next: 0, tempo, former: tempo, swing });
  }

  // Before the anchor steps came at the former tempo.
  timeOf(step) {
    const late = step % 2 ? this.swing / 100 : 0;
    return this.anchor + (step - this.anchorStep + late) * stepSeconds(step < this.anchorStep ? this.former : this.tempo);
  }

  // The step that is nearest to a time.
  nearest(time) {
    const seconds = stepSeconds(time < this.anchor ? this.former : this.tempo);
    const step = this.anchorStep + Math.floor((time - this.anchor) / seconds);
    const away = (one) => Math.abs(this.timeOf(one) - time);
    return Math.max(away(step + 1) < away(step) ? step + 1 : step, 0);
  }

  setTempo(tempo) {
    this.anchor += (this.next - this.anchorStep) * stepSeconds(this.tempo);
    Object.assign(this, { anchorStep: this.next, former: this.tempo, tempo });
  }

  // The steps before `until`, in order, each handed out once: [{ step, time }].
  take(until) {
    const due = [];
    while (this.timeOf(this.next) < until) due.push({ step: this.next, time: this.timeOf(this.next++) });
    return due;
  }
}

// Ticks from a worker: a page in the background has its own timers slowed to one a second.
export function ticker(tick) {
  const code = `setInterval(() => postMessage(0), ${TICK * 1000})`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    worker.onmessage = tick;
    return () => worker.terminate();
  } catch {
    const timer = setInterval(tick, TICK * 1000);
    return () => clearInterval(timer);
  } finally {
    URL.revokeObjectURL(url);
  }
}
