/** Annotation of a manifest that holds the grants which the image asks for, as JSON. */
export const GRANTS_ANNOTATION = "dev.safedock.grants";

/** Characters of its text: hundreds of reasons, and little enough for a record of an image. */
export const MAX_GRANTS_TEXT = 64 * 1024;
