"use strict";
// How times, shares and colours look.

const NUMBER = new Intl.NumberFormat("en-US");
const count = (number, one, many = one + "s") => `${NUMBER.format(number)} ${number === 1 ? one : many}`;
const SHARE = new Intl.NumberFormat("en-US", { style: "percent", maximumSignificantDigits: 3 });
const percent = (share) => SHARE.format(share || 0);

function duration(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]])
    if (ns >= size) return `${NUMBER.format(Number((ns / size).toPrecision(4)))} ${unit}`;
  return `${Math.round(ns)} ns`;
}

// "net/http.(*conn).serve": "net/http". What is in brackets has dots and slashes of its own.
function packageOf(name) {
  const plain = name.split(/[([]/)[0], slash = plain.lastIndexOf("/");
  const dot = plain.indexOf(".", slash + 1);
  return dot < 0 ? plain : plain.slice(0, dot);
}

function hashOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

const KIND_COLOURS = {
  light: ["#86d39b", "#f6cf65", "#8dbdf5", "#c9b6ee", "#f29a8e", "#c3c9d2"],
  dark: ["#2f7a48", "#8a6a14", "#2d62a3", "#6a4fa3", "#a3443a", "#525a66"],
};

const paint = {
  isDark: false,
  byKind: false,
  cache: new Map(),
  kind(kind) {
    return KIND_COLOURS[this.isDark ? "dark" : "light"][kind];
  },
  // A package has a hue, and each function of it a shade of that.
  func(name) {
    let colour = this.cache.get(name);
    if (!colour) {
      const hue = hashOf(packageOf(name)) % 360, shade = hashOf(name) % 9;
      colour = this.isDark ? `hsl(${hue} ${38 + shade}% ${30 + shade}%)` : `hsl(${hue} ${60 + shade * 2}% ${76 + shade}%)`;
      this.cache.set(name, colour);
    }
    return colour;
  },
  ofPage(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name);
  },
  // Colours of the page, for what is painted now.
  begin(canvas, height) {
    const ratio = devicePixelRatio || 1, view = canvas.parentElement, width = view.clientWidth;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    const colours = { back: "#fff", line: "#ddd", text: "#111", faint: "#666", panel: "#eee", accent: "#00f" };
    const probe = document.getElementById("found");
    for (const name in colours) {
      probe.style.color = `var(--${name})`;
      colours[name] = getComputedStyle(probe).color;
    }
    probe.style.color = "";
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = colours.back;
    context.fillRect(0, 0, width, height);
    context.font = "11px ui-monospace, 'DejaVu Sans Mono', monospace";
    context.textBaseline = "middle";
    return { context, width, height, colours, letter: context.measureText("m").width };
  },
  // As much of a text as fits; of a long name the end tells most.
  label(on, text, x, y, width) {
    const letters = Math.floor((width - 6) / on.letter);
    if (letters < 3) return;
    const short = text.length <= letters ? text : text.slice(text.lastIndexOf("/") + 1);
    on.context.fillText(short.length <= letters ? short : `${short.slice(0, letters - 1)}…`, x + 4, y);
  },
};
