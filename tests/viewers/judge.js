// SPDX-License-Identifier: MIT
// Opens traces in the viewers that people use, in a browser without a screen, and prints what these found.
//
//   node judge.js ORIGIN perfetto|speedscope|html FILE [FUNCTION]     one line of JSON
//
// ORIGIN serves the viewers below /perfetto/ and /speedscope/, and FILE. FUNCTION is searched for in `html`.
"use strict";
const { chromium } = require("playwright-core");
const { html } = require("./html.js");

// Against hanging only: a browser of a busy machine takes long.
const TIMEOUT = 180 * 1000;

async function perfetto(page, origin, file) {
  await page.goto(`${origin}/perfetto/index.html#!/?url=${origin}/${file}`);
  await page.waitForFunction(() => window.app && app.trace && app.trace.engine);
  return await page.evaluate(async () => {
    const all = async (query, columns) => {
      const found = [];
      for (const it = (await app.trace.engine.query(query)).iter(columns); it.valid(); it.next())
        found.push(Object.fromEntries(Object.keys(columns).map((name) => [name, it[name]])));
      return found;
    };
    const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
    return plain({
      slices: await all("select name, category, count(*) as n, sum(dur) as ns from slice group by name, category",
        { name: "str", category: "str_null", n: 0, ns: 0 }),
      // Arguments of calls, by their keys; numbers as text, since they may have 64 bits.
      args: await all(`select s.id, s.name, a.key, a.value_type as type, coalesce(a.string_value, cast(a.int_value as text)) as text, a.real_value as real
          from slice s join args a using (arg_set_id) where category = 'call' and (a.key glob 'debug.*' or a.key glob 'args.*') order by s.ts, s.id`,
        { id: 0, name: "str", key: "str", type: "str", text: "str_null", real: 1 }),
      flows: (await all("select count(*) as n from flow", { n: 0 }))[0].n,
      errors: await all("select name, value from stats where severity = 'error' and value > 0", { name: "str", value: 0 }),
    });
  });
}

async function speedscope(page, origin, file) {
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`${origin}/speedscope/index.html#profileURL=${origin}/${file}`);
  // The page's title begins with the profile's name when it has loaded it.
  await page.waitForFunction(() => document.title.endsWith(" - speedscope"));
  return { said: said.filter((line) => /Tried to end|still open|error|fail/i.test(line)), title: await page.title() };
}

async function main() {
  const [origin, viewer, file, wanted] = process.argv.slice(2);
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: TIMEOUT });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT);
    console.log(JSON.stringify(await { perfetto, speedscope, html }[viewer](page, origin, file, wanted)));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
