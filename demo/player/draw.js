// What one side of a scene looks like at a step.
"use strict";

function make(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "text") made.textContent = value;
    else if (key === "style") Object.assign(made.style, value); // as text the page's own policy would forbid it
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const number = (value) => Math.round(value).toLocaleString("en");
const bytes = (value) => `${number(value)} B`;

const KINDS = { base: "was there before", left: "waits for a call to return", fresh: "runs now" };
const MARKS = { base: "", left: "↑ ", fresh: "• " };

function kindOf(step, index) {
  return index < step.base ? "base" : index < step.left ? "left" : "fresh";
}

function drawTitle(side) {
  const what = make("small", { text: ` ${side.mechanism}: ${side.models}` });
  const rests = make("small", { class: "rests", text: `That it would not grow rests on: ${side.rests}` });
  return make("h2", { class: "title" }, make("span", { text: `${side.label}` }), what, rests);
}

function drawSource(step) {
  const height = window.innerHeight >= 1000 ? 19 : 13; // as many as there is room for; centre() shows the middle
  const code = make("div", { class: "code", tabindex: "-1" });
  const first = step.line - Math.floor(height / 2);
  for (let line = Math.max(1, first); line < first + height; line++) {
    const text = sourceLine(step.file, line);
    if (text === null) continue;
    code.append(make("div", line === step.line ? { class: "now" } : {}, make("i", { text: String(line) }), text));
  }
  if (!code.childNodes.length) code.append(make("div", { text: "(generated code)" }));
  const used = step.maker ? `, a macro, used in ${step.maker}:${step.makerLine}` : "";
  return make("div", { class: "source" }, make("h3", { text: `${step.file}:${step.line}${used}` }), code);
}

// Keeps the current line in sight where lines are wrapped.
function centre(panel) {
  const code = panel.querySelector(".code");
  const now = panel.querySelector(".now");
  if (now) code.scrollTop = now.offsetTop - (code.clientHeight - now.clientHeight) / 2;
}

// How much deeper or less deep it is than when the program last asked.
function sinceAsked(step) {
  if (step.asked === null) return "not asked yet";
  return `${step.depth > step.asked ? "+" : ""}${bytes(step.depth - step.asked)} since it asked`;
}

// To scale, and growing downwards as on the machine: the whole height is the deepest stack of the scene, and a dashed
// line is where it was when the program last asked.
function drawStack(step, deepest, lower) {
  const drawing = make("div", { class: "drawing", role: "img" });
  const blocks = [];
  step.frames.forEach((frame, index) => {
    const kind = kindOf(step, index);
    const last = blocks[blocks.length - 1];
    if (step.frames.length > 60 && last && last.kind === kind) last.bytes += frame[1];
    else blocks.push({ kind, bytes: frame[1] });
  });
  let top = lower;
  for (const block of blocks) {
    const high = (100 * block.bytes) / deepest;
    const place = { top: `${((100 * top) / deepest).toFixed(2)}%`, height: `${high.toFixed(2)}%` };
    drawing.append(make("div", { class: block.kind + (high < 1 ? " thin" : ""), style: place }));
    top += block.bytes;
  }
  if (step.asked !== null)
    drawing.append(make("i", { class: "asked", style: { top: `${((100 * (step.asked + lower)) / deepest).toFixed(2)}%` } }));
  const left = sum(step.frames.slice(step.base, step.left));
  const title = [`Stack: ${bytes(step.depth)}; ${sinceAsked(step)}`, `waits for calls to return: ${bytes(left)}`];
  drawing.setAttribute("aria-label", title.join(", "));
  return make("div", { class: "stack" }, make("h3", {}, title[0], make("br"), make("i", { class: "swatch left" }), title[1]), drawing, drawFrames(step));
}

// Who called whom, the newest call last; what has no room is folded.
function drawFrames(step) {
  const list = make("ol", { class: "frames", tabindex: "0", "aria-label": "call stack, the newest call last" });
  const line = (index) => {
    const [name, size] = step.frames[index];
    const kind = kindOf(step, index);
    list.append(make("li", { class: kind, title: `${name}: ${bytes(size)}, ${KINDS[kind]}` },
      make("span", { text: MARKS[kind] + name }), make("b", { text: String(size) })));
  };
  const shown = 4;
  const folded = step.frames.length - shown - 5 > 1 ? step.frames.length - shown - 5 : 0;
  for (let index = 0; index < step.frames.length; index++) {
    if (folded && index === 5) {
      const kind = kindOf(step, index);
      list.append(make("li", { class: `more ${kind}` }, make("span", { text: `${MARKS[kind]}… ${number(folded)} more like these` }),
        make("b", { text: String(sum(step.frames.slice(5, 5 + folded))) })));
      index += folded;
    }
    line(index);
  }
  return list;
}

function drawList(title, lines) {
  const list = make("ul", { class: "list" });
  for (const [text, kind] of lines) list.append(make("li", { class: kind || null, text }));
  if (!lines.length) list.append(make("li", { class: "none", text: "none" }));
  return make("div", {}, make("h3", { text: title }), list);
}

function drawState(step) {
  const memory = step.alive.map(([name, size, where]) => (where ? [`${name}, ${bytes(size)}: ${where}`] : [`${name}, ${bytes(size)}`, "inside"]));
  const counters = make("dl", { class: "counters" });
  for (const [event, name] of Object.entries(data.counted))
    counters.append(make("div", event === step.event ? { class: "changed" } : {},
      make("dt", { text: name }), make("dd", { text: number(step.counts[event] || 0) })));
  const heap = step.alive.reduce((total, [, size, where]) => total + (where ? size : 0), 0);
  return make("div", { class: "state", tabindex: "0", "aria-label": "memory, queue and counters" },
    drawList(`Memory: ${bytes(heap)} in blocks; what is in them`, memory),
    drawList("Ready queue", step.queue.map((name) => [name])),
    make("div", {}, make("h3", { text: "Counted so far" }), counters));
}

function drawSide(panel, side, step, deepest, lower, waiting) {
  const say = make("p", { class: "say" }, make("b", { text: step.event }), ` ${data.words[step.event] || ""}`);
  if (waiting) say.append(make("em", { text: " (Waits for the other side.)" }));
  panel.classList.toggle("waiting", waiting);
  panel.replaceChildren(drawTitle(side), say, drawSource(step), drawStack(step, deepest, lower), drawState(step));
}
