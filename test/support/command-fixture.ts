import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { auditGuest } from "../audit/command-guest.js";
import { openTestEngine, type TestEngine } from "./test-engine.js";

/** What tests of grants in use begin with. */
export interface CommandFixture {
  readonly engine: Engine;
  /** Of the engine, and of `data`. */
  readonly folder: string;
  /** The guest that does what it is told. */
  readonly commands: Image;
  /** A directory of the host for each test, with the file `there` in it. */
  readonly data: string;
}

/** Opens an engine for all tests of a file, and makes each its directory. */
export function useCommandFixture(): CommandFixture {
  let opened: TestEngine;
  let commands: Image;
  let data: string;
  let made = 0;
  beforeAll(async () => {
    opened = await openTestEngine();
    commands = await opened.engine.loadImage(auditGuest("commands"));
  });
  beforeEach(async () => {
    data = join(opened.folder, `data-${made++}`);
    await mkdir(data);
    await writeFile(join(data, "there"), "some bytes");
  });
  afterAll(() => opened.close());
  return {
    get engine() {
      return opened.engine;
    },
    get folder() {
      return opened.folder;
    },
    get commands() {
      return commands;
    },
    get data() {
      return data;
    },
  };
}
