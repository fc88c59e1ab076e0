// `npm run board`: builds a board's program and runs it in QEMU. With --tap or --dgram it prints `ready` and serves until Ctrl-C; without, a stack in
// Node pings it and fetches its page.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { boardNames, boardOf, buildBoard, enginesOf } from "./build.mjs";
import { freePorts, openDatagrams } from "./dgram.mjs";
import { commandOf, Running, whyNoBoard } from "./run.mjs";

const ADDRESS = "10.9.0.2";
const PINGS = 3;
/** Examples with a page on port 80. */
const PAGES = ["http", "sensor"];
const root = process.cwd();

const help = () => `npm run board -- NAME [options]
  Builds a board's program and runs it in QEMU; a stack in Node pings it and fetches its page.
  NAME is one of ${boardNames(root).join(", ")}.
  --engine wasm2c|wasm3  who runs the module; default: the first that the board has
  --app EXAMPLE          one of examples/ as its program
  --mail WORD=VALUE      a number or an IPv4 address for a word of the mailbox; may be repeated
  --show-text WORD       print the text behind a word of the mailbox
  --tap NAME             serve on a TAP device until Ctrl-C instead
  --dgram PORT[:PORT]    serve over UDP on loopback instead: its port, and that of the other end (the next one)
  --log FILE             write what the board was given, for npm run replay
npm run board -- --measure    measures all boards, writes tests/boards/budget.json
npm run board -- --yardstick  measures lwIP on mps2-an385, writes tests/boards/yardstick.json
For example: npm run board -- mps2-an385 --engine wasm3 --app sensor --mail 0=2150`;

function wishes() {
  const options = {
    engine: { type: "string" },
    tap: { type: "string" },
    dgram: { type: "string" },
    measure: { type: "boolean" },
    yardstick: { type: "boolean" },
    log: { type: "string" },
    app: { type: "string" },
    "show-text": { type: "string" },
    mail: { type: "string", multiple: true },
    help: { type: "boolean" },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.measure || values.yardstick || values.help) return values;
  if (positionals.length !== 1)
    throw new Error(`expected: npm run board -- NAME [options], NAME one of ${boardNames(root).join(", ")}; --help tells of the options`);
  const board = boardOf(root, positionals[0]);
  if (values.tap && values.dgram) throw new Error("--tap or --dgram, not both");
  return { board, engine: values.engine ?? enginesOf(board)[0], ...values };
}

function portsOf(text) {
  const [local, remote = local + 1] = text.split(":").map(Number);
  if (![local, remote].every((port) => Number.isInteger(port) && port > 0 && port < 65536))
    throw new Error(`--dgram ${text}: expected a UDP port, or two`);
  return [local, remote];
}

function built(path) {
  const file = join(root, "build/js", path);
  if (!existsSync(file)) throw new Error("the stack for Node is not built: npm run build");
  return file;
}

async function run({ board, engine, tap, dgram, log, app, mail = [], "show-text": shown }) {
  const missing = whyNoBoard(board);
  if (missing) throw new Error(missing);
  const elf = buildBoard(root, board.name, engine, "main", { log: Boolean(log), app });
  const more = { words: [...mail.map(mailIn), ...(shown ? [`show=${wordIn(shown)}`] : []), ...(log ? [`log=${pathIn(log)}`] : [])] };
  if (tap || dgram) await serve(new Running(commandOf(board, elf, tap ? { tap } : { dgram: portsOf(dgram) }, more)));
  else await show(board, elf, more, !app || PAGES.includes(app));
}

function wordIn(text) {
  if (!/^[0-9]+$/.test(text) || Number(text) > 63) throw new Error(`${text}: expected a mailbox word, 0 to 63`);
  return Number(text);
}

/** `0=2150` or `1=10.9.0.1`, as `ringwire run` takes it, as a word of the program. */
function mailIn(text) {
  const [word, value = ""] = text.split("=");
  const address = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(value)?.slice(1).map(Number);
  const number = address ? address.reduce((sum, octet) => sum * 256 + octet, 0) : Number(value);
  if (!value || !Number.isInteger(number) || number < 0 || number > 0xffffffff || address?.some((octet) => octet > 255))
    throw new Error(`--mail ${text}: expected WORD=VALUE, the value a number or an IPv4 address`);
  return `mail=${wordIn(word)}:${number}`;
}

/** A path that can be a word of the program: of those, QEMU ends one at a comma, and the program at a blank. */
function pathIn(path) {
  if (/[ ,=]/.test(path) || path.length > 300) throw new Error(`${path}: a short path, without blanks, commas and =`);
  return resolve(path);
}

/** Serves until a signal comes or QEMU ends. */
async function serve(running) {
  await running.prints("ready");
  console.log("ready");
  running.onText((text) => process.stdout.write(text));
  const stop = () => running.stop();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  process.exitCode = (await running.ended) ? 1 : 0;
}

async function showPage(stack) {
  const socket = await stack.connect({ host: ADDRESS, port: 80 });
  socket.end("GET / HTTP/1.1\r\n\r\n");
  for await (const data of socket) process.stdout.write(data);
}

/** Shows that it is there: pings and the page, by a stack of our own at the other end of the wire. */
async function show(board, elf, more, hasPage) {
  const { createStack } = await import(built("bindings/node/index.js"));
  const [here, there] = await freePorts();
  const driver = await openDatagrams(here, there);
  const running = new Running(commandOf(board, elf, { dgram: [there, here] }, more));
  const stack = await createStack({ interfaces: [{ driver, addresses: ["10.9.0.1/24"] }] });
  try {
    await running.prints("ready");
    console.log("ready");
    for (let i = 0; i < PINGS; i++) {
      const { ms, size } = await stack.ping(ADDRESS);
      console.log(`${size} octets from ${ADDRESS}: ${ms.toFixed(3)} ms`);
    }
    if (hasPage) await showPage(stack);
  } finally {
    await stack.close();
    await running.stop();
  }
}

try {
  const wished = wishes();
  if (wished.help) console.log(help());
  if (wished.measure) await (await import(built("tests/boards/write.js"))).writeBudget();
  if (wished.yardstick) await (await import(built("tests/boards/write.js"))).writeYardstick();
  if (wished.board) await run(wished);
} catch (error) {
  console.error(`board: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
