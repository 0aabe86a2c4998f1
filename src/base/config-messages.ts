/** What a guest asks the app for of `wasi:config`: op `all` of service `config`, answered with {@link ConfigEntries}. */
export const CONFIG_SERVICE = "config";

export type ConfigEntries = readonly (readonly [name: string, value: string])[];
