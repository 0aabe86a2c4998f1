/**
 * What takes images into the store, loaded as one piece when the first one comes: a process that only
 * runs what is there does without it, and starts sooner.
 */
export { LayerStore } from "../layer/layer-store.js";
export { openRegistry } from "../registry/registry.js";
export { loadImage, loadImages } from "./load-image.js";
export { pullImage } from "./pull-image.js";
export { pastMirrors } from "./past-mirrors.js";
