import { serialize } from "node:v8";
import type { HostServices } from "../base/host-service.js";
import { SafedockError } from "../base/errors.js";
import { camelCase } from "../component/generated-names.js";
import {
  type CallMessage,
  type CallOutcome,
  CALLS_SERVICE,
  RESOURCE_KEY,
  TARGET_DROP,
} from "../guest/call-message.js";
import {
  CALL_DEPTH,
  decodeWithTexts,
  encodeWithTexts,
  OUTCOME_DEPTH,
} from "../guest/call-bytes.js";
import { SpinPolicy } from "../guest/spin-policy.js";
import type { FunctionShape, TypeIndex, WorldTypes } from "../wasm/world/world-types.js";
import { callFailed, callInvalid, callTrapped } from "./call-errors.js";
import { CallQueue, type QueuedCall } from "./call-queue.js";
import { type ComponentResource, heldBy } from "./component-resource.js";
import { enterValue, ValueProblem } from "./component-value.js";
import { findFunction, type FoundFunction } from "./find-function.js";
import { GuestHandle } from "./guest-handle.js";
import { hasHandles, leaveValue, typesWithHandles } from "./leave-value.js";
import type { Process } from "./process.js";

/** Calls of one container that may wait: each holds its arguments. */
const MAX_QUEUED_CALLS = 10_000;
/** Bytes of the arguments of one call: they are in memory three times on their way. */
const MAX_ARGUMENT_BYTES = 256 * 2 ** 20;
/** Names that are remembered with what they lead to: an app calls the same few again and again. */
const MAX_REMEMBERED = 256;

/** What calls need of their container. */
export interface CallsHost {
  /** The types of its component; refuses what cannot be called. */
  world(): Promise<WorldTypes>;
  /** Starts a process that serves calls. */
  launch(services: HostServices): Promise<Process>;
  /** The app is kept alive from `hold` to `unhold`. */
  hold(): void;
  unhold(): void;
}

/** One process that serves calls. */
interface Instance {
  readonly queue: CallQueue;
  process: Process | undefined;
}

/** The calls of one container's component: one instance at a time, one call after the other. */
export class ComponentCalls {
  readonly #host: CallsHost;
  #world: WorldTypes | undefined;
  #handles: ReadonlySet<TypeIndex> = new Set();
  readonly #found = new Map<string, FoundFunction>();
  readonly #spin = new SpinPolicy();
  #instance: Instance | undefined;

  constructor(host: CallsHost) {
    this.#host = host;
  }

  /** Whether a call runs or waits. */
  get isBusy(): boolean {
    return this.#instance?.queue.isIdle === false;
  }

  /** The process that serves the calls now. */
  get process(): Process | undefined {
    return this.#instance?.process;
  }

  /** @throws SafedockError as `Container.call` */
  async call(name: string, args: readonly unknown[]): Promise<unknown> {
    const world = this.#world ?? (await this.#load());
    return await this.#call(world, this.#find(world, name), args);
  }

  /** Asks the instance to end when it has nothing to do. */
  finish(): void {
    this.#instance?.queue.finish();
  }

