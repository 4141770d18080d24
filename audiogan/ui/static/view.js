// A stretch of time that is looked at, in seconds: zoomed about a point, moved, never outside the clip.

const SHORTEST = 0.004;

export class View {
  constructor(seconds) {
    this.reset(seconds);
  }

  reset(seconds = this.seconds) {
    Object.assign(this, { seconds, from: 0, to: seconds });
  }

  get span() {
    return this.to - this.from;
  }

  get zoomed() {
    return this.span < this.seconds * 0.999;
  }

  // `factor` above 1 shows less; the second `about` stays where it is.
  zoom(factor, about = (this.from + this.to) / 2) {
    const span = Math.min(Math.max(this.span / factor, SHORTEST), this.seconds);
    this.place(about - ((about - this.from) / this.span) * span, span);
  }

  pan(seconds) {
    this.place(this.from + seconds, this.span);
  }

  // Moves as little as shows the second.
  reveal(second) {
    if (second < this.from) this.pan(second - this.from);
    if (second > this.to) this.pan(second - this.to);
  }

  place(from, span) {
    this.from = Math.min(Math.max(from, 0), this.seconds - span);
    this.to = this.from + span;
  }

  fractionOf(second) {
    return (second - this.from) / this.span;
  }

  secondAt(fraction) {
    return this.from + fraction * this.span;
  }
}
