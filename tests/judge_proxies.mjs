// Uses the service under a path in Chromium, and from a page of another origin. `judge_proxies.py` starts it with the
// folder of the npm modules, the address of the other site, and the addresses of the service.

import { createRequire } from "node:module";

const [modules, other, ...bases] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const F100 = "354224848179261915075";

let failed = false;

/** Prints the result of one check, and records a failure. */
function check(passed, what) {
  console.log(`  ${passed ? "ok  " : "FAIL"} ${what}`);
  failed ||= !passed;
}

/** Uses forms, links, pictures and suggestions. */
async function checkPages(browser, base) {
  const page = await browser.newPage();
  const refused = [];
  page.on("response", (response) => {
    const isExpected = response.url().includes("nowhere") || response.url().includes("n=1.000");
    if (response.status() >= 400 && !isExpected) refused.push(`${response.status()} ${response.url()}`);
    if (!response.url().startsWith(`${base}/`)) refused.push(response.url());
  });
  const at = (address) => page.url() === base + address;
  await page.goto(`${base}/`);
  const styled = await page.evaluate(() => getComputedStyle(document.querySelector("nav")).display);
  check(styled === "flex", `${base}: the style sheet is applied: ${styled}`);
  const width = await page.locator("figure img").evaluate(async (image) => {
    image.scrollIntoView();
    await image.decode();
    return image.naturalWidth;
  });
  check(width > 0, `${base}: the picture is shown`);
  await page.fill("#n", "100");
  await page.click("button:text-is('Show F(n)')");
  check(at("/nth?n=100") && (await page.innerText("#value")).replace(/\s/g, "") === F100, `${base}: the button Show F(n)`);
  await page.click("a[rel=next]");
  check(at("/nth?n=101"), `${base}: the next term`);
  await page.fill("#n", "3");
  await page.click("button:text-is('List the first n')");
  check(at("/first?n=3"), `${base}: the button List the first n`);
  await page.click("text=JSON");
  check(at("/first.json?n=3"), `${base}: the list as JSON`);
  await page.goto(`${base}/first?n=2500`);
  await page.click("text=Next");
  check(at("/first?n=2500&page=2"), `${base}: the next page`);
  await page.click("text=Find an index");
  await page.fill("#of", "144");
  await page.press("#of", "Enter");
  check(at("/index?of=144"), `${base}: the form for an index`);
  await page.goto(`${base}/nth?n=1.000`);
  await page.click("text=Use n = 1000");
  check(at("/nth?n=1000"), `${base}: a suggestion`);
  await page.goto(`${base}/nth?n=1,000`);
  check(at("/nth?n=1000"), `${base}: a number that is not in plain digits`);
  await page.goto(`${base}/nowhere`);
  await page.click("text=All addresses");
  check(at("/api"), `${base}: the way out of an unknown address`);
  await page.click("text=Fibonacci numbers");
  check(at("/"), `${base}: the start page`);
  check(refused.length === 0, `${base}: no request fails or leaves the path: ${refused.join(", ")}`);
  await page.close();
}

/** Reads data from a page of another origin. */
async function checkOtherOrigin(browser, base) {
  const page = await browser.newPage();
  await page.goto(other);
  const found = await page.evaluate(async (base) => {
    const read = async (path, headers) => {
      try {
        const response = await fetch(base + path, { headers, cache: "no-store" });
        const { status } = response;
        return { status, body: await response.text(), headers: Object.fromEntries(response.headers) };
      } catch (error) {
        return { error: error.name };
      }
    };
    const text = await read("/nth.txt?n=100", { "X-Request-Id": "a-page" });
    const image = new Image();
    image.crossOrigin = "anonymous";
    image.src = `${base}/first.svg?n=10`;
    await image.decode().catch(() => {});
    const plain = new Image();
    plain.src = `${base}/first.svg?n=12`;
    await plain.decode().catch(() => {});
    return {
      text,
      json: await read("/nth.json?n=100"),
      unchanged: await read("/nth.txt?n=100", { "If-None-Match": text.headers?.etag ?? "" }),
      part: await read("/nth.txt?n=100", { Range: "bytes=0-2" }),
      refused: await read("/nth.json?n=x", { "X-Request-Id": "a-page" }),
      missing: await read("/nowhere.json", { "X-Request-Id": "a-page" }),
      page: await read("/nth?n=100"),
      health: await read("/healthz"),
      widths: [image.naturalWidth, plain.naturalWidth],
    };
  }, base);
  const { text, json, unchanged, part, refused, missing } = found;
  check(text.body === `${F100}\n` && text.headers["x-request-id"] === "a-page" && text.headers.etag,
    `${base}: another origin reads text, with a header of its own`);
  check(JSON.parse(json.body ?? "{}").value === F100, `${base}: JSON`);
  check(unchanged.status === 304, `${base}: a 304: ${unchanged.status ?? unchanged.error}`);
  check(part.status === 206 && part.body === "354" && part.headers["content-range"], `${base}: a range`);
  check(refused.status === 422 && refused.body.includes("instead") === false && refused.body.includes("whole number"),
    `${base}: an error`);
  check(missing.status === 404 && missing.body.includes("instead"), `${base}: a 404`);
  check(found.widths.every((width) => width > 0), `${base}: embeds a picture: ${found.widths}`);
  check(found.page.error === "TypeError" && found.health.error === "TypeError", `${base}: pages cannot be read`);
  await page.close();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH || "/usr/bin/chromium",
  args: [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
try {
  for (const base of bases) {
    await checkPages(browser, base);
    await checkOtherOrigin(browser, base);
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
