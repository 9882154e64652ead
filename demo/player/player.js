// The player: a scene, a step in it, and the ways to move.
"use strict";

const element = (id) => document.getElementById(id);
const panels = [element("side0"), element("side1")];
let scene = null;
let step = 0;
let timer = null;
const answered = new Set();

const end = () => scene.timeline.length - 1;
const promptAt = (at) => scene.prompts.find((prompt) => prompt.at === at && !answered.has(`${scene.name} ${at}`));

// The address names the place, so that it can be sent; the browser's history is left as it was. Browsers allow so many
// changes of it in a time, so it waits until the reader has stopped.
let remembering = null;

function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => history.replaceState(null, "", `#scene=${scene.name}&step=${step}`), 200);
}

function show() {
  const [left, right] = scene.timeline[step];
  const before = scene.timeline[Math.max(0, step - 1)];
  [left, right].forEach((index, k) => {
    const waiting = step > 0 && before[k] === index;
    drawSide(panels[k], scene.sides[k], scene.steps[k][index], scene.deepest, scene.lower[k], waiting);
  });
  requestCentre();
  element("slider").value = step;
  const events = scene.io.filter((at) => at <= step).length;
  element("place").textContent = `step ${step} of ${end()}, I/O event ${events} of ${scene.io.length}`;
  for (const id of ["first", "back", "io-back"]) element(id).disabled = step === 0;
  for (const id of ["last", "io-forward"]) element(id).disabled = step === end();
  element("forward").disabled = step === end() && !promptAt(step);
  showPrompt();
  showSummary();
  remember();
}

// Once before the next painting, however many steps were taken until then: it needs the whole layout.
let centring = null;

function requestCentre() {
  centring = centring || requestAnimationFrame(() => {
    centring = null;
    panels.forEach(centre);
  });
}

function showPrompt() {
  const box = element("prompt");
  const prompt = promptAt(step);
  box.hidden = !prompt;
  document.body.classList.toggle("asking", !box.hidden);
  if (!prompt) return;
  stop();
  const reveal = (choice) => {
    const told = prompt.choices.length && choice !== null ? (choice === prompt.right ? "Yes. " : "No. ") : "";
    const on = make("button", { text: "Go on" });
    on.addEventListener("click", () => {
      settle(prompt);
      element(step < end() ? "forward" : "back").focus();
    });
    box.replaceChildren(make("p", { text: prompt.question }), make("p", { class: "answer", text: told + prompt.answer }), on);
    on.focus();
  };
  const buttons = prompt.choices.map((text, choice) => {
    const button = make("button", { text });
    button.addEventListener("click", () => reveal(choice));
    return button;
  });
  const answer = make("button", { text: "Show the answer" });
  answer.addEventListener("click", () => reveal(null));
  box.replaceChildren(make("p", { text: `Before you go on: ${prompt.question}` }), ...buttons, answer);
  box.reveal = () => (box.querySelector(".answer") ? settle(prompt) : reveal(null));
}

function settle(prompt) {
  answered.add(`${scene.name} ${prompt.at}`);
  if (step < end()) go(step + 1);
  else show();
}

function showSummary() {
  const box = element("summary");
  box.hidden = step !== end() || !element("prompt").hidden;
  document.body.classList.toggle("ended", !box.hidden); // the stacks take the place of the source
  document.body.classList.toggle("begun", step > 0);
  if (box.hidden) return;
  const rows = scene.summary.map(([name, ...cells]) =>
    make("tr", {}, make("th", { scope: "row", text: name }), ...cells.map((text) => make("td", { text }))));
  const head = make("tr", {}, make("th", {}), ...scene.sides.map((side) => make("th", { scope: "col", text: side.label })));
  box.replaceChildren(make("table", {}, head, ...rows));
}

function go(to) {
  step = Math.min(end(), Math.max(0, to));
  show();
}

function forward() {
  if (promptAt(step)) element("prompt").reveal();
  else go(step + 1);
}

// To an I/O event, or to a question on the way to it.
function ioForward() {
  if (promptAt(step)) return element("prompt").reveal();
  const event = scene.io.find((at) => at > step);
  const goal = event === undefined ? end() : event;
  const asked = scene.prompts.find((prompt) => prompt.at > step && prompt.at <= goal && promptAt(prompt.at));
  return go(asked ? asked.at : goal);
}

function ioBack() {
  go([...scene.io].reverse().find((at) => at < step) || 0);
}

function play() {
  if (timer !== null) return stop();
  if (step === end()) go(0);
  timer = setInterval(() => {
    if (step === end() || promptAt(step)) stop();
    else go(step + 1);
  }, Number(element("speed").value));
  element("play").textContent = "Pause";
  element("play").setAttribute("aria-label", "Pause");
  return undefined;
}

function stop() {
  clearInterval(timer);
  timer = null;
  element("play").textContent = "Play";
  element("play").setAttribute("aria-label", "Play");
}

