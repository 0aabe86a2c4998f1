/**
 * When a registry is asked for an image.
 *
 * - `always`: each time, so that a tag that has moved is noticed; what the store has is not downloaded
 * - `missing`: only if the store has no image under this reference
 * - `never`: the store's image or none (ERR_IMAGE_NOT_FOUND)
 */
export type PullPolicy = "missing" | "always" | "never";

const POLICIES: readonly unknown[] = ["missing", "always", "never"] satisfies PullPolicy[];

export function isPullPolicy(value: unknown): value is PullPolicy | undefined {
  return value === undefined || POLICIES.includes(value);
}
