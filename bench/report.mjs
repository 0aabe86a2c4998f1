// How a bench file says what it found: a table when run alone, a message when run by run.mjs.

const units = {
  ms: (value) => (value < 0.1 ? `${(value * 1000).toFixed(1)} µs` : `${significant(value)} ms`),
  ns: (value) => (value >= 1000 ? `${significant(value / 1000)} µs` : `${significant(value)} ns`),
  MB: (value) => `${significant(value)} MB`,
  "runs/s": (value) => `${Math.round(value).toLocaleString("en")}/s`,
};

function significant(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/**
 * One line of the table. `ours` and the rivals' `value` are in `unit`; `ratio` is what the target speaks
 * of; `atMost` or `atLeast` is the target, none where the line is for information.
 */
export function line({ question, unit, ours, rivals, ratio, atMost, atLeast, target }) {
  const format = units[unit];
  const met =
    atMost !== undefined ? ratio <= atMost : atLeast !== undefined ? ratio >= atLeast : undefined;
  return {
    question,
    ours: format(ours),
    rivals: rivals.map(({ name, value }) => `${name} ${format(value)}`).join(", "),
    ratio: ratio === undefined ? "" : significant(ratio),
    target: target ?? "",
    met: met === undefined ? "" : met ? "yes" : "no",
  };
}

const columns = [
  ["question", "Question"],
  ["ours", "Safedock"],
  ["rivals", "Others, same run"],
  ["ratio", "Ratio"],
  ["target", "Target"],
  ["met", "Met"],
];

/** The lines as a Markdown table. */
export function table(lines) {
  const rows = [
    columns.map(([, title]) => title),
    columns.map(() => "---"),
    ...lines.map((entry) => columns.map(([key]) => entry[key])),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Prints the lines, or hands them to the run of all bench files. */
export async function report(lines) {
  if (process.send) await new Promise((resolve) => process.send(lines, resolve));
  else console.log(table(lines));
}
