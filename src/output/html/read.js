"use strict";
// What was traced, out of the page: base64 of zlib of records; html_file.h says what is in those.

// Numbers and texts that follow each other (base/bytes.h).
class Cursor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.decoder = new TextDecoder();
  }
  get isAtEnd() {
    return this.at >= this.bytes.length;
  }
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (!(byte & 128)) return value;
    }
  }
  signed() {
    const value = this.number();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
  text() {
    const size = this.number();
    this.at += size;
    return this.decoder.decode(this.bytes.subarray(this.at - size, this.at));
  }
}

// An array of numbers that grows.
class Numbers {
  constructor(Type) {
    this.all = new Type(1024);
    this.length = 0;
  }
  push(value) {
    if (this.length === this.all.length) {
      const larger = new this.all.constructor(this.length * 2);
      larger.set(this.all);
      this.all = larger;
    }
    this.all[this.length++] = value;
  }
}

async function unpack(text) {
  const PIECE = 1 << 20;
  const pieces = new ReadableStream({
    start(controller) {
      for (let at = 0; at < text.length; at += PIECE)
        controller.enqueue(Uint8Array.from(atob(text.slice(at, at + PIECE)), (c) => c.charCodeAt(0)));
      controller.close();
    },
  });
  const whole = pieces.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(whole).arrayBuffer());
}

const KINDS = ["running", "runnable", "system call", "waiting", "no CPU", "other"];
const NO_CALL = -1;

// Slices are calls, and waits at their own times; each has a number, by which all that is known of it is
// found. Times are nanoseconds since the first of them.
function read(bytes) {
  const cursor = new Cursor(bytes);
  const header = {
    version: cursor.number(), tool: cursor.text(), binary: cursor.text(), buildId: cursor.text(), command: cursor.text(),
    of: cursor.number(),
  };
  const trace = { ...header, texts: [], lanes: [], startMs: 0, lastsNs: 0, lost: 0, values: new Map(), report: "", stacks: [] };
  trace.hasStates = header.of > 0;
  trace.isHunt = header.of === 2;
  const of = (Type) => new Numbers(Type);
  const columns = {
    lane: of(Uint32Array), name: of(Uint32Array), depth: of(Uint32Array), start: of(Float64Array), time: of(Float64Array),
    isWait: of(Uint8Array), ending: of(Uint32Array), caller: of(Uint32Array), file: of(Uint32Array), line: of(Uint32Array),
    other: of(Float64Array), partsAt: of(Uint32Array),
  };
  const parts = { name: of(Uint32Array), kind: of(Uint8Array), time: of(Float64Array) };
  let last = 0;

  const slice = (isWait) => {
    columns.isWait.push(isWait);
    for (const name of ["lane", "name", "depth"]) columns[name].push(cursor.number());
    last += cursor.signed();
    columns.start.push(last);
    columns.time.push(cursor.number());
    columns.other.push(cursor.number());
    columns.partsAt.push(parts.name.length);
    return columns.lane.length - 1;
  };
  const part = (name, kind, time) => {
    parts.name.push(name);
    parts.kind.push(kind);
    parts.time.push(time);
  };
  const place = (...numbers) => ["ending", "caller", "file", "line"].forEach((name, i) => columns[name].push(numbers[i]));
  const tellValues = (slice) => {
    const values = cursor.text().trimEnd();
    if (values) trace.values.set(slice, values);
  };
  const records = {
    1: () => trace.texts.push(cursor.text()),
    2: () => trace.lanes.push({ pid: cursor.number(), name: trace.texts[cursor.number()], process: trace.texts[cursor.number()] }),
    3: () => {
      const call = slice(0);
      place(cursor.number(), cursor.number(), cursor.number(), cursor.number());
      tellValues(call);
      for (let left = cursor.number(); left; left--) part(cursor.number(), cursor.number(), cursor.number());
    },
    4: () => {
      const wait = slice(1);
      place(0, 0, 0, 0);
      part(columns.name.all[wait], cursor.number(), columns.time.all[wait]);
      tellValues(wait);
    },
    5: () => {
      trace.startMs = cursor.number();
      trace.lastsNs = cursor.number();
      trace.lost = cursor.number();
    },
    6: () => { trace.report += cursor.text(); },
    7: () => {
      const names = Array.from({ length: cursor.number() }, () => cursor.number());
      trace.stacks.push({ names, did: cursor.number(), kind: cursor.number(), ns: cursor.number() });
    },
  };
  while (!cursor.isAtEnd) records[cursor.number()]();
  columns.partsAt.push(parts.name.length);
  for (const name in columns) trace[name] = columns[name].all.subarray(0, columns[name].length);
  trace.parts = Object.fromEntries(Object.entries(parts).map(([name, numbers]) => [name, numbers.all]));
  trace.count = trace.lane.length;
  return trace;
}
