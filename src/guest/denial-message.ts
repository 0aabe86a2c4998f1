import type { Denial } from "../fs/denial.js";

/** From a worker: calls of a guest that were refused. All numbers count from the guest's start. */
export interface DenialReport {
  readonly type: "denied";
  /** The guest's id. */
  readonly guest: number;
  readonly notes: readonly DenialNote[];
  /** Refused calls. */
  readonly total: number;
  /** Refused calls that have no note: too many different ones. */
  readonly others: number;
}

export interface DenialNote {
  /** Number of the guest's different denials, from 0. */
  readonly index: number;
  /** With the first report of it. */
  readonly denial: Denial | undefined;
  readonly count: number;
  /** It has come so often that the app is to be told, if it bears more. */
  readonly isDue: boolean;
}

/** What is new about a guest's refused calls. */
export interface DenialMessage {
  readonly denials: readonly CountedDenial[];
  /** The first denial is to be told to the app; otherwise it is only counted. */
  readonly tell: boolean;
  /** Refused calls of the guest since the last denial that was told, without this one. */
  readonly suppressed: number;
  /** Refused calls since the last message that are in no message. */
  readonly others: number;
}

export interface CountedDenial {
  readonly denial: Denial;
  /** How often since the last message that had it. */
  readonly count: number;
}
