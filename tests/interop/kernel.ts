// The process of lab.ts inside the namespace: runs tasks that it is told over its IPC channel.
import * as tasks from "./tasks.js";

/** A task by its name, and its argument. */
export interface Order {
  id: number;
  name: keyof typeof tasks;
  argument: unknown;
}

/** What came of it. */
export type Outcome = { id: number; result: unknown } | { id: number; error: string };

const TASKS = { ...tasks };

async function run({ id, name, argument }: Order): Promise<Outcome> {
  try {
    const task = TASKS[name] as (argument: unknown) => Promise<unknown>;
    return { id, result: await task(argument) };
  } catch (error) {
    return { id, error: error instanceof Error ? `${name}: ${error.message}` : String(error) };
  }
}

process.on("disconnect", () => process.exit(1)); // whoever started this is gone
process.on("message", async (order: Order) => process.send?.(await run(order)));
