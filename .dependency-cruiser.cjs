"use strict";

/**
 * The layers of docs/design.md, section 2: imports point down only. Each layer names all layers that
 * it may import; its own folder and the bottom ones are always open to it.
 */
const bottom = ["base", "mount", "oci", "wasm", "tree"];

const layers = {
  // The bottom, usable by all.
  base: [],
  mount: ["base"],
  oci: ["base"],
  wasm: ["base"],
  tree: ["base"],

  // The storage half: usable without running anything.
  registry: bottom,
  content: bottom,
  layer: ["content", ...bottom],
  snapshot: ["layer", "content", ...bottom],
  layout: ["content", "layer", ...bottom],
  client: ["registry", "layout", "content", "layer", ...bottom],
  trust: ["registry", ...bottom],
  // prettier-ignore
  image: [
    "registry", "content", "layer", "snapshot", "layout", "client", "trust", ...bottom,
  ],

  // The execution half: usable without any registry.
  fs: bottom,
  wasi: ["fs", ...bottom],
  component: bottom,
  guest: ["component", "wasi", "fs", ...bottom],

  // What the app answers to its guests.
  http: bottom,
  services: bottom,
  testing: ["http", "oci", "base"],

  // Where the halves meet.
  // prettier-ignore
  engine: [
    "image", "registry", "content", "layer", "snapshot", "layout", "client", "trust",
    "guest", "component", "wasi", "fs", "http", "services", ...bottom,
  ],
  // prettier-ignore
  index: [
    "engine", "image", "client", "trust", "registry", "guest", "wasi", "http", "services", ...bottom,
  ],
  cli: ["index"],
};

/** A regular expression for the files of `names`: a folder of src/, or a single file in it. */
const files = (names) => `^src/(${names.join("|")})(/|\\.ts$)`;

const layerRules = Object.entries(layers).map(([name, below]) => ({
  name: `layer-${name}`,
  severity: "error",
  comment: `src/${name} may import only: ${below.join(", ") || "nothing of src"}`,
  from: { path: files([name]) },
  to: { path: "^(src|test|bench|examples|scripts)/", pathNot: files([name, ...below]) },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: "known-layer",
      severity: "error",
      comment: "A folder of src/ that is no layer: give it a place in the design and in this file",
      from: { path: "^src/", pathNot: files(Object.keys(layers)) },
      to: {},
    },
    {
      name: "known-layer-target",
      severity: "error",
      comment: "A folder of src/ that is no layer: give it a place in the design and in this file",
      from: {},
      to: { path: "^src/", pathNot: files(Object.keys(layers)) },
    },
    {
      name: "worker-reaches-execution-half-only",
      severity: "error",
      comment: "Code of the storage half and of the engine is never loaded where guests run",
      from: { path: "^src/guest/worker-(main|boot)\\.ts$" },
      to: {
        path: "^src/",
        pathNot: files(["guest", "component", "wasi", "fs", "wasm", "tree", "mount", "base"]),
        reachable: true,
      },
    },
    {
      name: "no-cycle",
      severity: "error",
      comment:
        "Two files that need each other are one file, or want a third below them. A part may name the " +
        "type of its whole: such an import is gone after compiling, and the layers stop it from going up",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "declared-dependencies-only",
      severity: "error",
      comment: "What the package imports must be in its own dependencies",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev", "unknown", "undetermined"],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "resolvable",
      severity: "error",
      comment: "An import that leads nowhere",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
