/** One challenge of a `WWW-Authenticate` header: its scheme in lower case, its parameters likewise. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longest header read, in characters: what Node accepts of all headers together. */
const MAX_HEADER = 16_384;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y;
const SPACES = /[ \t]+/y;
const SEPARATORS = /[ \t,]*/y;

/**
 * Reads the challenges of a `WWW-Authenticate` header (RFC 9110 section 11.6.1); several header lines
 * come joined by commas. What follows a syntax error is left out.
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MAX_HEADER);
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(SEPARATORS);
    const word = take(TOKEN)?.[0];
    if (word === undefined) return challenges;
    const current = challenges.at(-1);
    if (current !== undefined && take(EQUALS) !== null) {
      const value = take(QUOTED)?.[1]?.replaceAll(/\\([\s\S])/g, "$1") ?? take(TOKEN)?.[0];
      if (value === undefined) return challenges;
      const name = word.toLowerCase();
      // The first of two wins: a later one cannot redirect what an earlier one said.
      if (!current.parameters.has(name)) current.parameters.set(name, value);
    } else {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      // `Negotiate dG9rZW4=` is of no use to us, but must be stepped over.
      if (take(SPACES) !== null) take(TOKEN68);
    }
  }
}
