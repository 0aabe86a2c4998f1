import type { EnvValue } from "./grants.js";

/** Stands for a value that is not shown; nothing takes it for a value. */
export const HIDDEN = "<hidden>";

/** Words in the names of variables whose values nobody wants in a log. */
const SECRET_WORDS =
  /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|PRIVATE|API_?KEY|ACCESS_?KEY|COOKIE/i;

/** Variables to be shown: a value that is a secret, or whose name says so, is hidden. */
export function shownEnvironment(
  env: ReadonlyMap<string, string>,
  secrets: ReadonlySet<string>,
): Readonly<Record<string, EnvValue>> {
  return Object.fromEntries(
    [...env].map(([name, value]) => {
      const hidden = secrets.has(name) || SECRET_WORDS.test(name);
      return [name, hidden ? { secret: HIDDEN } : value];
    }),
  );
}
