/** `[interface#function, digest]`, in the order of their names. */
export function signatures(): Promise<[string, string][]>;
