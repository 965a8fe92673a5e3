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
    this.paintTree(on, above.length, scrolled);
  }
  // Row by row, as calls may be deeper than a stack.
  paintTree(on, first, scrolled) {
    const frames = [{ frame: this.zoomed, x: 0, row: first, width: on.width }];
    for (const { frame, x, row, width } of frames) {
      this.layers = row + 1;
      this.paintFrame(on, frame, x, row, width, scrolled, false);
      let at = x;
      for (const inner of this.inside(frame)) {
        const part = (width * inner.total) / (frame.total || 1);
        if (part < 0.5) break;
        frames.push({ frame: inner, x: at, row: row + 1, width: part });
        at += part;
      }
    }
  }
  colourOf(on, frame) {
    if (frame === this.trace.root) return on.colours.line;
    if (frame.state) return paint.kind(frame.kind);
    if (!paint.byKind || !this.trace.hasStates) return paint.func(this.trace.texts[frame.name]);
    if (!frame.kinds) this.sumKinds();
    const { kinds } = frame;
    return paint.kind(kinds.indexOf(Math.max(...kinds)));
  }
  // Time by kind, of all inside too.
  sumKinds() {
    const { paths } = this.trace;
    for (const frame of paths) frame.kinds = KINDS.map(() => 0);
    for (let i = paths.length - 1; i >= 0; i--) {
      const { kinds, parent } = paths[i];
      for (const [, kind, ns] of ownParts(this.trace, paths[i])) kinds[kind] += ns;
      if (parent.kinds) kinds.forEach((ns, kind) => { parent.kinds[kind] += ns; });
    }
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
