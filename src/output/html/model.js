"use strict";
// What is inside of what, and sums: of functions, and of paths of them.

// The first index of `count` for which `isBehind` is true.
function bisect(count, isBehind) {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >>> 1;
    if (isBehind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Gives each slice its parent, and each lane its slices by row, in order of time.
function nest(trace) {
  const { lane, depth, start, time, isWait, count } = trace;
  trace.parent = new Int32Array(count).fill(NO_CALL);
  trace.inner = new Float64Array(count); // time of calls directly inside
  for (const one of trace.lanes) one.slices = [];
  let first = Infinity, end = 0;
  for (let i = 0; i < count; i++) {
    trace.lanes[lane[i]].slices.push(i);
    first = Math.min(first, start[i]);
  }
  for (let i = 0; i < count; i++) {
    start[i] -= first;
    end = Math.max(end, start[i] + time[i]);
  }
  trace.end = end || 1;
  for (const one of trace.lanes) {
    const open = [];
    one.rows = [];
    one.slices.sort((a, b) => start[a] - start[b] || depth[a] - depth[b] || isWait[a] - isWait[b] || time[b] - time[a]);
    for (const i of one.slices) {
      while (open.length && depth[open[open.length - 1]] >= depth[i]) open.pop();
      const outer = open[open.length - 1];
      if (outer !== undefined && start[outer] + time[outer] >= start[i]) trace.parent[i] = outer;
      (one.rows[depth[i]] ??= []).push(i);
      if (isWait[i]) continue;
      if (trace.parent[i] !== NO_CALL) trace.inner[outer] += time[i];
      open.push(i);
    }
    one.rows = Array.from(one.rows, (row) => Int32Array.from(row ?? []));
  }
}

// [[name, kind, ns], ...] of a slice's time, the longest first, running too.
function partsOf(trace, slice) {
  const { parts, partsAt, time } = trace, found = [];
  let left = time[slice];
  for (let at = partsAt[slice]; at < partsAt[slice + 1]; at++) {
    found.push([trace.texts[parts.name[at]], parts.kind[at], parts.time[at]]);
    left -= parts.time[at];
  }
  if (left > 0 && !trace.isWait[slice]) found.push([KINDS[0], 0, left]);
  return found.sort((a, b) => b[2] - a[2]);
}

// What most of each slice's time was.
function findKinds(trace) {
  const { parts, partsAt, time, count } = trace, sums = new Float64Array(KINDS.length);
  trace.kind = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    sums.fill(0);
    sums[0] = trace.isWait[i] ? 0 : time[i];
    for (let at = partsAt[i]; at < partsAt[i + 1]; at++) {
      sums[parts.kind[at]] += parts.time[at];
      sums[0] -= parts.time[at];
    }
    trace.kind[i] = sums.indexOf(Math.max(...sums));
  }
}

function addPart(sums, name, kind, ns) {
  const sum = sums.get(name) ?? { kind, ns: 0 };
  sum.ns += ns;
  sums.set(name, sum);
}

function addParts(sums, trace, slice, sign) {
  const { parts, partsAt } = trace;
  for (let at = partsAt[slice]; at < partsAt[slice + 1]; at++) addPart(sums, parts.name[at], parts.kind[at], sign * parts.time[at]);
}

// Own time by what it was spent on, running first: [[name, kind, ns], ...].
function ownParts(trace, { own, ownParts: sums }) {
  const found = [...sums].filter(([, sum]) => sum.ns > 0).map(([name, sum]) => [trace.texts[name], sum.kind, sum.ns]);
  const ran = own - found.reduce((sum, part) => sum + part[2], 0);
  return [[KINDS[0], 0, Math.max(0, ran)], ...found.sort((a, b) => b[2] - a[2])].filter((part) => part[2] > 0);
}

function isOutermost(trace, slice) {
  for (let at = trace.parent[slice]; at !== NO_CALL; at = trace.parent[at])
    if (trace.name[at] === trace.name[slice]) return false;
  return true;
}

// The calls that nothing is around, those of them that were traced, and the slowest of these.
function findTargets(trace) {
  const { time, isWait, parent } = trace;
  trace.roots = [];
  for (const { slices } of trace.lanes)
    for (const i of slices) if (!isWait[i] && parent[i] === NO_CALL) trace.roots.push(i);
  trace.rootsNs = trace.roots.reduce((sum, call) => sum + time[call], 0);
  // What was traced, where goroutines are followed that it starts.
  trace.targets = trace.roots.filter((call) => !trace.other[call]);
  if (!trace.targets.length) trace.targets = trace.roots;
  trace.slowest = [...trace.targets].sort((a, b) => time[b] - time[a]).slice(0, 5);
}

// Sums of functions, and the tree of paths: nodes {name, calls, total, own, ownParts, inside, parent}.
class Sums {
  constructor() {
    this.root = this.make(0, null);
    this.paths = []; // nodes, each behind the one that it is inside
    this.functions = new Map();
  }
  make(name, parent) {
    return { name, calls: 0, total: 0, own: 0, ownParts: new Map(), inside: new Map(), parent };
  }
  below(outer, name) {
    if (!outer.inside.has(name)) {
      this.paths.push(this.make(name, outer));
      outer.inside.set(name, this.paths.at(-1));
    }
    return outer.inside.get(name);
  }
  function(name) {
    if (!this.functions.has(name)) this.functions.set(name, { ...this.make(name, null), longest: 0 });
    return this.functions.get(name);
  }
  tell(trace) {
    for (const one of this.root.inside.values()) this.root.total += one.total;
    trace.root = this.root;
    trace.paths = this.paths;
    trace.functions = [...this.functions.values()];
    trace.numCalls = trace.functions.reduce((sum, one) => sum + one.calls, 0);
  }
}

// Of the calls themselves.
function sumCalls(trace) {
  const { name, time, inner, parent, isWait } = trace, sums = new Sums(), nodes = new Array(trace.count);
  for (const { slices } of trace.lanes)
    for (const i of slices) {
      if (isWait[i]) continue;
      const outer = parent[i] === NO_CALL ? sums.root : nodes[parent[i]];
      const own = Math.max(0, time[i] - inner[i]), of = sums.function(name[i]);
      nodes[i] = sums.below(outer, name[i]);
      for (const sum of [nodes[i], of]) {
        sum.calls++;
        sum.own += own;
        addParts(sum.ownParts, trace, i, 1);
      }
      nodes[i].total += time[i];
      if (isOutermost(trace, i)) of.total += time[i];
      if (!(of.longest >= time[i])) of.longest = time[i];
      if (parent[i] !== NO_CALL) {
        addParts(outer.ownParts, trace, i, -1);
        addParts(sums.function(outer.name).ownParts, trace, i, -1);
      }
    }
  sums.root.calls = trace.roots.length;
  sums.tell(trace);
}

// Of stacks: of more calls than those that are shown over time.
function sumStacks(trace) {
  const sums = new Sums();
  for (const { names, did, kind, ns } of trace.stacks) {
    let node = sums.root;
    for (const name of names) {
      node = sums.below(node, name);
      node.total += ns;
    }
    for (const name of new Set(names)) sums.function(name).total += ns;
    for (const sum of [node, sums.function(node.name)]) {
      sum.own += ns;
      if (kind) addPart(sum.ownParts, did, kind, ns);
    }
  }
  sums.tell(trace);
}

// What a search finds: {isNamed(name), slices in order of time, ns, share}; null: nothing is searched for.
function search(trace, wanted) {
  const pattern = /^\/(.+)\/$/.exec(wanted);
  let expression = null;
  if (!wanted) return null;
  try {
    if (pattern) expression = new RegExp(pattern[1], "i");
  } catch {
    // Being typed: taken for a text.
  }
  const small = wanted.toLowerCase();
  const named = Uint8Array.from(trace.texts, (text) => (expression ? expression.test(text) : text.toLowerCase().includes(small)));
  const slices = [];
  let ns = 0;
  for (let i = 0; i < trace.count; i++) {
    if (trace.isWait[i] || !named[trace.name[i]]) continue;
    slices.push(i);
    let above = trace.parent[i];
    while (above !== NO_CALL && !named[trace.name[above]]) above = trace.parent[above];
    if (above === NO_CALL) ns += trace.time[i];
  }
  slices.sort((a, b) => trace.start[a] - trace.start[b]);
  return { isNamed: (name) => named[name], slices, ns, share: ns / trace.rootsNs };
}
