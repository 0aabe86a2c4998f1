/** Shells by which build tools write a command that was given as one line (Dockerfile's "shell form"). */
const SHELLS: readonly string[] = ["/bin/sh", "/bin/bash", "/bin/ash", "sh", "bash"];
/** Longest line taken apart, in characters: Linux's limit for one word of a command line. */
const MAX_LINE = 128 * 1024;
/** What makes a line more than words: variables, substitutions, pipes, lists, redirections, patterns. */
const SPECIAL = /[$`|&;<>()*?[\]{}~#!\n\r\\]/;
/** The next piece of a line: white space, something in quotes, or bare characters. */
const PIECE = /\s+|'[^']*'|"[^"]*"|[^\s'"]+/y;

/** The line of a command in shell form: `["/bin/sh", "-c", line]`. */
export function shellLine(words: readonly string[]): string | undefined {
  const [shell, flag, line, ...rest] = words;
  const isShell = shell !== undefined && SHELLS.includes(shell) && flag === "-c";
  return isShell && rest.length === 0 ? line : undefined;
}

/**
 * The words of a line, as a shell would give them to the program; `undefined` if it takes a shell to
 * know them. A leading `exec` is left out.
 */
export function shellWords(line: string): readonly [string, ...string[]] | undefined {
  if (line.length > MAX_LINE || SPECIAL.test(line)) return undefined;
  const words: string[] = [];
  let word: string | undefined;
  const pieces = new RegExp(PIECE);
  for (let at = 0; at < line.length; at = pieces.lastIndex) {
    pieces.lastIndex = at;
    const piece = pieces.exec(line)?.[0];
    // A quote that nothing closes.
    if (piece === undefined) return undefined;
    if (piece.trim() === "") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + (/^['"]/.test(piece) ? piece.slice(1, -1) : piece);
    }
  }
  if (word !== undefined) words.push(word);
  const [first, ...rest] = words[0] === "exec" ? words.slice(1) : words;
  return first === undefined || first === "" ? undefined : [first, ...rest];
}
