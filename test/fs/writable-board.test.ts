import { expect, test } from "vitest";
import { BLOCK_BYTES, BoardRecord, createWritableBoard } from "../../src/fs/writable-board.js";

test("records count apart from each other", () => {
  const board = createWritableBoard();
  const [one, two] = [new BoardRecord(board, 0), new BoardRecord(board, 1)];
  expect(one.changed()).toBe(1);
  expect(one.changed()).toBe(2);
  expect(one.addFile(5)).toBe(true);
  expect(one.resize(0, 1, 10 * BLOCK_BYTES)).toBe(true);
  expect([one.generation(), one.files(), one.bytes()]).toEqual([2, 1, BLOCK_BYTES]);
  expect([two.generation(), two.files(), two.bytes()]).toEqual([0, 0, 0]);
  expect(new BoardRecord(board, 0).generation()).toBe(2);
  one.reset();
  expect([one.generation(), one.files(), one.bytes()]).toEqual([0, 0, 0]);
});

test("the generation never comes back to 0", () => {
  const board = createWritableBoard();
  const record = new BoardRecord(board, 0);
  board[0] = -1;
  expect(record.changed()).toBe(1);
  board[0] = 2 ** 31 - 1;
  expect(record.changed()).toBe(-(2 ** 31));
});

test("files and bytes stop at their bounds", () => {
  const record = new BoardRecord(createWritableBoard(), 0);
  expect([record.addFile(2), record.addFile(2), record.addFile(2)]).toEqual([true, true, false]);
  record.removeFile();
  expect(record.addFile(2)).toBe(true);
  const max = 3 * BLOCK_BYTES;
  expect(record.resize(0, 2 * BLOCK_BYTES + 1, max)).toBe(true);
  expect(record.resize(0, 1, max)).toBe(false);
  expect(record.resize(2 * BLOCK_BYTES + 1, 3 * BLOCK_BYTES, max)).toBe(true); // its last block is paid
  expect(record.resize(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toBe(false);
  expect(record.bytes()).toBe(max);
  record.resize(3 * BLOCK_BYTES, 0, max);
  expect(record.bytes()).toBe(0);
});
