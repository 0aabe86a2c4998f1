import { deserialize, serialize } from "node:v8";
import { camelCase, withoutVersion } from "../component/generated-names.js";
import type { HostCalls } from "../wasi/host-calls.js";
import {
  IMPORT_ERROR,
  IMPORT_OK,
  type ImportMessage,
  type ImportOutcome,
  IMPORTS_SERVICE,
} from "./call-message.js";
import type { ComponentImports } from "./component-code.js";

/** Functions of the app as imports of a component: each waits for the app's answer. */
export function hostFunctions(
  named: readonly (readonly [interfaceName: string, name: string])[],
  host: HostCalls,
): ComponentImports {
  const imports: Record<string, Record<string, unknown>> = {};
  for (const [interfaceName, name] of named) {
    const call = (...args: unknown[]) => callHost(host, [interfaceName, name, args]);
    // A function of the world stands for a module with nothing but it.
    if (interfaceName === "") imports[name] = { default: call };
    else (imports[withoutVersion(interfaceName)] ??= {})[camelCase(name)] = call;
  }
  return imports;
}

function callHost(host: HostCalls, message: ImportMessage): unknown {
  const answer = host.call(IMPORTS_SERVICE, "call", undefined, serialize(message));
  const [interfaceName, name] = message;
  const label = interfaceName === "" ? name : `${interfaceName}#${name}`;
  if (!answer.ok) throw new WebAssembly.RuntimeError(`${label} of the app: ${answer.code}`);
  const [kind, value] = deserialize(answer.body) as ImportOutcome;
  if (kind === IMPORT_OK) return value;
  // The generated code takes what is thrown with a payload for the error case of the function's result.
  // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- it is no error of ours, and needs no stack
  if (kind === IMPORT_ERROR) throw { payload: value };
  throw new WebAssembly.RuntimeError(`${label} of the app failed: ${String(value)}`);
}
