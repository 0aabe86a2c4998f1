// Sums the results of several steps: `<folder>/<step>.status` holds a step's exit code, and
// `<folder>/<step>.json` vitest's report where the step was a test run. The last line printed is
// `N passed, N failed`; a failed step counts as one failure where its report shows none.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2] ?? ".";
let passed = 0;
let failed = 0;

const steps = readdirSync(folder).filter((name) => name.endsWith(".status"));
for (const name of steps.sort()) {
  const step = name.slice(0, -".status".length);
  const status = Number(readFileSync(join(folder, name), "utf8"));
  const reportPath = join(folder, `${step}.json`);
  const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, "utf8")) : {};
  const stepPassed = report.numPassedTests ?? 0;
  const stepFailed = Math.max(report.numFailedTests ?? 0, status === 0 ? 0 : 1);
  passed += stepPassed;
  failed += stepFailed;
  console.log(`${step}: ${stepPassed} passed, ${stepFailed} failed`);
}

if (steps.length === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
