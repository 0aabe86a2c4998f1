/**
 * Thrown through a guest's frames to end it. One object serves a worker's whole life (a stack trace per
 * exit would cost more than the rest of a short run), so it says nothing about where it was thrown.
 *
 * A guest built with exception handling may catch it (`catch_all`) and go on: whoever ran the guest must
 * ask {@link ExitSignal.code}, not how control came back.
 */
export class ExitSignal extends Error {
  override readonly name = "ExitSignal";
  /** What the guest gave to `proc_exit`, an unsigned 32-bit number; undefined while it has not exited. */
  code: number | undefined = undefined;

  constructor() {
    super("The guest has ended.");
  }
}
