/** wasi:cli/environment. */
import { USED_ARGS, USED_ENV } from "../../../fs/policy-board.js";
import type { Host } from "../host.js";
import { lower, type Lowering } from "../lowering.js";
import type { Process } from "../process.js";

export function environmentInterface(host: Host) {
  const getEnvironment = (): [string, string][] => variables(host.enter());
  lower(host, getEnvironment, [], (lowering) => (out: number): void => {
    const pairs = variables(host.enter());
    const address = putList(lowering, lowering.at(out, 8, 4), pairs.length, 16);
    for (const [index, [name, value]] of pairs.entries()) {
      lowering.putText(address + index * 16, name);
      lowering.putText(address + index * 16 + 8, value);
    }
  });

  const getArguments = (): string[] => [...args(host.enter())];
  lower(host, getArguments, [], (lowering) => (out: number): void => {
    const texts = args(host.enter());
    const address = putList(lowering, lowering.at(out, 8, 4), texts.length, 8);
    for (const [index, text] of texts.entries()) lowering.putText(address + index * 8, text);
  });

  const initialCwd = (): string | undefined => workingDirectory(host.enter());
  lower(host, initialCwd, [], (lowering) => (out: number): void => {
    const directory = workingDirectory(host.enter());
    const at = lowering.at(out, 12, 4);
    if (directory !== undefined) lowering.putText(at + 4, directory);
    lowering.memory.view.setUint8(at, directory === undefined ? 0 : 1);
  });

  return { getEnvironment, getArguments, initialCwd };
}

function args(process: Process): readonly string[] {
  process.use(USED_ARGS);
  return process.context.args;
}

function variables(process: Process): [string, string][] {
  process.use(USED_ENV);
  return process.context.env.map((entry) => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
}

/** The image's working directory, which a preview 1 program learns from `PWD`. */
function workingDirectory(process: Process): string | undefined {
  process.use(USED_ENV);
  const entry = process.context.env.find((each) => each.startsWith("PWD=/"));
  return entry?.slice("PWD=".length);
}

/** Allocates a list and writes its address and length to `at`; its address. */
function putList(lowering: Lowering, at: number, count: number, bytes: number): number {
  const address = lowering.allocate(count * bytes, 4);
  lowering.memory.view.setUint32(at, address, true);
  lowering.memory.view.setUint32(at + 4, count, true);
  return address;
}
