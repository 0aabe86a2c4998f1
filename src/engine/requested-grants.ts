import { SafedockError } from "../base/errors.js";
import { GRANTS_ANNOTATION, MAX_GRANTS_TEXT } from "../image/grants-annotation.js";
import { checkGrantRequest } from "./check-grant-request.js";
import type { GrantRequest } from "./grant-request.js";
import { readJson } from "./parse-grants.js";
import { Problems } from "./problems.js";

/**
 * What an image's annotation asks for.
 *
 * @throws SafedockError `ERR_MANIFEST_INVALID`
 */
export function readRequestedGrants(text: string, name: string): GrantRequest {
  const problems = new Problems();
  const copy = readJson(GRANTS_ANNOTATION, text, MAX_GRANTS_TEXT, problems);
  const checked =
    problems.count > 0 ? undefined : checkGrantRequest(GRANTS_ANNOTATION, copy, problems);
  if (checked !== undefined && problems.count === 0) return checked.request;
  const problem = problems.text();
  throw new SafedockError(
    "ERR_MANIFEST_INVALID",
    `the grants that ${name} asks for cannot be read: ${problem}`,
    { data: { problem }, hint: "ask its maker, or grant what you know that it needs" },
  );
}

/** The annotation's text for a new image; problems are added where it would not be read again. */
export function writeRequestedGrants(request: unknown, problems: Problems): string {
  const copy = readJson("requestedGrants", request, MAX_GRANTS_TEXT, problems);
  if (checkGrantRequest("requestedGrants", copy, problems) === undefined) return "";
  const text = JSON.stringify(copy);
  if (text.length > MAX_GRANTS_TEXT) {
    problems.add(
      `requestedGrants: ${text.length} characters of JSON, more than ${MAX_GRANTS_TEXT}`,
    );
  }
  return text;
}
