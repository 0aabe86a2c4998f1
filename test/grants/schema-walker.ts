/** JSON Schema 2020-12 as far as the published schemas use it; an unknown keyword is an error. */

type Schema = Readonly<Record<string, unknown>>;

const IGNORED = new Set(["$schema", "$id", "$defs", "title", "description", "default"]);

/** Whether `value` is as `schema` says. */
export function conforms(value: unknown, schema: Schema, root: Schema = schema): boolean {
  return Object.entries(schema).every(
    ([keyword, rule]) => IGNORED.has(keyword) || check(keyword, rule as never, value, schema, root),
  );
}

function check(
  keyword: string,
  rule: never,
  value: unknown,
  schema: Schema,
  root: Schema,
): boolean {
  const test = (inner: Schema, item: unknown) => conforms(item, inner, root);
  switch (keyword) {
    case "$ref":
      return test(definition(root, rule), value);
    case "type":
      return (
        [rule].flat().includes(typeOf(value) as never) ||
        (rule === "number" && typeOf(value) === "integer") ||
        (([rule].flat() as string[]).includes("number") && typeof value === "number")
      );
    case "const":
      return value === rule;
    case "enum":
      return (rule as unknown[]).includes(value);
    case "not":
      return !test(rule, value);
    case "oneOf":
      return (rule as Schema[]).filter((inner) => test(inner, value)).length === 1;
    case "pattern":
      return typeof value !== "string" || new RegExp(rule, "u").test(value);
    case "maxLength":
      return typeof value !== "string" || [...value].length <= rule;
    case "minimum":
      return typeof value !== "number" || value >= rule;
    case "maximum":
      return typeof value !== "number" || value <= rule;
    case "items":
      return !Array.isArray(value) || value.every((item) => test(rule, item));
    case "maxItems":
      return !Array.isArray(value) || value.length <= rule;
    case "required":
      return !isObject(value) || (rule as string[]).every((name) => Object.hasOwn(value, name));
    case "properties":
      return (
        !isObject(value) ||
        Object.entries(rule as Record<string, Schema>).every(
          ([name, inner]) => !Object.hasOwn(value, name) || test(inner, value[name]),
        )
      );
    case "propertyNames":
      return !isObject(value) || Object.keys(value).every((name) => test(rule, name));
    case "additionalProperties": {
      const known = Object.keys(schema["properties"] ?? {});
      return (
        !isObject(value) ||
        Object.entries(value).every(
          ([name, item]) => known.includes(name) || (rule !== false && test(rule, item)),
        )
      );
    }
    default:
      throw new Error(`the walker does not know the keyword ${keyword}`);
  }
}

function definition(root: Schema, ref: string): Schema {
  const found = (root["$defs"] as Record<string, Schema>)[ref.replace("#/$defs/", "")];
  if (found === undefined) throw new Error(`${ref} leads nowhere`);
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
