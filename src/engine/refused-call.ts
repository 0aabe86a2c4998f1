import type { Denial } from "../fs/denial.js";
import type { DenialMessage } from "../guest/denial-message.js";
import type { CheckedMount } from "./check-fs-grants.js";
import type { CheckedGrants } from "./check-grants.js";
import type { CheckedOptions } from "./check-options.js";
import type { RefusedCall } from "./container-audit.js";
import { errnoName } from "./errno-name.js";
import { clockGrantOf, fsGrantOf } from "./grants-of.js";
import { httpGrantFor } from "./http-grants-of.js";
import type { Grants } from "./grants.js";
import { seesImage } from "./sees-image.js";
import { serviceGrantFor } from "./service-grants-of.js";

/** What an event tells of a refused call. */
export interface ToldDenial extends RefusedCall {
  /** Refused calls of the process since the last event about it that no event tells of. */
  readonly suppressed: number;
}

/** Undefined for a message that only counts. */
export function toToldDenial(
  { denials, tell, suppressed }: DenialMessage,
  granted: CheckedOptions,
): ToldDenial | undefined {
  const [first] = denials;
  if (!tell || first === undefined) return undefined;
  return { ...toRefusedCall(first.denial, granted), suppressed };
}

/** A denial as the app is told of it; `granted` is what the container was made with. */
export function toRefusedCall(denial: Denial, granted: CheckedOptions): RefusedCall {
  const { kind, call, path, errno } = denial;
  const grant = grantFor(denial, granted);
  return {
    kind,
    call,
    ...(path === undefined ? undefined : { path }),
    errno: errnoName(errno),
    ...(grant === undefined ? undefined : { grant }),
  };
}

function grantFor(denial: Denial, granted: CheckedOptions): Grants | undefined {
  switch (denial.kind) {
    case "fs":
      return mountFor(denial, granted);
    case "clock":
      return clockFor(denial, granted);
    case "random":
      return { random: "secure" };
    case "stdio":
      return denial.path === undefined ? undefined : { stdio: { [denial.path]: "pipe" } };
    case "http":
      return { http: [httpGrantFor(denial, granted.http)] };
    default:
      return serviceGrantFor(denial);
  }
}

/** Only time that was taken back is answered with success; processor time is never granted. */
function clockFor({ errno }: Denial, { clock }: CheckedGrants): Grants | undefined {
  return errno === 0 ? { clock: clockGrantOf(clock) } : undefined;
}

/** The image's own files are no grant: `rootfs` says what becomes of them. */
function mountFor({ mount, needs }: Denial, granted: CheckedOptions): Grants | undefined {
  if (mount === undefined) return undefined;
  const found: CheckedMount | undefined = granted.mounts[seesImage(granted) ? mount - 1 : mount];
  if (found === undefined) return undefined;
  if (found.type === "memory") return { fs: [fsGrantOf(found)] };
  return { fs: [fsGrantOf({ ...found, access: needs ?? found.access })] };
}
