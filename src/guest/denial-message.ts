import type { Denial } from "../fs/denial.js";

/** From a worker: calls of a guest that were refused. */
export interface DenialMessage {
  readonly type: "denied";
  /** The guest's id. */
  readonly guest: number;
  readonly denials: readonly CountedDenial[];
  /** The denial is to be told to the app; otherwise it is only counted. */
  readonly tell: boolean;
  /** Refused calls of the guest since the last denial that was told, without this one. */
  readonly suppressed: number;
  /** Refused calls since the last message that are in no message: too many different ones. */
  readonly others: number;
}

export interface CountedDenial {
  readonly denial: Denial;
  /** How often since the last message that had it. */
  readonly count: number;
}
