import type { BuildFile } from "../image/build-files.js";
import type { BuildOrder } from "../image/build-image.js";
import { isSafedockError } from "../base/errors.js";
import { GRANTS_ANNOTATION } from "../image/grants-annotation.js";
import type { Platform } from "../oci/descriptor.js";
import { parsePlatform } from "../oci/platform.js";
import { formatReference, parseReference } from "../oci/reference.js";
import type { BuildOptions } from "./build-options.js";
import { checkBuildFiles } from "./check-build-files.js";
import {
  checkConfigOptions,
  checkText,
  checkTexts,
  checkTime,
  CONFIG_KEYS,
} from "./check-config-options.js";
import { Image } from "./image.js";
import { isRecord, Problems, show } from "./problems.js";
import { reading } from "./read-options.js";
import { writeRequestedGrants } from "./requested-grants.js";

/** All of a build but its base. */
export type CheckedBuild = Omit<BuildOrder, "base">;

export const BUILD_KEYS = [
  "from",
  "files",
  ...CONFIG_KEYS,
  "annotations",
  "requestedGrants",
  "platform",
  "format",
  "reference",
  "createdAt",
  "author",
  "compression",
  "signal",
  "onProgress",
];
const FORMATS = ["image", "wasm-artifact"] as const;
const COMPRESSIONS = ["none", "gzip"] as const;
/** What an artifact has no place for. */
const OF_AN_IMAGE = ["from", ...CONFIG_KEYS, "compression"];
const EPOCH = new Date(0);

/** @throws SafedockError `ERR_OPTIONS_INVALID` with all problems. */
export async function checkBuildOptions(options: BuildOptions): Promise<CheckedBuild> {
  const problems = new Problems();
  if (!isRecord(options)) {
    problems.add(`must be an object, not ${show(options)}`);
    problems.throwIfAny("build options");
  }
  problems.keys("", options, BUILD_KEYS);
  const { from, format: wanted, annotations } = options;
  if (from !== undefined && typeof from !== "string" && !(from instanceof Image)) {
    problems.add(`from: must be an image, a reference or a digest, not ${show(from)}`);
  }
  const format = checkWord("format", wanted, FORMATS, problems);
  const files = await checkBuildFiles(options.files, problems);
  const platform = checkPlatform(options.platform, problems);
  const changes = reading("build options", "options", () => checkConfigOptions(options, problems));
  if (format === "wasm-artifact") checkArtifact(options, files, platform, problems);
  else checkImage(options, files, problems);
  const checked = {
    format,
    files,
    changes,
    platform,
    annotations: checkAnnotations(annotations, options.requestedGrants, problems),
    compression: checkWord("compression", options.compression, COMPRESSIONS, problems),
    createdAt: checkTime("createdAt", options.createdAt, EPOCH, problems),
    author: checkText("author", options.author, problems),
    reference: checkNewReference(options.reference, problems),
  };
  problems.throwIfAny("build options");
  return checked;
}

function checkAnnotations(
  annotations: unknown,
  requestedGrants: unknown,
  problems: Problems,
): ReadonlyMap<string, string> {
  const texts =
    annotations === undefined
      ? new Map<string, string>()
      : checkTexts("annotations", annotations, problems);
  if (requestedGrants === undefined) return texts;
  if (texts.has(GRANTS_ANNOTATION)) {
    problems.add(`requestedGrants: annotations holds ${GRANTS_ANNOTATION}, too`);
  }
  return new Map([...texts, [GRANTS_ANNOTATION, writeRequestedGrants(requestedGrants, problems)]]);
}

function checkImage(
  { from, entrypoint }: BuildOptions,
  files: ReadonlyMap<string, BuildFile>,
  problems: Problems,
): void {
  if (from !== undefined) return;
  if (files.size === 0) problems.add("files: must hold something, or from must name an image");
  if (entrypoint === undefined)
    problems.add("entrypoint: must be given, or from an image that has one");
}

function checkArtifact(
  options: BuildOptions,
  files: ReadonlyMap<string, BuildFile>,
  platform: Platform | undefined,
  problems: Problems,
): void {
  const given = new Map(Object.entries(options));
  for (const key of OF_AN_IMAGE) {
    if (given.get(key) !== undefined) problems.add(`${key}: a wasm-artifact has no place for it`);
  }
  const [file, ...others] = files.values();
  if (file === undefined || others.length > 0 || file.kind === "symlink") {
    problems.add("files: a wasm-artifact is one WebAssembly file");
  }
  const fits =
    platform === undefined || (/^wasip[12]$/.test(platform.os) && platform.architecture === "wasm");
  if (!fits) problems.add("platform: a wasm-artifact is for wasip1/wasm or wasip2/wasm");
}

function checkPlatform(platform: unknown, problems: Problems): Platform | undefined {
  if (platform === undefined) return undefined;
  try {
    if (typeof platform === "string") return parsePlatform(platform);
  } catch (error) {
    if (!isSafedockError(error, "ERR_OPTIONS_INVALID")) throw error;
  }
  problems.add(`platform: must be os/architecture, such as wasi/wasm, not ${show(platform)}`);
  return undefined;
}

/** The full text of a reference for something new: with a tag, for its digest is not known yet. */
export function checkNewReference(reference: unknown, problems: Problems): string | undefined {
  if (reference === undefined) return undefined;
  try {
    const parsed = typeof reference === "string" ? parseReference(reference) : undefined;
    if (parsed !== undefined && parsed.digest === undefined) return formatReference(parsed);
  } catch (error) {
    if (!isSafedockError(error, "ERR_REFERENCE_INVALID")) throw error;
    problems.add(`reference: ${error.message}`);
    return undefined;
  }
  problems.add(`reference: must be a name with a tag and no digest, not ${show(reference)}`);
  return undefined;
}

function checkWord<T extends string>(
  at: string,
  word: unknown,
  words: readonly [T, ...T[]],
  problems: Problems,
): T {
  const found = word === undefined ? words[0] : words.find((known) => known === word);
  if (found === undefined)
    problems.add(`${at}: must be one of ${words.join(", ")}, not ${show(word)}`);
  return found ?? words[0];
}
