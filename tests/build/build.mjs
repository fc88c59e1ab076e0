// `npm run build`: modules, then the constants that bindings take from them, then TypeScript. What is up to date is left alone.
// `--to-run`, for `npm start`: no more than what the command runs on this engine.
import { C_HEADER, writeHeader } from "./cheader.mjs";
import { writeConstants, writeList } from "./constants.mjs";
import { Stamps } from "./files.mjs";
import { buildModules, moduleToRun } from "./modules.mjs";
import { buildScript } from "./script.mjs";

const root = process.cwd();
try {
  const [option, ...more] = process.argv.slice(2);
  if (more.length || (option !== undefined && option !== "--to-run")) throw new Error("it takes no argument, or --to-run");
  await (option ? toRun() : whole());
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function whole() {
  const stamps = new Stamps(root);
  await buildModules(root, stamps);
  await constants();
  if (await writeHeader(root)) console.log(`built ${C_HEADER}`);
  await buildScript(root, stamps);
}

/** The constants come from the debug module, which is compiled soon: TypeScript is then compiled while the module that runs is optimized. */
async function toRun() {
  const stamps = new Stamps(root);
  const bindings = async () => {
    await buildModules(root, stamps, ["ringwire-debug"]);
    await constants();
    await buildScript(root, stamps, { bindingsOnly: true });
  };
  await Promise.all([buildModules(root, stamps, [moduleToRun()]), bindings()]);
}

async function constants() {
  if (await writeConstants(root)) console.log("built bindings/node/constants.ts");
  if (await writeList(root)) console.log("built the list of constants in docs/abi.md");
}
