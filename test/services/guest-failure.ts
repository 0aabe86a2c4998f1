import { isSafedockError } from "safedock";

/** What a function of a guest has answered in place of its result, or "none". */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (isSafedockError(error, "ERR_CALL_FAILED")) return String(error.data.payload);
    throw error;
  }
  return "none";
}
