"use strict";
// The page around the views: facts, search, keys, the mouse. Texts become part of it as texts only.

const $ = (id) => document.getElementById(id);

function element(name, text = "", more = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

class Page {
  constructor(trace) {
    this.trace = trace;
    this.views = { time: new Chart(trace), flame: new Flame(trace) };
    this.canvas = $("canvas");
    this.view = $("view");
    this.history = [];
    this.found = null;
    this.foundAt = -1;
    this.sortBy = "total";
    paint.byKind = trace.hasStates;
    $("report").textContent = trace.report;
    this.showFacts();
    this.showButtons();
    this.listen();
    this.setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
    this.open(trace.isHunt ? "report" : "time");
  }

  // ---- facts ----

  showFacts() {
    const { trace } = this, program = trace.binary.split("/").pop() || "a program";
    const targets = new Map();
    for (const call of trace.targets) targets.set(trace.name[call], (targets.get(trace.name[call]) ?? 0) + 1);
    const named = [...targets].sort((a, b) => b[1] - a[1]).map(([name]) => trace.texts[name]);
    const title = named.length ? `${named[0]}${named.length > 1 ? ` and ${named.length - 1} more` : ""} in ${program}` : program;
    document.title = title;
    $("title").textContent = title;
    const fact = (name, value, style = "") => $("facts").append(element("dt", name), element("dd", value, { className: style }));
    if (trace.command) fact("Traced by", trace.command, "code");
    if (trace.startMs) fact("When", `${new Date(trace.startMs).toLocaleString()}, for ${duration(trace.lastsNs)}`);
    if (trace.isHunt) fact("Over time", `the ${count(trace.roots.length, "slowest call", "slowest calls")} on ${count(trace.lanes.length, "goroutine")}`);
    else fact("Calls", `${count(trace.numCalls, "call")} of ${count(trace.functions.length, "function")} on ${count(trace.lanes.length, "goroutine")}`
      + (trace.isOneProcess ? "" : ` of ${new Set(trace.lanes.map((lane) => lane.pid)).size} processes`));
    if (trace.lost) fact("Missing", `${count(trace.lost, "event")} were lost, the ring buffer was full: calls may be missing`, "warn");
    if (!trace.slowest.length) return;
    fact("Slowest", "");
    for (const call of trace.slowest)
      $("facts").lastChild.append(element("a", `${duration(trace.time[call])}${named.length > 1 ? ` ${trace.texts[trace.name[call]]}` : ""}`,
        { tabIndex: 0, onclick: () => this.zoomTo(call), onkeydown: (event) => event.key === "Enter" && this.zoomTo(call) }));
  }
  showButtons() {
    for (const [name, text] of [["time", "Over time"], ["flame", "Flame graph"], ["functions", "Functions"], ...(this.trace.isHunt ? [["report", "Report"]] : [])])
      $("tabs").append(element("button", text, { id: `tab-${name}`, onclick: () => this.open(name), role: "tab" }));
    $("colour").onclick = () => this.setColours(!paint.byKind);
    $("colour").hidden = !this.trace.hasStates;
    $("out").onclick = () => this.zoomOut();
    $("theme").onclick = () => this.setTheme(!paint.isDark);
    $("keys").onclick = () => $("help").showModal();
    for (const [keys, what] of [["1 2 3", "over time, flame graph, functions"], ["click", "zoom to a call or a frame"],
      ...(this.trace.isHunt ? [["4", "the report"]] : []), ["Esc", "zoom out again"], ["0", "show everything"], ["W S", "zoom in and out (also Ctrl and wheel)"],
      ["A D", "earlier and later (also by dragging)"], ["/", "search; /text/ is a regular expression"],
      ["N P", "next and previous call found"], ["C", "colour by function or by kind of time"], ["T", "dark or light"]]) {
      const cell = element("dd");
      for (const key of keys.split(" ")) cell.append(element("kbd", key), " ");
      $("keylist").append(cell, element("dt", what));
    }
  }

  // ---- what is shown ----

  open(name) {
    if (this.name !== name) this.view.scrollTop = 0;
    this.name = name;
    for (const tab of $("tabs").children) tab.setAttribute("aria-selected", tab.id === `tab-${name}`);
    this.canvas.hidden = $("room").hidden = !this.views[name];
    $("report").hidden = name !== "report";
    $("table").hidden = name !== "functions";
    if (name === "functions") this.showTable();
    this.paint();
  }
  paint() {
    this.isWanted ||= !!requestAnimationFrame(() => {
      this.isWanted = false;
      const one = this.views[this.name];
      if (!one) return;
      const on = paint.begin(this.canvas, this.view.clientHeight);
      one.paint(on, this.view.scrollTop, this.found);
      $("room").style.height = `${Math.max(0, one.height - on.height)}px`;
    });
  }
  setTheme(isDark) {
    paint.isDark = isDark;
    paint.cache.clear();
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    this.showLegend();
    if (this.name === "functions") this.showTable();
    this.paint();
  }
  setColours(byKind) {
    paint.byKind = byKind;
    this.showLegend();
    this.paint();
  }
  showLegend() {
    $("colour").textContent = paint.byKind ? "By kind" : "By function";
    $("legend").replaceChildren();
    if (!this.trace.hasStates) return;
    const seen = new Set(this.trace.parts.kind.subarray(0, this.trace.partsAt[this.trace.count]));
    KINDS.forEach((name, kind) => {
      if (kind && !seen.has(kind)) return;
      const entry = element("span", name);
      entry.prepend(element("i", "", { style: `background:${paint.kind(kind)}` }));
      $("legend").append(entry);
    });
  }
  showTable() {
    const columns = [["Function", "name"], ["Calls", "calls"], ["Total", "total"], ["Own", "own"], ["Average", "average"], ["Longest", "longest"]]
      .filter(([, key]) => !this.trace.isHunt || ["name", "total", "own"].includes(key));
    const rows = this.trace.functions.map((one) => ({ ...one, average: one.total / one.calls, text: this.trace.texts[one.name] }));
    rows.sort(this.sortBy === "name" ? (a, b) => a.text.localeCompare(b.text) : (a, b) => b[this.sortBy] - a[this.sortBy]);
    const head = element("tr");
    for (const [text, key] of columns)
      head.append(element("th", text + (key === this.sortBy ? " ▾" : ""), { onclick: () => { this.sortBy = key; this.showTable(); } }));
    if (this.trace.hasStates) head.append(element("th", "Own time was"));
    const body = element("tbody");
    for (const row of rows.slice(0, 2000)) {
      const line = element("tr", "", { onclick: () => this.searchFor(row.text), title: "Search for its calls" });
      line.className = this.found && !this.found.isNamed(row.name) ? "dim" : "";
      for (const [, key] of columns)
        line.append(element("td", key === "name" ? row.text : key === "calls" ? NUMBER.format(row.calls) : duration(row[key])));
      if (this.trace.hasStates) {
        const cell = element("td");
        cell.append(this.barOf(ownParts(this.trace, row), row.own));
        line.append(cell);
      }
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    $("table").replaceChildren(top, body);
  }
  barOf(parts, total) {
    const bar = element("div", "", { className: "bar" });
    for (const [name, kind, ns] of parts)
      bar.append(element("div", "", { title: `${name} ${duration(ns)}`, style: `width:${(100 * ns) / (total || 1)}%;background:${paint.kind(kind)}` }));
    return bar;
  }

  // ---- zoom ----

  remember() {
    const { from, to } = this.views.time;
    this.history.push({ from, to, scrolled: this.view.scrollTop, frame: this.views.flame.zoomed, name: this.name });
  }
  zoomTo(slice) {
    this.remember();
    this.open("time");
    this.views.time.showSlice(slice);
    this.scrollTo(this.views.time.rowOf(slice));
    this.paint();
  }
  scrollTo(y) {
    $("room").style.height = `${Math.max(0, this.views.time.height - this.view.clientHeight)}px`;
    if (y < this.view.scrollTop + RULER + LANE_HEAD || y > this.view.scrollTop + this.view.clientHeight - 3 * ROW)
      this.view.scrollTop = Math.max(0, y - RULER - LANE_HEAD - this.view.clientHeight / 4);
  }
  zoomOut() {
    const before = this.history.pop();
    if (!before) return this.showAll();
    Object.assign(this.views.time, { from: before.from, to: before.to });
    this.views.flame.zoomed = before.frame;
    this.open(before.name);
    this.view.scrollTop = before.scrolled;
  }
  showAll() {
    this.history = [];
    this.views.time.reset();
    this.views.flame.zoomed = this.trace.root;
    this.paint();
  }
  // A factor below 1 shows less, around x.
  zoomBy(factor, x = this.canvas.clientWidth / 2) {
    const chart = this.views.time, middle = chart.timeAt(x, this.canvas.clientWidth);
    chart.show(middle - (middle - chart.from) * factor, middle + (chart.to - middle) * factor);
    this.paint();
  }
  pan(pixels) {
    const chart = this.views.time, by = ((chart.to - chart.from) * pixels) / this.canvas.clientWidth;
    chart.show(chart.from + by, chart.to + by);
    this.paint();
  }

  // ---- search ----

  searchFor(text) {
    $("search").value = text;
    this.found = search(this.trace, text);
    this.foundAt = -1;
    this.showFound();
    if (this.name === "functions") this.showTable();
    this.paint();
  }
  showFound() {
    const { found } = this, at = this.foundAt < 0 ? "" : `${NUMBER.format(this.foundAt + 1)} of `;
    const what = this.trace.isHunt ? "time" : "call";
    $("found").textContent = !found ? "" : !found.slices.length ? `no ${what}`
      : `${at}${count(found.slices.length, what)} · ${duration(found.ns)} · ${percent(found.share)}`;
  }
  goToFound(step) {
    const number = this.found ? this.found.slices.length : 0;
    if (!number) return;
    this.foundAt = this.foundAt < 0 && step < 0 ? number - 1 : (this.foundAt + step + number) % number;
    this.zoomTo(this.found.slices[this.foundAt]);
    this.showFound();
  }

  // ---- what is below the mouse ----

  hide() {
    $("tip").hidden = true;
  }
  point(event) {
    const one = this.views[this.name], hit = one?.at(event.offsetX, event.offsetY, this.view.scrollTop) ?? null;
    this.canvas.style.cursor = hit === null ? "default" : "pointer";
    if (hit === null) return this.hide();
    const tip = $("tip");
    tip.replaceChildren(...(this.name === "time" ? this.tellSlice(hit) : this.tellFrame(hit)));
    tip.hidden = false;
    const right = innerWidth - tip.offsetWidth - 8, below = event.clientY + 18;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, right))}px`;
    tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : Math.max(4, event.clientY - tip.offsetHeight - 12)}px`;
  }
  tellParts(parts, total) {
    if (!this.trace.hasStates || !parts.length) return [];
    const list = element("dl");
    for (const [name, kind, ns] of parts.slice(0, 8)) {
      const term = element("dt", name);
      term.prepend(element("i", "", { style: `background:${paint.kind(kind)}` }));
      list.append(term, element("dd", `${duration(ns)} · ${percent(ns / total)}`));
    }
    return [this.barOf(parts, total), list];
  }
  facts(rows) {
    const list = element("dl");
    for (const [name, value, style] of rows) if (value) list.append(element("dt", name), element("dd", value, { className: style ?? "" }));
    return list;
  }
  tellSlice(slice) {
    const { trace } = this, { texts, parent, time } = trace, outer = parent[slice], lane = trace.lanes[trace.lane[slice]];
    const file = texts[trace.file[slice]], line = trace.line[slice], isWait = trace.isWait[slice];
    return [
      element("b", texts[trace.name[slice]]),
      element("div", `${duration(time[slice])}${outer === NO_CALL ? "" : ` · ${percent(time[slice] / time[outer])} of ${texts[trace.name[outer]]}`}`),
      ...(isWait ? [] : this.tellParts(partsOf(trace, slice), time[slice])),
      this.facts([
        ["ended", texts[trace.ending[slice]]],
        ["own time", isWait || !trace.inner[slice] ? "" : duration(Math.max(0, time[slice] - trace.inner[slice]))],
        [isWait ? "what" : "values", trace.values.get(slice), "code"],
        ["called at", isWait ? "" : [texts[trace.caller[slice]], file && `${file}${line ? `:${line}` : ""}`].filter((text) => text).join("  "), "code"],
        [isWait ? "ended by" : "started by", trace.other[slice] ? `goroutine ${trace.other[slice]}` : ""],
        ["began", `at ${duration(trace.start[slice])} · ${lane.name} of ${lane.process}`],
      ]),
    ];
  }
  tellFrame(frame) {
    const { root } = this.trace, share = `${duration(frame.total)} · ${percent(frame.total / root.total)} of all`;
    if (frame === root || frame.state) return [element("b", this.views.flame.labelOf(frame)), element("div", share)];
    return [
      element("b", this.trace.texts[frame.name]),
      element("div", frame.calls ? `${share} · ${count(frame.calls, "call")}, ${duration(frame.total / frame.calls)} each` : share),
      element("div", `own time ${duration(frame.own)}`),
      ...this.tellParts(ownParts(this.trace, frame), frame.own),
    ];
  }
  click(event) {
    const hit = this.views[this.name].at(event.offsetX, event.offsetY, this.view.scrollTop);
    if (hit === null) return;
    if (this.name === "time") return this.zoomTo(hit);
    this.remember();
    this.views.flame.zoomed = hit.state ? hit.parent : hit;
    this.paint();
  }

  // ---- mouse and keys ----

  listen() {
    let dragged = null;
    addEventListener("resize", () => this.paint());
    this.view.addEventListener("scroll", () => { this.hide(); this.paint(); });
    this.canvas.addEventListener("mouseleave", () => this.hide());
    this.canvas.addEventListener("mousedown", (event) => { dragged = { x: event.clientX, y: event.clientY, far: false }; });
    addEventListener("mousemove", (event) => {
      if (!dragged) return void (event.target === this.canvas && this.point(event));
      const x = dragged.x - event.clientX, y = dragged.y - event.clientY;
      dragged.far ||= Math.abs(x) + Math.abs(y) > 4;
      if (!dragged.far) return;
      Object.assign(dragged, { x: event.clientX, y: event.clientY });
      this.hide();
      this.view.scrollTop += y;
      if (this.name === "time") this.pan(x);
    });
    addEventListener("mouseup", (event) => {
      if (dragged && !dragged.far && event.target === this.canvas) this.click(event);
      dragged = null;
    });
    this.view.addEventListener("wheel", (event) => {
      if (this.name !== "time" || !(event.ctrlKey || event.metaKey || event.deltaX)) return;
      event.preventDefault();
      this.hide();
      if (event.ctrlKey || event.metaKey) this.zoomBy(1.002 ** event.deltaY, event.offsetX);
      else this.pan(event.deltaX);
    }, { passive: false });
    $("search").addEventListener("input", () => this.searchFor($("search").value));
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.goToFound(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") { this.searchFor(""); $("search").blur(); }
      event.stopPropagation();
    });
    addEventListener("keydown", (event) => this.press(event));
  }
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    const step = this.canvas.clientWidth / 8, keys = {
      1: () => this.open("time"), 2: () => this.open("flame"), 3: () => this.open("functions"), 4: () => this.trace.isHunt && this.open("report"), 0: () => this.showAll(),
      Escape: () => this.zoomOut(), "/": () => $("search").focus(), "?": () => $("help").showModal(),
      w: () => this.zoomBy(0.7), s: () => this.zoomBy(1.4), a: () => this.pan(-step), d: () => this.pan(step),
      ArrowLeft: () => this.pan(-step), ArrowRight: () => this.pan(step), n: () => this.goToFound(1), p: () => this.goToFound(-1),
      c: () => this.trace.hasStates && this.setColours(!paint.byKind), t: () => this.setTheme(!paint.isDark),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    this.hide();
    act();
  }
}

(async () => {
  try {
    const bytes = await unpack($("data").textContent.replace(/\s+/g, ""));
    $("data").textContent = "";
    const trace = read(bytes);
    nest(trace);
    findKinds(trace);
    findTargets(trace);
    (trace.isHunt ? sumStacks : sumCalls)(trace);
    trace.isOneProcess = new Set(trace.lanes.map((lane) => lane.pid)).size < 2;
    globalThis.page = new Page(trace);
  } catch (error) {
    $("title").textContent = "This page is not whole, or the browser is too old";
    $("facts").append(element("dd", String(error)));
  }
})();
