// The scenes as they were recorded, unpacked. A step names how many frames of the step before have gone, and those that
// came; steps that are alike are stored once.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

// [{file, line, event, frames: [[function, bytes]], base, left, depth, alive, queue, counts, changed}, ...]
// Frames below `base` were there before the coroutine ran; those from there up to `left` when it asked again.
function unpack(side) {
  let frames = [];
  let counts = {};
  let base = null;
  let left = 0;
  return side.steps.map((number) => {
    const [site, gone, pushed, alive, queue] = data.steps[number];
    const [file, line, event, maker, makerLine] = data.sites[site];
    left = Math.min(left, frames.length - gone);
    frames = frames.slice(0, frames.length - gone).concat(pushed.map((frame) => data.frames[frame]));
    if (event === "ASK") {
      if (base === null) base = frames.length - 1;
      left = frames.length - 1;
    }
    counts = Object.assign({}, counts, { [event]: (counts[event] || 0) + 1 });
    return {
      file: data.files[file], line, maker: data.files[maker], makerLine, event, frames, base: base === null ? frames.length : base, left, counts,
      depth: frames.reduce((sum, frame) => sum + frame[1], 0), alive: data.alive[alive], queue: data.queues[queue],
    };
  });
}

const unpacked = new Map();

function sceneNamed(name) {
  if (!unpacked.has(name)) {
    const scene = data.scenes.find((one) => one.name === name);
    const steps = scene.sides.map(unpack);
    const deepest = steps.reduce((most, side) => side.reduce((depth, step) => Math.max(depth, step.depth), most), 1);
    unpacked.set(name, Object.assign({}, scene, { steps, deepest }));
  }
  return unpacked.get(name);
}

function sourceLine(file, line) {
  for (const [first, lines] of data.sources[file] || [])
    if (line >= first && line < first + lines.length) return lines[line - first];
  return null;
}
