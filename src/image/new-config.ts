import type { Digest } from "../oci/digest.js";
import { historyOf, isObject, type BaseImage, type HistoryEntry } from "./base-image.js";
import type { ConfigChanges, ImagePlan } from "./image-plan.js";
import { sortedRecord } from "./new-manifest.js";

/** What the config says of the new image's layers. */
export interface NewLayers {
  /** All, the lowest first. */
  readonly diffIds: readonly Digest[];
  /** How many of them are the base's. */
  readonly inherited: number;
}

/** Members of a base's config that say something of the base alone. */
const OF_THE_BASE = [
  "created",
  "author",
  "history",
  "rootfs",
  "container",
  "container_config",
  "id",
];
/** For an image with no base. */
const PLATFORM = { architecture: "wasm", os: "wasi" };

/**
 * The config of a new image (OCI image specification, "Image Configuration"). What a base's config has
 * beyond that is kept. Members stand in a fixed order: the same plan gives the same bytes.
 */
export function newConfig(
  plan: ImagePlan,
  base: BaseImage | undefined,
  { diffIds, inherited }: NewLayers,
): Uint8Array {
  const { author, createdAt } = plan;
  const kept = Object.entries(base?.config ?? PLATFORM).filter(
    ([key]) => !OF_THE_BASE.includes(key),
  );
  const { config, ...others } = Object.fromEntries(kept);
  const platform = plan.platform === undefined ? {} : withoutVariant(others, plan.platform);
  const history = [
    ...(base === undefined ? [] : historyOf(base.config, inherited)),
    historyEntry(plan, diffIds.length === inherited),
  ];
  const content = {
    created: timestamp(createdAt),
    ...(author === undefined ? {} : { author }),
    ...others,
    ...platform,
    config: newExecution(isObject(config) ? config : {}, plan.changes),
    rootfs: { type: "layers", diff_ids: diffIds },
    history,
  };
  return Buffer.from(JSON.stringify(content));
}

/** RFC 3339, without fractions that are zero, as Go writes it. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.000Z$/, "Z");
}

function withoutVariant(others: Record<string, unknown>, platform: object): object {
  // Those of another platform make no sense with this one.
  delete others["variant"];
  delete others["os.version"];
  return platform;
}

function historyEntry({ createdAt, createdBy, author, comment }: ImagePlan, isEmpty: boolean) {
  const entry: HistoryEntry = {
    created: timestamp(createdAt),
    created_by: createdBy,
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
    ...(isEmpty ? { empty_layer: true } : {}),
  };
  return entry;
}

function newExecution(base: Record<string, unknown>, changes: ConfigChanges): object {
  const { entrypoint, cmd, env, workingDir, labels } = changes;
  const { Entrypoint, Cmd, Env, WorkingDir, Labels, ...others } = base;
  return compact({
    Env: mergedEnv(Env, env),
    Entrypoint: entrypoint ?? Entrypoint,
    Cmd: cmd ?? (entrypoint === undefined ? Cmd : undefined),
    WorkingDir: workingDir ?? WorkingDir,
    Labels: mergedLabels(Labels, labels),
    ...others,
  });
}

/** The base's variables in their order, then new ones by name. */
function mergedEnv(base: unknown, env: ReadonlyMap<string, string> | undefined): unknown {
  const lines = (Array.isArray(base) ? base : []).filter((line) => typeof line === "string");
  if (env === undefined) return lines.length === 0 ? undefined : lines;
  const left = new Map(env);
  const kept = lines.map((line) => {
    const name = line.split("=", 1)[0] ?? "";
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? line : `${name}=${value}`;
  });
  const added = [...left].toSorted(byName).map(([name, value]) => `${name}=${value}`);
  return kept.length + added.length === 0 ? undefined : [...kept, ...added];
}

function mergedLabels(base: unknown, labels: ReadonlyMap<string, string> | undefined): unknown {
  const all = new Map([...Object.entries(isObject(base) ? base : {}), ...(labels ?? [])]);
  return all.size === 0 ? undefined : sortedRecord(all);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function compact(members: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
