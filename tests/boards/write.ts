// `npm run board -- --measure`: measures every board with every engine, prints a table, and writes tests/boards/budget.json.
// `npm run board -- --yardstick`: measures lwIP and writes tests/boards/yardstick.json. Both write the table of boards/mps2-an385/README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { BUDGET, measured, type Numbers } from "./measuring.js";
import { rigs } from "./rig.js";
import { README, whyNoYardstick, withTable, YARDSTICK, yardstick } from "./yardstick.js";

function keep(path: string, numbers: object): void {
  writeFileSync(path, `${JSON.stringify(numbers, null, 2)}\n`);
  writeFileSync(README, withTable(readFileSync(README, "utf8")));
}

/** Measures all boards. */
export async function writeBudget(): Promise<void> {
  const found: Record<string, Numbers> = {};
  for (const { board, engine, skip } of rigs()) {
    if (skip) throw new Error(`${board.name}, ${engine}: ${skip}`);
    found[`${board.name} ${engine}`] = await measured(board, engine);
  }
  console.table(found);
  keep(BUDGET, found);
}

/** Measures lwIP. */
export async function writeYardstick(): Promise<void> {
  const missing = whyNoYardstick();
  if (missing) throw new Error(missing);
  const found = await yardstick();
  console.table(found);
  keep(YARDSTICK, found);
}
