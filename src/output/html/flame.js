"use strict";
// Calls by path: a frame is as wide as its calls took together, below what called it. What a function spent its
// own time on, other than running, is one more step.

class Flame {
  constructor(trace) {
    this.trace = trace;
    this.zoomed = trace.root;
    this.layers = 1;
  }
  get height() {
    return this.layers * ROW + 2 * LANE_GAP;
  }
  labelOf(frame) {
    if (frame === this.trace.root) return `all  ${duration(frame.total)}`;
    return frame.state ? `[${frame.state}]` : this.trace.texts[frame.name];
  }
  inside(frame) {
    if (frame.state) return [];
    frame.sorted ??= [...frame.inside.values(), ...(frame.parent ? this.states(frame) : [])].sort((a, b) => b.total - a.total);
    return frame.sorted;
  }
  states(frame) {
    return ownParts(this.trace, frame)
      .filter(([, kind]) => kind)
      .map(([state, kind, total]) => ({ state, kind, total, own: total, parent: frame }));
  }
  paint(on, scrolled, found) {
    this.drawn = [];
    this.found = found;
    this.layers = 0;
    const above = [];
    for (let frame = this.zoomed.parent; frame; frame = frame.parent) above.unshift(frame);
    above.forEach((frame, row) => this.paintFrame(on, frame, 0, row, on.width, scrolled, true));
    this.paintTree(on, this.zoomed, 0, above.length, on.width, scrolled);
  }
  paintTree(on, frame, x, row, width, scrolled) {
    this.layers = Math.max(this.layers, row + 1);
    this.paintFrame(on, frame, x, row, width, scrolled, false);
    for (const inner of this.inside(frame)) {
      const part = (width * inner.total) / (frame.total || 1);
      if (part < 0.5) break;
      this.paintTree(on, inner, x, row + 1, part, scrolled);
      x += part;
    }
  }
  colourOf(on, frame) {
    if (frame === this.trace.root) return on.colours.line;
    if (frame.state) return paint.kind(frame.kind);
    if (!paint.byKind || !this.trace.hasStates) return paint.func(this.trace.texts[frame.name]);
    const kinds = this.kindsOf(frame);
    return paint.kind(kinds.indexOf(Math.max(...kinds)));
  }
  // Time by kind, of all inside too.
  kindsOf(frame) {
    if (frame.kinds) return frame.kinds;
    frame.kinds = KINDS.map(() => 0);
    for (const [, kind, ns] of ownParts(this.trace, frame)) frame.kinds[kind] += ns;
    for (const inner of frame.inside.values()) this.kindsOf(inner).forEach((ns, kind) => { frame.kinds[kind] += ns; });
    return frame.kinds;
  }
  paintFrame(on, frame, x, row, width, scrolled, isAbove) {
    const y = LANE_GAP + row * ROW - scrolled, { context } = on;
    if (y < -ROW || y > on.height) return;
    const isDim = this.found && (frame.state || frame === this.trace.root || !this.found.isNamed(frame.name));
    context.globalAlpha = isDim ? 0.25 : isAbove ? 0.6 : 1;
    context.fillStyle = this.colourOf(on, frame);
    context.fillRect(x, y, Math.max(width - (width > 3 ? 1 : 0), 0.5), ROW - 1);
    this.drawn.push({ frame, name: this.labelOf(frame), x, y, width });
    context.fillStyle = on.colours.text;
    paint.label(on, this.labelOf(frame), x, y + ROW / 2, width);
  }
  at(x, y) {
    const hit = this.drawn.findLast((one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + ROW);
    return hit ? hit.frame : null;
  }
}
