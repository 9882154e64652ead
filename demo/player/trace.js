// The scenes as they were recorded, unpacked. A step names how many frames of the step before have gone, and those that
// came; steps that are alike are stored once.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

const sum = (frames) => frames.reduce((total, frame) => total + frame[1], 0);

// [{file, line, event, frames: [[function, bytes]], base, left, depth, asked, alive, queue, counts, changed}, ...]
// Frames below `base` were there before the coroutine ran; those from there up to `left` wait for a call to return: of
// a resume() that is nested in them, whether the coroutine has asked again or not. `asked`: how deep it was when it asked.
function unpack(side) {
  let frames = [];
  let counts = {};
  let base = null;
  let left = 0;
  let asked = null;
  return side.steps.map((number) => {
    const [site, gone, pushed, alive, queue] = data.steps[number];
    const [file, line, event, maker, makerLine] = data.sites[site];
    left = Math.min(left, frames.length - gone);
    if (base !== null) base = Math.min(base, frames.length - gone);
    frames = frames.slice(0, frames.length - gone).concat(pushed.map((frame) => data.frames[frame]));
    const depth = sum(frames);
    if (event === "ASK") {
      if (base === null) base = frames.length - 1;
      left = frames.length - 1;
      asked = depth;
    } else if (event === "COMPLETE" && base !== null) base = left = frames.length; // the reactor's loop
    else if (event === "NESTED_RESUME") left = frames.length;
    counts = Object.assign({}, counts, { [event]: (counts[event] || 0) + 1 });
    return {
      file: data.files[file], line, maker: data.files[maker], makerLine, event, frames, base: base === null ? frames.length : base, left, counts,
      depth, asked, alive: data.alive[alive], queue: data.queues[queue],
    };
  });
}

const unpacked = new Map();

function sceneNamed(name) {
  if (!unpacked.has(name)) {
    const scene = data.scenes.find((one) => one.name === name);
    const steps = scene.sides.map(unpack);
    // Drawn with the places where the programs first ask at one height: how each was launched is not the subject.
    const first = steps.map((side) => (side.find((step) => step.asked !== null) || { asked: 0 }).asked);
    const lower = first.map((asked) => Math.max(...first) - asked);
    const deepest = Math.max(1, ...steps.flatMap((side, k) => side.map((step) => step.depth + lower[k])));
    unpacked.set(name, Object.assign({}, scene, { steps, deepest, lower }));
  }
  return unpacked.get(name);
}

function sourceLine(file, line) {
  for (const [first, lines] of data.sources[file] || [])
    if (line >= first && line < first + lines.length) return lines[line - first];
  return null;
}
