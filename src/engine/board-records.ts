import { SafedockError } from "../base/errors.js";
import { BOARD_RECORDS, BoardRecord, type WritableBoard } from "../fs/writable-board.js";

/** Hands out the records of the board that all workers share: one per started container. */
export class BoardRecords {
  readonly #board: WritableBoard;
  readonly #free: number[] = [];
  #next = 0;

  constructor(board: WritableBoard) {
    this.#board = board;
  }

  /** @throws SafedockError `ERR_QUEUE_FULL` when 65,536 containers with a writable layer are started. */
  take(): number {
    const record = this.#free.pop() ?? this.#next++;
    if (record < BOARD_RECORDS) return record;
    this.#next = BOARD_RECORDS;
    throw new SafedockError(
      "ERR_QUEUE_FULL",
      `${BOARD_RECORDS} containers have a writable layer in use`,
      {
        data: { limit: BOARD_RECORDS },
        hint: "remove containers that are no longer needed",
      },
    );
  }

  read(record: number): BoardRecord {
    return new BoardRecord(this.#board, record);
  }

  /** Nothing may run on the record any more. */
  release(record: number): void {
    this.read(record).reset();
    this.#free.push(record);
  }
}
