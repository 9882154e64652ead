// Drives player.html in a headless Chromium: every scene to its end and back, by keys, buttons and links, at three sizes
// of the screen, with the network watched.
//
//     node player.js PLAYWRIGHT CHROMIUM PLAYER.html [FOLDER]    prints what it found as JSON; screenshots into FOLDER
"use strict";

const [, , playwright, executablePath, page_file, folder] = process.argv;
const { chromium } = require(playwright);
const address = `file://${page_file}`;
const SIZES = { wide: [1920, 1080], small: [1280, 800], phone: [390, 844] };
const found = { errors: [], requests: [], scenes: {}, sizes: {} };

async function open(browser, [width, height], hash, more) {
  const context = await browser.newContext({ viewport: { width, height }, ...more });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) found.errors.push(message.text()); });
  page.on("pageerror", (error) => found.errors.push(error.message));
  page.on("request", (request) => { if (request.url().split("#")[0] !== address) found.requests.push(request.url()); });
  await page.goto(address + hash);
  return page;
}

const stepOf = (page) => page.evaluate(() => Number(document.getElementById("slider").value));

// The page's own policy forbids what waitForFunction does.
async function until(page, holds) {
  for (let tries = 0; tries < 200; tries++) {
    if (await page.evaluate(holds)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`this did not come to hold: ${holds}`);
}

// To the end, step by step, by the key that a reader has, a question answered on the way by the same key; and back.
async function through(page, name) {
  const one = { title: await page.locator("#scene option:checked").textContent() };
  one.last = Number(await page.locator("#slider").getAttribute("max"));
  one.questions = await page.evaluate((last) => {
    let questions = 0;
    const at = () => Number(document.getElementById("slider").value);
    const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    for (let presses = 0; presses < 2 * last + 50; presses++) {
      const prompt = document.getElementById("prompt");
      if (!prompt.hidden && prompt.querySelector(".answer")) questions++;
      if (at() === last && prompt.hidden) break;
      press("ArrowRight");
    }
    return questions;
  }, one.last);
  one.end = await stepOf(page);
  one.summary = await page.locator("#summary").innerText();
  one.waits = await page.evaluate((last) => {
    const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const at = () => Number(document.getElementById("slider").value);
    let waits = 0;
    for (let presses = 0; at() > 0 && presses < 2 * last + 50; presses++) {
      press("ArrowLeft");
      if (document.querySelector(".side.waiting")) waits++;
    }
    return waits;
  }, one.last);
  one.begin = await stepOf(page);
  await page.keyboard.press("PageDown");
  one.eventOn = await stepOf(page);
  await page.keyboard.press("End");
  await page.keyboard.press("PageUp");
  one.eventBack = await stepOf(page);
  await page.keyboard.press("Home");
  found.scenes[name] = one;
}

// What is cut off: text that is wider than the page, or a control outside it.
const overflow = () => {
  const wide = document.documentElement.scrollWidth > window.innerWidth ? ["the page"] : [];
  for (const one of document.querySelectorAll("button, select, input, .title, .say, h3, #place")) {
    const box = one.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > window.innerWidth + 1)) wide.push(one.id || one.className || one.textContent);
  }
  return wide;
};

// Whether what is chosen is in sight on both sides: on the screen, and not under the bar at its bottom.
const above = (chosen) => {
  const bar = document.getElementById("bottom").getBoundingClientRect().top;
  const boxes = [...document.querySelectorAll(".side")].map((side) => side.querySelector(chosen).getBoundingClientRect());
  return boxes.every((box) => box.height > 0 && box.top >= 0 && box.bottom <= bar + 1);
};