  async #load(): Promise<WorldTypes> {
    const world = await this.#host.world();
    this.#handles = typesWithHandles(world);
    this.#world = world;
    return world;
  }

  #find(world: WorldTypes, name: string): FoundFunction {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = findFunction(world, name);
    if (this.#found.size === MAX_REMEMBERED) this.#found.clear();
    this.#found.set(name, found);
    return found;
  }

  #call(world: WorldTypes, found: FoundFunction, args: readonly unknown[]): Promise<unknown> {
    const { label, shape, target, interfaceName, className, member } = found;
    const given: GuestHandle[] = [];
    const values = this.#enter(world, found, args, given);
    const isBound = hasHandles(shape, this.#handles);
    const message: CallMessage = [target, interfaceName, className, member, values, isBound];
    const encoded = encode(label, message);
    for (const handle of given) if (handle.isGiven) handle.forget();
    return this.#enqueue(label, encoded, given.length > 0, (instance, [isError, value]) => {
      const type = resultType(world, shape, isError);
      const handleOf = (number: number, resource: number) =>
        this.#hold(world, instance, number, resource);
      const result = isBound ? leaveValue(world, type, value, handleOf) : value;
      if (isError) throw callFailed(label, result);
      return result;
    });
  }

  #enter(
    world: WorldTypes,
    { label, shape }: FoundFunction,
    args: readonly unknown[],
    given: GuestHandle[],
  ): unknown[] {
    const { params } = shape;
    try {
      if (args.length > params.length) {
        throw new ValueProblem("args", `it takes ${params.length}, not ${args.length}`);
      }
      return params.map(([name, type], index) =>
        enterValue(world, type, args[index], name, (value, resource, isOwn, at) => {
          const handle = this.#handleFor(world, value, resource, at);
          if (given.some((other) => other === handle && (isOwn || other.isGiven))) {
            throw new ValueProblem(at, "the resource is given away in the same call");
          }
          handle.isGiven = isOwn;
          given.push(handle);
          return { [RESOURCE_KEY]: isOwn ? -handle.number : handle.number };
        }),
      );
    } catch (error) {
      for (const handle of given) handle.isGiven = false;
      if (error instanceof ValueProblem) throw callInvalid(label, error.message);
      throw error;
    }
  }

  #handleFor(world: WorldTypes, value: unknown, resource: number, at: string): GuestHandle {
    const handle = heldBy(value);
    const wanted = world.resources[resource]?.name;
    if (!(handle instanceof GuestHandle) || handle.calls !== this) {
      throw new ValueProblem(at, `must be a resource of this container, ${wanted}`);
    }
    if (handle.resource !== resource) {
      throw new ValueProblem(at, `must be a ${wanted}, not a ${handle.type}`);
    }
    if (handle.isGone) throw new ValueProblem(at, "the resource was dropped or given away");
    if (handle.instance !== this.#instance) {
      throw new ValueProblem(at, "the instance that the resource was of has ended");
    }
    return handle;
  }

  #hold(
    world: WorldTypes,
    instance: Instance,
    number: number,
    resource: number,
  ): ComponentResource {
    const type = world.resources[resource]?.name ?? "";
    const handle = new GuestHandle({ calls: this, instance, number, resource, type }, (dropped) =>
      this.#drop(instance, dropped),
    );
    return handle.expose((method, args, self) =>
      this.#call(world, this.#findMethod(world, type, method), [self, ...args]),
    );
  }

  #findMethod(world: WorldTypes, type: string, method: string): FoundFunction {
    const [interfaceName = "", resource = ""] = type.split("#");
    const item = world.exports.find(({ name }) => name === interfaceName);
    const prefix = `[method]${resource}.`;
    const shape = item?.functions.find(
      ({ name }) => name.startsWith(prefix) && isMethod(name.slice(prefix.length), method),
    );
    return this.#find(world, `${interfaceName}#${shape?.name ?? prefix + method}`);
  }

  /** Nothing waits for it if its instance is gone: so is the resource. */
  async #drop(instance: Instance, number: number): Promise<void> {
    if (instance !== this.#instance || instance.queue.isOver) return;
    const message: CallMessage = [TARGET_DROP, "", "", "", [number], false];
    await this.#enqueue("drop", serialize(message), true, () => undefined).catch(() => undefined);
  }

  #enqueue(
    label: string,
    message: Uint8Array,
    isBound: boolean,
    finish: (instance: Instance, outcome: CallOutcome) => unknown,
  ): Promise<unknown> {
    const instance = (this.#instance ??= this.#start([]));
    const { queue } = instance;
    if (queue.length >= MAX_QUEUED_CALLS) {
      throw new SafedockError("ERR_QUEUE_FULL", `${MAX_QUEUED_CALLS} calls wait already`, {
        data: { limit: MAX_QUEUED_CALLS },
        hint: "wait for calls, or call in several containers",
      });
    }
    return new Promise((resolve, reject) => {
      this.#host.hold();
      const settled = () => this.#host.unhold();
      queue.add({
        label,
        message,
        isBound,
        done: (outcome) => {
          settled();
          let result: unknown;
          try {
            result = finish(this.#instance ?? instance, decodeOutcome(outcome));
          } catch (error) {
            // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
            reject(error);
            return;
          }
          resolve(result);
        },
        failed: (error) => {
          settled();
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        },
      });
      const { process } = instance;
      // Behind the promise through which the process gets it.
      if (process !== undefined && queue.length === 1)
        queueMicrotask(() => process.spin(this.#spin));
    });
  }

  #start(waiting: readonly QueuedCall[]): Instance {
    const queue = new CallQueue(waiting, () => void this.#over(instance, launched));
    const instance: Instance = { queue, process: undefined };
    const launched = this.#host.launch(new Map([[CALLS_SERVICE, queue]]));
    launched.then(
      (process) => (instance.process = process),
      (error: unknown) => this.#fail(instance, error),
    );
    return instance;
  }

  /** The process could not be started. */
  #fail(instance: Instance, error: unknown): void {
    if (this.#instance === instance) this.#instance = undefined;
    const { current, waiting } = instance.queue.takeLeft();
    current?.failed(error);
    for (const call of waiting) call.failed(error);
  }

  /**
   * The process has ended: what it was busy with has failed, what waits goes to the next one. One that ends
   * before it asks for a call would do so again and again: then all has failed.
   */
  async #over(instance: Instance, launched: Promise<Process>): Promise<void> {
    if (this.#instance === instance) this.#instance = undefined;
    let status;
    try {
      status = await (await launched).wait();
    } catch (error) {
      return this.#fail(instance, error);
    }
    const { current, waiting } = instance.queue.takeLeft();
    current?.failed(callTrapped(current.label, status));
    const again: QueuedCall[] = [];
    const isVain = status.reason === "killed" || !instance.queue.hasBegun;
    for (const call of waiting) {
      if (isVain) call.failed(callTrapped(call.label, status));
      else if (call.isBound) {
        call.failed(callInvalid(call.label, "the instance that a resource was of has ended"));
      } else again.push(call);
    }
    if (again.length === 0) return;
    if (this.#instance === undefined) this.#instance = this.#start(again);
    else for (const call of again) this.#instance.queue.add(call);
  }
}

/** Of a function with a result type, its value stands for the case that it came to. */
function resultType(
  { types }: WorldTypes,
  { result }: FunctionShape,
  isError: boolean,
): TypeIndex | undefined {
  const type = result === undefined ? undefined : types[result];
  if (type?.kind !== "result") return result;
  return isError ? type.err : type.ok;
}

function decodeOutcome(outcome: Uint8Array): CallOutcome {
  return decodeWithTexts(outcome, OUTCOME_DEPTH) as unknown as CallOutcome;
}

function encode(label: string, message: CallMessage): Uint8Array {
  const encoded = encodeWithTexts(message, CALL_DEPTH);
  if (encoded.length <= MAX_ARGUMENT_BYTES) return encoded;
  throw callInvalid(
    label,
    `its arguments take ${encoded.length} bytes, at most ${MAX_ARGUMENT_BYTES}`,
  );
}

function isMethod(name: string, wanted: string): boolean {
  return name === wanted || camelCase(name) === wanted;
}
