import { SafedockError } from "../base/errors.js";
import { POLICY_RECORDS, type PolicyBoard, PolicyRecord } from "../fs/policy-board.js";

/** Hands out the records of the policy board that all workers share: one per started container. */
export class PolicyRecords {
  readonly #board: PolicyBoard;
  readonly #free: number[] = [];
  #next = 0;

  constructor(board: PolicyBoard) {
    this.#board = board;
  }

  /** @throws SafedockError `ERR_QUEUE_FULL` when 65,536 containers are started. */
  take(): number {
    const record = this.#free.pop() ?? this.#next++;
    if (record < POLICY_RECORDS) return record;
    this.#next = POLICY_RECORDS;
    throw new SafedockError("ERR_QUEUE_FULL", `${POLICY_RECORDS} containers are started`, {
      data: { limit: POLICY_RECORDS },
      hint: "remove containers that are no longer needed",
    });
  }

  read(record: number): PolicyRecord {
    return new PolicyRecord(this.#board, record);
  }

  /** Nothing may run on the record any more. */
  release(record: number): void {
    this.read(record).reset();
    this.#free.push(record);
  }
}