// Keys where another control has the focus; and what a side says once a resume is nested.
async function keys(browser) {
  const page = await open(browser, SIZES.small, "#scene=read&step=0");
  const asking = () => page.locator("#prompt").isVisible();
  await page.locator("#slider").focus();
  for (let presses = 0; presses < 30 && !(await asking()); presses++) await page.keyboard.press("ArrowRight");
  const at = await stepOf(page);
  found.onSlider = [await asking()];
  await page.locator("#slider").focus();
  await page.keyboard.press("ArrowRight");
  found.onSlider.push((await stepOf(page)) === at && (await page.locator("#prompt .answer").isVisible()));
  await page.locator("#prompt button").click();
  found.afterGoOn = await page.evaluate(() => document.activeElement.id);
  await page.keyboard.press("Home");
  await page.locator("#scene").focus();
  await page.keyboard.press("ArrowRight");
  found.onList = await stepOf(page);
  await page.evaluate(() => { location.hash = "#scene=read&step=1e9"; });
  await until(page, () => document.getElementById("slider").value === document.getElementById("slider").max);
  found.behind = [await stepOf(page), Number(await page.locator("#slider").getAttribute("max"))];
  await page.keyboard.press("PageUp");
  found.waiting = await page.evaluate(() => [...document.querySelectorAll(".stack")].map((stack) => [
    ...stack.querySelector("h3").innerText.split("\n"), [...stack.querySelectorAll(".frames .left span")].map((name) => name.textContent.slice(2))]));
  await page.context().close();
}

async function main() {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await open(browser, SIZES.small, "");
  const names = await page.locator("#scene option").evaluateAll((all) => all.map((one) => one.value));
  for (const name of names) {
    await page.selectOption("#scene", name);
    await page.locator("#scene").evaluate((select) => select.blur());
    await through(page, name);
  }
  await page.selectOption("#scene", "hundred");
  await page.fill("#count", "1000000");
  found.overflow = await page.locator("#overflow").innerText();
  await page.fill("#stack", "64");
  found.small = await page.locator("#overflow").innerText();
  found.wrong = [];
  for (const value of ["", "0", "-5"]) {
    await page.fill("#count", value);
    found.wrong.push(await page.locator("#overflow").innerText());
  }

  const linked = await open(browser, SIZES.small, "#scene=hundred&step=40");
  found.linked = [await linked.locator("#scene").inputValue(), await linked.locator("#place").innerText()];
  await linked.evaluate(() => { location.hash = "#scene=nowhere&step=x"; });
  await until(linked, () => document.getElementById("scene").value === "read");
  await linked.evaluate(() => { location.hash = "#scene=read&step=2"; });
  await until(linked, () => document.getElementById("slider").value === "2");
  await linked.selectOption("#speed", "250");
  await linked.click("#play");
  await until(linked, () => !document.getElementById("prompt").hidden);
  found.played = [await stepOf(linked), await linked.locator("#play").innerText()];
  await linked.keyboard.press("p");
  await linked.waitForTimeout(400);
  found.address = await linked.evaluate(() => location.hash);
  found.presenter = await linked.evaluate(() => document.documentElement.classList.contains("presenter"));

  await keys(browser);

  const still = await open(browser, SIZES.small, "#scene=hundred&step=40", { reducedMotion: "reduce" });
  found.still = await still.evaluate(() => getComputedStyle(document.querySelector(".drawing div")).transitionDuration);

  for (const [name, size] of Object.entries(SIZES)) {
    const shown = await open(browser, size, "#scene=hundred&step=300");
    const controls = await shown.locator("#controls").boundingBox();
    found.sizes[name] = { wide: await shown.evaluate(overflow), controls: controls.y + controls.height <= size[1] };
    if (folder) await shown.screenshot({ path: `${folder}/${name}.png` });
    await shown.keyboard.press("p");
    found.sizes[name].presenter = await shown.evaluate(overflow);
    if (folder) await shown.screenshot({ path: `${folder}/${name}-presenter.png` });
    found.sizes[name].inPresenter = [await shown.evaluate(above, ".state ul")];
    await shown.keyboard.press("End");
    for (let presses = 0; presses < 2; presses++) await shown.keyboard.press("ArrowRight");
    found.sizes[name].inPresenter.push(await shown.evaluate(above, ".drawing"));
    if (folder) await shown.screenshot({ path: `${folder}/${name}-end.png` });
    const asked = await open(browser, size, "#scene=read&step=0");
    for (let presses = 0; presses < 30 && !(await asked.locator("#prompt").isVisible()); presses++)
      await asked.keyboard.press("ArrowRight");
    found.sizes[name].asked = await asked.evaluate(above, ".drawing");
    if (folder) await asked.screenshot({ path: `${folder}/${name}-asked.png` });
  }
  await browser.close();
  console.log(JSON.stringify(found));
}

main().catch((error) => { console.error(error.message.split("\n")[0]); process.exit(1); });
