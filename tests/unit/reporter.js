// Tells the runner about each test: one JSON object a line, in the file that RINGWIRE_UNIT_RESULTS names.
import { appendFileSync } from "node:fs";

const TEST = 0;

/** A failed group none of whose children failed has failed by itself: its body or a hook trapped. */
function failedItself(node) {
  return node.type !== TEST && !node.pass && node.children.every((child) => child.pass);
}

function reasonOf(test) {
  const shown = (value) => (value ? value.stringify({ indent: 0 }).trim() : "nothing");
  if (test.pass) return "";
  const compared =
    test.actual || test.expected ? `: ${shown(test.actual)}, expected ${test.negated ? "not " : ""}${shown(test.expected)}` : "";
  return `${test.message ?? "failed"}${compared}`;
}

export default {
  stdout: null,
  stderr: null,
  onEnter() {},
  onExit(context, test) {
    if (test.type !== TEST && !failedItself(test)) return;
    const file = test.type === TEST ? context.fileName : "";
    const faults = [...context.errors, ...test.errors].map((error) => `${error.message} ${error.stackTrace}`);
    const reason = [reasonOf(test), ...faults].filter(Boolean).join("\n");
    const result = { name: test.name || context.fileName, outcome: test.pass ? "passed" : "failed", leaf: true, file, reason };
    appendFileSync(process.env.RINGWIRE_UNIT_RESULTS, `${JSON.stringify(result)}\n`);
  },
  onFinish() {},
};
