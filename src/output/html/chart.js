"use strict";
// Calls over time: a lane a goroutine, a row a level. What is narrower than a pixel costs as much as one pixel.

const ROW = 18, LANE_HEAD = 20, LANE_GAP = 8, RULER = 24;

class Chart {
  constructor(trace) {
    this.trace = trace;
    this.reset();
    let y = RULER;
    this.tops = trace.lanes.map((lane) => {
      const top = y;
      y += LANE_HEAD + lane.rows.length * ROW + LANE_GAP;
      return top;
    });
    this.height = y;
  }
  reset() {
    const margin = this.trace.end * 0.01;
    this.from = -margin;
    this.to = this.trace.end + margin;
  }
  // Times are nanoseconds: less than one of them cannot be told apart.
  show(from, to) {
    const length = Math.min(Math.max(to - from, 10), this.trace.end * 1.02), margin = this.trace.end * 0.01;
    this.from = Math.min(Math.max(from - Math.max(0, length - (to - from)) / 2, -margin), this.trace.end + margin - length);
    this.to = this.from + length;
  }
  showSlice(slice) {
    const { start, time } = this.trace, margin = Math.max(time[slice] * 0.03, 5);
    this.show(start[slice] - margin, start[slice] + time[slice] + margin);
  }
  rowOf(slice) {
    const { lane, depth } = this.trace;
    return this.tops[lane[slice]] + LANE_HEAD + depth[slice] * ROW;
  }
  // At x, of so many pixels.
  timeAt(x, width) {
    return this.from + ((this.to - this.from) * x) / width;
  }

  paint(on, scrolled, found) {
    this.drawn = [];
    this.found = found;
    this.scale = on.width / (this.to - this.from);
    this.paintGrid(on);
    let lane = Math.max(0, bisect(this.tops.length, (i) => this.tops[i] > scrolled + RULER) - 1);
    on.context.save();
    on.context.beginPath();
    on.context.rect(0, RULER, on.width, on.height);
    on.context.clip();
    for (; lane < this.tops.length && this.tops[lane] < scrolled + on.height; lane++) this.paintLane(on, lane, scrolled);
    on.context.restore();
    this.paintRuler(on);
  }
  ticks(on) {
    const wanted = ((this.to - this.from) * 110) / on.width, power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= wanted), found = [];
    for (let at = Math.ceil(this.from / step) * step; at < this.to; at += step) found.push([at, (at - this.from) * this.scale, step]);
    return found;
  }
  paintGrid(on) {
    on.context.fillStyle = on.colours.line;
    for (const [, x] of this.ticks(on)) on.context.fillRect(Math.round(x), RULER, 1, on.height);
  }
  paintRuler(on) {
    on.context.fillStyle = on.colours.panel;
    on.context.fillRect(0, 0, on.width, RULER);
    on.context.fillStyle = on.colours.line;
    on.context.fillRect(0, RULER - 1, on.width, 1);
    on.context.fillStyle = on.colours.faint;
    for (const [at, x, step] of this.ticks(on)) {
      const [unit, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(([, one]) => Math.abs(at) >= one) ?? ["", 1];
      const digits = Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9));
      on.context.fillText(at ? `${(at / size).toFixed(Math.min(digits, 9))} ${unit}` : "0", x + 4, RULER / 2);
    }
  }
  paintLane(on, index, scrolled) {
    const lane = this.trace.lanes[index], top = this.tops[index] - scrolled;
    on.context.fillStyle = on.colours.line;
    on.context.fillRect(0, top, on.width, 1);
    on.context.fillStyle = on.colours.faint;
    on.context.fillText(this.trace.isOneProcess ? lane.name : `${lane.name} · ${lane.process}`, 6, top + LANE_HEAD / 2 + 1);
    lane.rows.forEach((row, depth) => {
      const y = top + LANE_HEAD + depth * ROW;
      if (y > -ROW && y < on.height) this.paintRow(on, row, y);
    });
  }
  paintRow(on, row, y) {
    const { start, time } = this.trace;
    let i = Math.max(0, bisect(row.length, (at) => start[row[at]] > this.from) - 1);
    while (i < row.length && start[row[i]] < this.to) {
      const slice = row[i], x = (start[slice] - this.from) * this.scale, width = time[slice] * this.scale;
      if (x + width >= 0) this.paintSlice(on, slice, x, y, width);
      i++;
      if (width < 1) {
        // The next one that is not on this pixel alone.
        const behind = this.from + (Math.floor(x) + 1) / this.scale, first = i;
        i += bisect(row.length - first, (at) => start[row[first + at]] >= behind);
        if (i > first && start[row[i - 1]] + time[row[i - 1]] > behind) i--;
      }
    }
  }
  paintSlice(on, slice, x, y, width) {
    const { trace } = this, text = trace.texts[trace.name[slice]], isWait = trace.isWait[slice];
    const left = Math.max(x, -1), right = Math.min(x + width, on.width + 1), shown = Math.max(right - left - (width > 3 ? 1 : 0), 1);
    const isDim = this.found && (isWait || !this.found.isNamed(trace.name[slice])), { context } = on;
    context.globalAlpha = isDim ? 0.25 : 1;
    context.fillStyle = isWait || (paint.byKind && trace.hasStates) ? paint.kind(trace.kind[slice]) : paint.func(text);
    if (isWait) context.fillRect(left, y + 3, shown, ROW - 7);
    else context.fillRect(left, y, shown, ROW - 2);
    if (shown < 2) return void (context.globalAlpha = 1);
    if (!isWait && trace.hasStates && shown > 8) this.paintParts(on, slice, left, y + ROW - 5, shown);
    context.fillStyle = on.colours.text;
    paint.label(on, text, left, y + ROW / 2 - (trace.hasStates && !isWait ? 2 : 1), shown);
    context.globalAlpha = 1;
    this.drawn.push({ slice, name: text, isWait: !!isWait, x: left, y, width: shown });
  }
  // What its time was spent on, as shares, along its lower edge.
  paintParts(on, slice, x, y, width) {
    let at = x;
    for (const [, kind, ns] of partsOf(this.trace, slice).sort((a, b) => a[1] - b[1])) {
      const part = (width * ns) / (this.trace.time[slice] || 1);
      on.context.fillStyle = paint.kind(kind);
      on.context.fillRect(at, y, part, 3);
      at += part;
    }
  }
  // The slice at a place; null: there is none.
  at(x, y, scrolled) {
    const { start, time, lanes } = this.trace, place = y + scrolled;
    const lane = bisect(this.tops.length, (i) => this.tops[i] > place) - 1;
    const row = y > RULER && lane >= 0 ? lanes[lane].rows[Math.floor((place - this.tops[lane] - LANE_HEAD) / ROW)] : undefined;
    if (!row) return null;
    const when = this.from + x / this.scale, near = 1.5 / this.scale;
    const i = bisect(row.length, (at) => start[row[at]] > when + near) - 1;
    return i >= 0 && start[row[i]] + time[row[i]] + near >= when ? row[i] : null;
  }
}
