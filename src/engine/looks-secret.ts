/** Words in the names of variables whose values nobody wants in a log. */
const SECRET_WORDS =
  /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|PRIVATE|API_?KEY|ACCESS_?KEY|COOKIE/i;

/** Whether a variable's value is to be hidden although nobody said that it is a secret. */
export function looksSecret(name: string): boolean {
  return SECRET_WORDS.test(name);
}
