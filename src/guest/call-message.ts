/** What passes between an app that calls a component's functions and the process that runs them. */

/** The service that a process asks for its next call. */
export const CALLS_SERVICE = "calls";
/** Asks for the next call: the first one, or with the outcome of the last. */
export const OP_FIRST = "first";
export const OP_NEXT = "next";
/** The head of an answer that asks the process to end. */
export const END = "end";

/** The service of the functions that the app provides. */
export const IMPORTS_SERVICE = "imports";

/** What is called. */
export const TARGET_FUNCTION = 0;
export const TARGET_CONSTRUCTOR = 1;
export const TARGET_STATIC = 2;
/** The first argument is the number of the resource. */
export const TARGET_METHOD = 3;
/** Lets go of the resources whose numbers are the arguments. */
export const TARGET_DROP = 4;

/** One call; names are those of the generated code. */
export type CallMessage = readonly [
  target: number,
  /** The interface with its version; "" for a function of the world. */
  interfaceName: string,
  /** Of a constructor or static function; else "". */
  className: string,
  member: string,
  args: readonly unknown[],
  /** Whether there are resources among the arguments, or can be in the result. */
  hasResources: boolean,
];

/** How a call went: its result, or the error case of its result. */
export type CallOutcome = readonly [isError: boolean, value: unknown];

/** A call of a function of the app. */
export type ImportMessage = readonly [
  interfaceName: string,
  name: string,
  args: readonly unknown[],
];

/** How a function of the app went: its value, the error case of its result, or why the guest is to trap. */
export const IMPORT_OK = 0;
export const IMPORT_ERROR = 1;
export const IMPORT_TRAP = 2;
export type ImportOutcome = readonly [kind: number, value: unknown];

/**
 * Stands for a resource in arguments and results: no field of a record has such a name. Its value is the
 * resource's number; an argument that gives it away has it negative.
 */
export const RESOURCE_KEY = "#resource";
