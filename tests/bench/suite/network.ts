// network STACK WORKLOAD SECONDS: one figure of a stack over a device, as a line of JSON: nanoseconds of the wall clock for an octet or a request.
// Needs root: it makes a network namespace (over veth two), and deletes it.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DEVICE, DISCARD, HOST, HTTP, KERNEL, LENGTH, SOURCE } from "./places.js";

/** Frames that wait for a reader of a TAP device, as our own host has it. */
const QUEUE = 10_000;
/** Connections of wrk, which asks again on each as soon as it has the answer. */
const CLIENTS = 16;
const PUMP = "build/bench/pump";
const SMOLTCP = "build/bench/smoltcp/target/release/tap";
const HOST_PROGRAM = fileURLToPath(new URL("./host.js", import.meta.url));

const near = `rwbench-${process.pid}`;
const far = `${near}-far`;
const children: ChildProcess[] = [];
const namespaces: string[] = [];

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}
function inside(netns: string, ...command: string[]): [string, string[]] {
  return ["ip", ["netns", "exec", netns, ...command]];
}
/** A namespace where the kernel does not pace what it sends, whatever this machine prefers. Each kernel allows NewReno there. */
function makeNamespace(netns: string): void {
  ip("netns", "add", netns);
  namespaces.push(netns);
  execFileSync(...inside(netns, "sh", "-c", "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"));
}
/** Our end of a device. */
function address(netns: string, own: string): void {
  ip("-n", netns, "addr", "add", `${own}/${LENGTH}`, "dev", DEVICE);
  ip("-n", netns, "link", "set", DEVICE, "up");
}

/** Starts a program and waits until a line of it says that it serves. */
async function start(program: string, words: string[], sign = "ready"): Promise<void> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(sign)) return void child.stdout.resume();
  throw new Error(`${words.join(" ")} does not serve`);
}
async function said(program: string, words: string[]): Promise<string> {
  return (await promisify(execFile)(program, words)).stdout;
}

function veth(): void {
  makeNamespace(far);
  ip("link", "add", DEVICE, "netns", near, "type", "veth", "peer", "name", DEVICE, "netns", far);
  address(near, KERNEL);
  address(far, HOST);
}
/** What is measured, from its start until it serves. */
const STARTS: Record<string, () => Promise<void>> = {
  "ringwire-tap": () => start(process.execPath, [HOST_PROGRAM, "tap", near]),
  "ringwire-offload": () => start(process.execPath, [HOST_PROGRAM, "offload", near]),
  "smoltcp-tap": () => {
    ip("-n", near, "tuntap", "add", DEVICE, "mode", "tap");
    ip("-n", near, "link", "set", DEVICE, "txqueuelen", String(QUEUE));
    address(near, KERNEL);
    return start(...inside(near, SMOLTCP, DEVICE));
  },
  linux: () => {
    veth();
    return start(...inside(far, "iperf3", "--server", "--one-off", "--forceflush"), "listening");
  },
  "linux-pump": () => {
    veth();
    return start(...inside(far, PUMP, "serve"));
  },
  "node-http": () => {
    veth();
    return start(...inside(far, process.execPath, HOST_PROGRAM, "http"));
  },
};

async function iperf3(receives: boolean, seconds: number): Promise<number> {
  const time = ["--time", String(Math.ceil(seconds)), "--omit", "1"];
  const text = await said(...inside(near, "iperf3", "--client", HOST, ...time, "--json", ...(receives ? [] : ["--reverse"])));
  const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
  return 8e9 / end.sum_received.bits_per_second;
}
/** A first run is for V8 to warm up. */
async function wrk(seconds: number): Promise<number> {
  let text = "";
  for (const time of [1, Math.ceil(seconds)])
    text = await said(...inside(near, "wrk", "-t1", `-c${CLIENTS}`, `-d${time}s`, `http://${HOST}:${HTTP}/`));
  const rate = Number(/^Requests\/sec: +([\d.]+)/m.exec(text)?.[1]);
  if (!rate || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk: ${text}`);
  return 1e9 / rate;
}
async function figure(stack: string, workload: string, seconds: number): Promise<number> {
  makeNamespace(near);
  const begin = STARTS[stack];
  if (!begin) throw new Error(`no stack "${stack}"`);
  await begin();
  if (workload === "http") return wrk(seconds);
  const receives = workload === "receive";
  if (stack === "linux") return iperf3(receives, seconds);
  const words = receives ? ["send", HOST, String(DISCARD)] : ["receive", HOST, String(SOURCE)];
  return (JSON.parse(await said(...inside(near, PUMP, ...words, String(seconds)))) as { value: number }).value;
}
function clean(): void {
  for (const child of children.splice(0)) child.kill();
  for (const netns of namespaces.splice(0)) ip("netns", "delete", netns);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    clean();
    process.exit(1);
  });
}
const [stack = "", workload = "", seconds = "1"] = process.argv.slice(2);
try {
  console.log(JSON.stringify({ value: await figure(stack, workload, Number(seconds)) }));
} catch (error) {
  console.error(`network: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  clean();
}
