// `npm run board -- --measure`: measures every board with every engine, prints a table, and writes tests/boards/budget.json.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { measured, type Numbers } from "./measuring.js";
import { ROOT, rigs } from "./rig.js";

const found: Record<string, Numbers> = {};
for (const { board, engine, skip } of rigs()) {
  if (skip) throw new Error(`${board.name}, ${engine}: ${skip}`);
  found[`${board.name} ${engine}`] = await measured(board, engine);
}
console.table(found);
writeFileSync(join(ROOT, "tests/boards/budget.json"), `${JSON.stringify(found, null, 2)}\n`);
