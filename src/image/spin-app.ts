import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES } from "../oci/image-config.js";
import { JsonNode } from "../oci/json-node.js";
import type { ComponentTrigger } from "./image-component.js";
import { SPIN_APPLICATION, unsupported } from "./image-format.js";

/** Bytes of an application: in a layer, named by their digest, or in the lock file itself. */
export interface SpinContent {
  readonly digest?: Digest;
  readonly inline?: Uint8Array;
}

export interface SpinFile extends SpinContent {
  /** Below the component's root: `static/index.html`. */
  readonly path: string;
}

export interface SpinComponent {
  readonly id: string;
  readonly source: SpinContent;
  readonly files: readonly SpinFile[];
  readonly env: Readonly<Record<string, string>>;
  readonly triggers: readonly ComponentTrigger[];
}

/** Components and triggers of one application: Spin's own examples have up to ten. */
const MAX_COMPONENTS = 256;
const MAX_TRIGGERS = 1024;
/** Files of one component: as many as a lock file of 4 MiB can name. */
const MAX_FILES = 100_000;
/** What a lock file says must be understood, and what its host must offer. */
const MAX_REQUIREMENTS = 64;
/** Longest id, in characters. */
const MAX_ID = 200;

/** Base64 as Spin writes it. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads a locked Spin application (`spin_lock_version` 0 or 1).
 *
 * @throws SafedockError `ERR_CONFIG_INVALID` (names the JSON path); `ERR_MANIFEST_UNSUPPORTED` for a
 * trigger other than `http` and `command`, for components that are not composed yet, and for an
 * application that its host must do more for
 */
export function parseSpinApp(bytes: Uint8Array): readonly SpinComponent[] {
  const node = JsonNode.parse(bytes, MAX_CONFIG_BYTES, invalid).object();
  const version = node.required("spin_lock_version");
  if (version.value !== 0 && version.value !== 1) version.fail("must be 0 or 1");
  checkRequirements(node);
  const components = node.required("components").list(MAX_COMPONENTS);
  const ids = new Map<string, JsonNode>();
  for (const component of components) {
    const id = component.required("id");
    const name = id.string(MAX_ID);
    if (ids.has(name)) id.fail("is the id of two components");
    ids.set(name, component);
  }
  const triggers = readTriggers(node.required("triggers").list(MAX_TRIGGERS), ids);
  return [...ids].map(([id, component]) => readComponent(id, component, triggers.get(id) ?? []));
}

function readTriggers(
  nodes: readonly JsonNode[],
  ids: ReadonlyMap<string, JsonNode>,
): ReadonlyMap<string, ComponentTrigger[]> {
  const found = new Map<string, ComponentTrigger[]>();
  for (const node of nodes) {
    const type = node.required("trigger_type").string(MAX_ID);
    if (type !== "http" && type !== "command") {
      throw spinUnsupported(`the trigger "${printable(type, 60)}" is none that can be served`);
    }
    const config = node.required("trigger_config");
    const component = config.required("component");
    const id = component.string(MAX_ID);
    if (!ids.has(id)) component.fail("names no component of the application");
    // A route may also be an object: `{ "private": true }`.
    const route = config.member("route");
    const path = typeof route?.value === "string" ? route.string() : undefined;
    const list = found.get(id) ?? [];
    list.push(path === undefined ? { type } : { type, route: path });
    found.set(id, list);
  }
  return found;
}

function readComponent(
  id: string,
  node: JsonNode,
  triggers: readonly ComponentTrigger[],
): SpinComponent {
  checkRequirements(node);
  for (const name of ["dependencies", "trigger_dependencies"]) {
    if (namesOf(node.member(name)).length === 0) continue;
    throw spinUnsupported(
      `the component "${printable(id, 60)}" has dependencies that are not composed into it`,
    );
  }
  return {
    id,
    source: readContent(node.required("source")),
    files: (node.member("files")?.list(MAX_FILES) ?? []).map((file) => ({
      ...readContent(file),
      path: readPath(file.required("path")),
    })),
    env: node.member("env")?.stringMap() ?? {},
    triggers,
  };
}

function readContent(node: JsonNode): SpinContent {
  const digestNode = node.member("digest");
  const digest = digestNode?.string();
  if (digest !== undefined && !isDigest(digest)) {
    digestNode?.fail("must be a sha256 or sha512 digest");
  }
  const inlineNode = node.member("inline");
  const text = inlineNode?.string();
  if (text !== undefined && !BASE64.test(text)) inlineNode?.fail("must be base64");
  const inline = text === undefined ? undefined : Buffer.from(text, "base64");
  if (digest === undefined && inline === undefined) {
    node.fail('must have a "digest" or be "inline": nothing else is in the registry');
  }
  return {
    ...(digest !== undefined && isDigest(digest) ? { digest } : {}),
    ...(inline !== undefined ? { inline } : {}),
  };
}

/** As Spin checks it: names alone, so that a file lies where its component's others do. */
function readPath(node: JsonNode): string {
  const path = node.string();
  const isSafe = path
    .split("/")
    .every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"));
  return isSafe ? path : node.fail("must be a path below the component's root");
}

/** What a lock file asks its host to understand, and to do: nothing of it is there yet. */
function checkRequirements(node: JsonNode): void {
  const known = ["host_requirements", "component_host_requirements"];
  for (const item of node.member("must_understand")?.strings(MAX_REQUIREMENTS) ?? []) {
    if (known.includes(item)) continue;
    throw spinUnsupported(`it must be understood in "${printable(item, 60)}"`);
  }
  const requirements = node.member("host_requirements");
  for (const name of namesOf(requirements)) {
    if (requirements?.member(name)?.value === "optional") continue;
    throw spinUnsupported(`its host must offer "${printable(name, 60)}"`);
  }
}

function namesOf(node: JsonNode | undefined): readonly string[] {
  const value = node?.object().value;
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

export function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_CONFIG_INVALID", `The Spin application is not valid: ${problem}`, {
    data: { problem },
  });
}

function spinUnsupported(why: string): SafedockError {
  return unsupported(SPIN_APPLICATION, why);
}
