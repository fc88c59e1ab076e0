// `npm run build`: modules, then the constants that bindings take from them, then TypeScript. What is up to date is left alone.
import { buildModules } from "./modules.mjs";
import { C_HEADER, writeHeader } from "./cheader.mjs";
import { writeConstants, writeList } from "./constants.mjs";
import { Stamps } from "./files.mjs";
import { buildScript } from "./script.mjs";

const root = process.cwd();
try {
  const stamps = new Stamps(root);
  const compiled = await buildModules(root, stamps);
  for (const name of compiled) console.log(`built ${name}`);
  if (await writeConstants(root)) console.log("built bindings/node/constants.ts");
  if (await writeHeader(root)) console.log(`built ${C_HEADER}`);
  if (await writeList(root)) console.log("built the list of constants in docs/abi.md");
  if (buildScript(root, stamps)) console.log("built bindings and tests");
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
