/** wasi:cli/stdin, stdout and stderr, and the terminals, of which there are none. */
import type { Host } from "../host.js";
import { Input } from "../io/input.js";
import { Output } from "../io/output.js";
import type { InputStreamForm, OutputStreamForm, StreamsInterface } from "../io/streams.js";
import { lower } from "../lowering.js";
import { makeDroppable } from "../object-form.js";
import { Resource } from "../resource.js";
import { StandardInput } from "./standard-input.js";
import { StandardOutput } from "./standard-output.js";

class TerminalInputResource extends Resource {}
class TerminalOutputResource extends Resource {}

export function stdioInterfaces(host: Host, streams: StreamsInterface) {
  const getStdin = (): InputStreamForm => {
    host.enter();
    return streams.input(new StandardInput());
  };
  lower(host, getStdin, [Input], (lowering) => (): number => {
    host.enter();
    return lowering.give(0, new StandardInput());
  });

  const outputGetter = (name: "stdout" | "stderr"): (() => OutputStreamForm) => {
    const get = (): OutputStreamForm => {
      host.enter();
      return streams.output(new StandardOutput(name));
    };
    lower(host, get, [Output], (lowering) => (): number => {
      host.enter();
      return lowering.give(0, new StandardOutput(name));
    });
    return get;
  };

  // oxlint-disable-next-line typescript/no-extraneous-class -- jco wants a class, and the WIT gives it no methods
  class TerminalInput {}
  // oxlint-disable-next-line typescript/no-extraneous-class -- as above
  class TerminalOutput {}
  makeDroppable(host, TerminalInput, TerminalInputResource);
  makeDroppable(host, TerminalOutput, TerminalOutputResource);

  /** Answers `none`: an `option` of a handle, its case at 0. */
  const noTerminal = (): (() => undefined) => {
    const get = (): undefined => {
      host.enter();
    };
    lower(host, get, [], (lowering) => (out: number): void => {
      host.enter();
      // First the address: checking it finds the memory's new bytes when it has grown.
      const at = lowering.at(out, 8, 4);
      lowering.memory.view.setUint8(at, 0);
    });
    return get;
  };

  return {
    stdin: { getStdin },
    stdout: { getStdout: outputGetter("stdout") },
    stderr: { getStderr: outputGetter("stderr") },
    terminalInput: { TerminalInput },
    terminalOutput: { TerminalOutput },
    terminalStdin: { getTerminalStdin: noTerminal() },
    terminalStdout: { getTerminalStdout: noTerminal() },
    terminalStderr: { getTerminalStderr: noTerminal() },
  };
}