function openScene(name, at) {
  stop();
  scene = sceneNamed(name);
  element("scene").value = name;
  element("intro").textContent = `${scene.intro} ${data.setting}`;
  element("slider").max = end();
  const marks = scene.io.map((event) => make("i", { style: { left: `${(100 * event) / Math.max(1, end())}%` } }));
  const asks = scene.prompts.map((prompt) => make("i", { class: "ask", style: { left: `${(100 * prompt.at) / Math.max(1, end())}%` } }));
  element("marks").replaceChildren(...marks, ...asks);
  go(at);
  reckon();
}

function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const name = data.scenes.some((one) => one.name === asked.get("scene")) ? asked.get("scene") : data.scenes[0].name;
  const at = Math.trunc(Number(asked.get("step")));
  openScene(name, Number.isFinite(at) ? at : 0);
}

function otherScene(by) {
  const names = data.scenes.map((one) => one.name);
  const next = names[names.indexOf(scene.name) + by];
  if (next) openScene(next, 0);
}

// N completions on a stack of so many bytes, by what the recorded ones left behind.
function reckon() {
  const count = Number(element("count").value);
  const stack = Number(element("stack").value) * 1024;
  for (const id of ["count", "stack"]) {
    const field = element(id);
    if (field.checkValidity() && field.value !== "") continue;
    const text = `${field.labels[0].textContent.trim()}: a whole number from ${number(field.min)} to ${number(field.max)} is needed.`;
    return element("overflow").replaceChildren(make("p", { class: "over", text }));
  }
  const table = make("table", {}, make("tr", {}, ...["", "a completion leaves", `stack after ${number(count)}`, "it is full after"]
    .map((text) => make("th", { scope: "col", text }))));
  for (const side of scene.sides) {
    const { slope, base } = side.growth;
    const used = base + slope * count;
    const full = slope > 0 ? Math.max(0, Math.floor((stack - base) / slope)) : null;
    const share = Math.min(100, (100 * used) / stack);
    const bar = make("div", { class: "bar" }, make("i", { class: used > stack ? "left" : "fresh", style: { width: `${share.toFixed(2)}%` } }));
    const filled = slope === null ? "-" : used > stack ? `${bytes(used)}: overflow` : bytes(used);
    table.append(make("tr", {}, make("th", { scope: "row", text: `${side.label}, ${side.mechanism}` }),
      make("td", { text: slope === null ? "nothing to tell from so few" : bytes(slope) }),
      make("td", { class: used > stack ? "over" : null }, filled, slope === null ? "" : bar),
      make("td", { text: full === null ? (slope === null ? "-" : "never") : `${number(full)} completions` })));
  }
  const notes = scene.sides.filter((side) => side.elsewhere).map((side) => make("p", { text: `${side.label}: ${side.elsewhere}` }));
  return element("overflow").replaceChildren(table, ...notes);
}

function presenter() {
  const on = document.documentElement.classList.toggle("presenter");
  element("presenter").setAttribute("aria-pressed", String(on));
  show();
}

function help() {
  document.documentElement.classList.add("told");
  element("help").setAttribute("aria-expanded", "true");
  element("about").scrollIntoView();
}

async function link() {
  history.replaceState(null, "", `#scene=${scene.name}&step=${step}`);
  try {
    await navigator.clipboard.writeText(location.href);
    element("link").textContent = "Copied";
  } catch {
    element("link").textContent = "It is in the address bar";
  }
  setTimeout(() => { element("link").textContent = "Link"; }, 2000);
}

const keys = {
  ArrowRight: forward, ArrowLeft: () => go(step - 1), PageDown: ioForward, PageUp: ioBack, Home: () => go(0), End: () => go(end()),
  " ": play, "[": () => otherScene(-1), "]": () => otherScene(1), p: presenter, P: presenter, l: link, L: link, "?": help,
};

document.addEventListener("keydown", (event) => {
  const { tagName, type } = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || type === "number") return;
  if (event.key === " " && /^(BUTTON|SELECT)$/.test(tagName)) return;
  if (tagName === "SELECT" && /^[a-z]$/i.test(event.key)) return; // chooses by its first letter
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

for (const [id, act] of [["first", () => go(0)], ["back", () => go(step - 1)], ["forward", forward], ["last", () => go(end())],
  ["io-back", ioBack], ["io-forward", ioForward], ["play", play], ["presenter", presenter], ["link", link], ["help", help]])
  element(id).addEventListener("click", act);
element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
element("scene").addEventListener("change", (event) => openScene(event.target.value, 0));
element("speed").addEventListener("change", () => { if (timer !== null) { stop(); play(); } });
for (const id of ["count", "stack"]) element(id).addEventListener("input", reckon);
window.addEventListener("hashchange", follow);
window.addEventListener("resize", () => show());

data.scenes.forEach((one, index) => element("scene").append(make("option", { value: one.name, text: `${index + 1}. ${one.title}` })));
data.limits.forEach((text) => element("limits").append(make("li", { text })));
element("origin").textContent = data.origin;
follow();
