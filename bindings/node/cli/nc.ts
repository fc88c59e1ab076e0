import { once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { Command, Option } from "commander";
import type { RemoteInfo, TcpSocket, UdpSocket } from "../index.js";
import { ipv4Number } from "../address.js";
import { hostOrName, otherHost } from "./addresses.js";
import { Failure, oneLine, USAGE } from "./failure.js";
import { NC_EXAMPLES } from "./help.js";
import { addStackOptions, type StackOptions } from "./options.js";
import { isInside } from "./ping.js";
import { openSession, type Session } from "./session.js";
import { catchSignals } from "./signals.js";
import { checked, decimal, integer, port as parsePort } from "./values.js";

/** What stands for a port where there are none. */
const RAW_PORT = 1;
/** Octets of the IPv4 and the UDP header. */
const HEADERS = 28;

interface NcOptions {
  listen?: boolean;
  udp?: boolean;
  /** IP protocol whose packets are sent and received. */
  protocol?: number;
  /** Multicast group that is joined. */
  group?: string;
  verbose?: boolean;
  wait?: number;
}

interface Target {
  host?: string;
  port: number;
}

/** `ringwire nc`: stdin and stdout over one TCP connection, or over UDP. */
export function ncCommand(done: (status: number) => void): Command {
  const command = new Command("nc").description("Connect stdin and stdout to HOST PORT, or wait for one peer with -l PORT.");
  const stackOptions = addStackOptions(command);
  command
    .usage("HOST PORT [options]\n       ringwire nc -l PORT [options]")
    .argument("[arguments...]", "HOST PORT, or with -l PORT")
    .option("-l, --listen", "wait for a peer instead of connecting")
    .option("-u, --udp", "UDP instead of TCP; what is read at once is one datagram")
    .addOption(
      new Option("--protocol <n>", "packets of this IP protocol instead, 1 to 255: HOST without PORT, or -l alone").argParser(
        integer(1, 255),
      ),
    )
    .addOption(new Option("--group <a.b.c.d>", "with -l -u: join this multicast group").argParser(checked(groupAddress)))
    .option("-v, --verbose", "tell on stderr when it listens and who is connected")
    .addOption(
      new Option(
        "-w, --wait <seconds>",
        "UDP: end when stdin has ended and nothing came for so long (default: 1, with -l: never)",
      ).argParser(decimal(0.001, 86_400, "seconds")),
    )
    .addHelpText("after", NC_EXAMPLES)
    .action(async (args: string[]) => {
      const options = command.opts<NcOptions>();
      done(await nc(target(args, options), stackOptions(), options));
    });
  return command;
}

/** A host as `hostOrName` has it, or one of 127/8: whether that can be reached is seen later. */
function anyHost(text: string): string {
  return isInside(text, []) ? text : hostOrName(text);
}
/** A multicast address; throws what is wrong with it. */
function groupAddress(text: string): string {
  const number = ipv4Number(text);
  if (number >>> 28 !== 14 || number < 0) throw new Error(`"${text}" is no multicast address, 224.0.0.0 to 239.255.255.255`);
  return text;
}

/** HOST and PORT from the arguments; throws a Failure that says what is wrong with them. */
function target(args: readonly string[], { listen = false, udp = false, protocol, group }: NcOptions): Target {
  if (group !== undefined && !(listen && udp)) throw new Failure("--group goes with -l -u", USAGE);
  if (protocol !== undefined) {
    const [host, ...more] = args;
    if (more.length || listen === (host !== undefined)) throw new Failure("nc --protocol needs HOST without PORT, or -l alone", USAGE);
    return host === undefined ? { port: RAW_PORT } : { host: named("HOST", anyHost, host), port: RAW_PORT };
  }
  if (args.length !== (listen ? 1 : 2))
    throw new Failure(listen ? "nc -l needs PORT and nothing else" : "nc needs HOST PORT, or -l PORT", USAGE);
  const [port = "", host] = [...args].reverse();
  const number = named("PORT", parsePort, port);
  return host === undefined ? { port: number } : { host: named("HOST", anyHost, host), port: number };
}

/** Parses an argument; an error tells its name. */
function named<T>(name: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw new Failure(`${name} "${text}": ${oneLine(error)}`, USAGE);
  }
}

async function nc(target: Target, stackOptions: StackOptions, options: NcOptions): Promise<number> {
  const ours = stackOptions.devices.flatMap(({ addresses }) => addresses);
  const isOwn = stackOptions.loopback && target.host !== undefined && isInside(target.host, stackOptions.devices);
  if (target.host !== undefined && !isOwn) named("HOST", (host) => otherHost(host, ours), target.host);
  const interrupts = catchSignals();
  const session = await openSession(stackOptions);
  const say = (text: string) => {
    if (options.verbose) console.error(text);
  };
  try {
    const work = options.udp || options.protocol ? overUdp(session, target, options, say) : overTcp(session, target, say);
    const ended = await Promise.race([work.then(() => true), interrupts.came, session.failed]);
    work.catch(() => {}); // an interrupted transfer ends with an error that nobody waits for
    return ended === true ? 0 : interrupts.status;
  } finally {
    process.stdin.destroy();
    await session.close();
  }
}

