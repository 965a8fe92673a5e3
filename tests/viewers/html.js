// SPDX-License-Identifier: MIT
// What a page of `-f html` shows, driven as people do: keys, clicks, a search.
"use strict";

// With SCREENSHOTS, a folder, what was seen is kept there.
async function keep(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}

// When what was asked for is painted.
const settle = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// What is in view: {from, to} and slices or frames as wide as can be seen.
const shown = (page) => page.evaluate(() => {
  const { trace, views, name } = window.page, { from, to } = views.time, top = window.page.canvas.getBoundingClientRect();
  const drawn = views[name].drawn.map((one) => ({ name: one.name, x: top.x + Math.max(one.x, 0), y: top.y + one.y, width: one.width,
    isWait: one.isWait, slice: one.slice, start: trace.start[one.slice], time: trace.time[one.slice] }));
  return { from, to, drawn, end: trace.end, zoomed: views.flame.labelOf(views.flame.zoomed) };
});

// Slices in view that could be seen, and are not drawn.
const missing = (page) => page.evaluate(() => {
  const { trace, views, view, canvas } = window.page, { from, to, drawn, scale } = views.time;
  const seen = new Set(drawn.map((one) => one.slice)), top = view.scrollTop + RULER, names = [];
  for (let i = 0; i < trace.count; i++) {
    const y = views.time.rowOf(i), inTime = trace.start[i] < to && trace.start[i] + trace.time[i] > from;
    if (inTime && y > top && y < top + canvas.clientHeight - 2 * ROW - RULER && trace.time[i] * scale > 3 && !seen.has(i)
      && (trace.start[i] + trace.time[i] - from) * scale > 3 && (to - trace.start[i]) * scale > 3) names.push(trace.texts[trace.name[i]]);
  }
  return names;
});

async function point(page, x, y) {
  await page.mouse.move(x, y);
  await settle(page);
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
  await settle(page);
}

async function sums(page) {
  return await page.evaluate(() => {
    const { trace } = window.page, found = {};
    const add = (name, kind, ns) => {
      const sum = (found[`${name} ${kind}`] ??= { name, category: kind, n: 0, ns: 0 });
      sum.n++;
      sum.ns += ns;
    };
    for (let i = 0; i < trace.count; i++) add(trace.texts[trace.name[i]], trace.isWait[i] ? "wait" : "call", trace.time[i]);
    return { slices: Object.values(found), lanes: trace.lanes.length, own: trace.functions.map((one) => [trace.texts[one.name], one.own]) };
  });
}

async function html(page, origin, file, wanted) {
  const said = [], asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${origin}/${file}`);
  await page.waitForFunction(() => window.page || document.querySelector("#facts").children.length);
  await settle(page);
  // A page of hunt begins with its report.
  const report = await page.innerText("#report");
  if (report) await keep(page, "report");
  await press(page, "1");
  const found = { ...(await sums(page)), report, title: await page.title(), whole: await shown(page), missing: await missing(page) };
  await keep(page, "time");

  // The widest call's facts, and what a click on it leads to.
  const widest = found.whole.drawn.filter((one) => !one.isWait).sort((a, b) => b.time - a.time)[0];
  const middle = [widest.x + widest.width / 2, widest.y + 6];
  await point(page, ...middle);
  found.tip = await page.innerText("#tip");
  await keep(page, "tip");
  const longest = found.whole.drawn.filter((one) => one.isWait).sort((a, b) => b.width - a.width)[0];
  if (longest) {
    await point(page, longest.x + longest.width / 2, longest.y + 6);
    found.waitTip = await page.innerText("#tip");
    await keep(page, "wait-tip");
  }
  await page.mouse.click(...middle);
  await settle(page);
  found.clicked = { ...(await shown(page)), slice: widest };
  await keep(page, "zoomed");
  await press(page, "Escape");
  found.back = await shown(page);

  // A search, and its first call.
  await press(page, "/");
  await page.keyboard.type(wanted);
  await settle(page);
  found.told = await page.innerText("#found");
  await keep(page, "found");
  await press(page, "Enter");
  found.first = { ...(await shown(page)), slice: await page.evaluate(() => {
    const { trace, found: all, foundAt } = window.page, slice = all.slices[foundAt];
    return { name: trace.texts[trace.name[slice]], start: trace.start[slice], time: trace.time[slice] };
  }) };
  await keep(page, "first");
  await press(page, "Escape", "0");

  // The flame graph, and a frame in it.
  await press(page, "2");
  found.flame = await shown(page);
  await keep(page, "flame");
  const all = found.flame.drawn[0];
  await point(page, all.x + all.width / 2, all.y + 6);
  found.all = await page.innerText("#tip");
  const frame = found.flame.drawn.filter((one) => one.name === wanted)[0];
  await point(page, frame.x + frame.width / 2, frame.y + 6);
  await keep(page, "flame-tip");
  await page.mouse.click(frame.x + frame.width / 2, frame.y + 6);
  await settle(page);
  found.flamed = await shown(page);
  await keep(page, "flame-zoomed");

  await press(page, "3", "t");
  found.rows = await page.evaluate(() => [...document.querySelectorAll("#table tbody tr")].map((row) => row.innerText.split("\t")));
  await keep(page, "functions-dark");
  await press(page, "1", "0");
  await keep(page, "time-dark");
  await press(page, "c");
  await keep(page, "time-dark-functions");
  await press(page, "?");
  await keep(page, "keys");
  return { ...found, said, asked };
}

module.exports = { html };