/** One TCP connection; settles when both directions have ended and the peer has everything. */
async function overTcp(session: Session, target: Target, say: (text: string) => void): Promise<void> {
  const socket = await (target.host === undefined
    ? accepted(session, target.port, say)
    : connected(session, target.host, target.port, say));
  await joined(socket, process.stdin, process.stdout);
  await session.drained();
}

async function connected({ stack }: Session, host: string, port: number, say: (text: string) => void): Promise<TcpSocket> {
  try {
    const socket = await stack.connect({ host, port, allowHalfOpen: true });
    say(`connected to ${host}:${port}`);
    return socket;
  } catch (error) {
    throw failure(host, port, error);
  }
}

/** What went wrong with a peer, who is named once. */
function failure(host: string | undefined, port: number, error: unknown): Failure {
  return new Failure(`${host ?? "peer"}:${port}: ${oneLine(error).replace(/^(connect( \S+)?|send): /, "")}`);
}
function naming(host: string, port: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw failure(host, port, error);
  }
}

/** Waits for one peer: those that come after it are refused. */
async function accepted({ stack, transparent }: Session, port: number, say: (text: string) => void): Promise<TcpSocket> {
  const where = transparent < 0 ? {} : { transparent: true, interface: transparent };
  const listener = stack.listen({ port, backlog: 1, allowHalfOpen: true, ...where });
  say(`listening on port ${port}`);
  const socket = await listener.accept();
  listener.close();
  say(
    `connection from ${socket.remoteAddress}:${socket.remotePort}${transparent < 0 ? "" : ` to ${socket.localAddress}:${socket.localPort}`}`,
  );
  return socket;
}

/** How long stdin may give nothing after the peer has closed. */
const QUIET = 1000;

/** Joins a connection with an input and an output: half closes at the input's end; settles when both ways have ended. */
export async function joined(socket: Duplex, input: Readable, output: Writable): Promise<void> {
  const sending = new Promise<void>((resolve, reject) => {
    socket.once("error", reject).once("finish", resolve).once("close", resolve);
  });
  sending.catch(() => {});
  input.pipe(socket);
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    if (!output.write(data)) await once(output, "drain");
  }
  const quiet = untilQuiet(input, socket);
  await Promise.race([sending, quiet.came]);
  quiet.release();
  input.unpipe(socket);
  socket.end();
  await sending;
}

/** Resolves when an input has given nothing for `QUIET` although the socket would have taken it. */
function untilQuiet(input: Readable, socket: Writable): { came: Promise<void>; release: () => void } {
  let release = () => {};
  const came = new Promise<void>((resolve) => {
    const timer = setInterval(() => socket.writableNeedDrain || resolve(), QUIET);
    const moved = () => timer.refresh();
    input.on("data", moved);
    release = () => {
      clearInterval(timer);
      input.off("data", moved);
    };
  });
  return { came, release };
}

/** Datagrams to and from one peer: HOST PORT, or with -l whoever sends first. */
async function overUdp(
  session: Session,
  { host, port }: Target,
  { wait, protocol, group }: NcOptions,
  say: (text: string) => void,
): Promise<void> {
  const socket = protocol ? session.stack.bindRaw(protocol) : session.stack.bindUdp(host === undefined ? { port } : {});
  if (group !== undefined) socket.addMembership(group);
  if (host !== undefined) {
    const address = (await session.stack.resolve(host))[0] as string;
    naming(host, port, () => socket.connect(port, address));
  } else say(protocol ? `listening for protocol ${protocol}` : `listening on port ${port}`);
  const idle = new Idle(wait === undefined ? (host === undefined ? Number.POSITIVE_INFINITY : QUIET) : wait * 1000);
  const failed = new Promise<never>((_, reject) => {
    socket.on("error", (error: Error) => reject(failure(host, port, error)));
  });
  const firstPeer = new Promise<void>((resolve) => {
    if (host !== undefined) resolve();
    else
      socket.once("message", (_data: Buffer, { address, port: from }: RemoteInfo) => {
        say(`datagrams from ${address}:${from}`);
        socket.connect(from || RAW_PORT, address);
        resolve();
      });
  });
  socket.on("message", (data: Buffer) => {
    idle.moved();
    process.stdout.write(protocol ? data.subarray(((data[0] ?? 0) & 15) * 4) : data);
  });
  const sending = async () => {
    await firstPeer;
    const most = datagramOctets(session);
    const failing = (error: unknown) => Promise.reject(failure(host, port, error));
    for await (const data of process.stdin) await sendPieces(socket, data, most).catch(failing);
    idle.start();
    await idle.came;
  };
  await Promise.race([sending(), failed]);
}

/** The longest datagram that leaves every interface whole: one lost fragment would lose all of it. */
function datagramOctets({ interfaces }: Session): number {
  return Math.min(...interfaces.map(({ mtu }) => mtu)) - HEADERS;
}

async function sendPieces(socket: UdpSocket, data: Uint8Array, most: number): Promise<void> {
  for (let at = 0; at < data.length; at += most) await socket.send(data.subarray(at, at + most));
}

/** Resolves when nothing has moved for some milliseconds since it was started. */
class Idle {
  readonly came: Promise<void>;
  private resolve = () => {};
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ms: number) {
    this.came = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  start(): void {
    if (Number.isFinite(this.ms)) this.timer = setTimeout(this.resolve, this.ms);
  }

  moved(): void {
    this.timer?.refresh();
  }
}
