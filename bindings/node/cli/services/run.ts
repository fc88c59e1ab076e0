import type { RemoteInfo, Stack, TcpListener, UdpSocket } from "../../index.js";
import { Failure, oneLine } from "../failure.js";
import * as datagrams from "./datagrams.js";
import { httpService } from "./http.js";
import type { ServiceName, ServicePort } from "./names.js";
import type { Status } from "./status.js";
import * as streams from "./streams.js";

/** Services that wait on their ports. */
export interface Services {
  /** Takes no more connections and datagrams; connections that are open go on. */
  close(): void;
}

/** What services need to know of the stack they run on. */
export interface ServiceContext {
  /** The status page's contents. */
  readonly status: () => Status;
  /** Addresses of the networks' broadcasts. */
  readonly broadcasts: ReadonlySet<string>;
  /** The stack's own addresses. */
  readonly addresses: readonly string[];
}

/** Connections that wait to be accepted, and as many half-open ones. */
const BACKLOG = 512;

/** Starts services on their ports of a stack: all of them, or none and a Failure that names the port. */
export function startServices(stack: Stack, services: readonly ServicePort[], context: ServiceContext): Services {
  const running = new Running(stack, context);
  for (const service of services) {
    try {
      running.start(service);
    } catch (error) {
      running.close();
      throw new Failure(`cannot serve ${service.name} on port ${service.port}: ${oneLine(error)}`);
    }
  }
  return running;
}

/** Answers of a UDP service that wait for room in its ring; datagrams beyond get none. */
const WAITING = 256;

/** What answers on a port, over TCP and over UDP. */
const PAIRS: Record<Exclude<ServiceName, "http">, { stream: streams.StreamService; datagram: datagrams.DatagramService }> = {
  echo: { stream: streams.echo, datagram: datagrams.echo },
  discard: { stream: streams.discard, datagram: datagrams.discard },
  chargen: { stream: streams.chargen, datagram: datagrams.chargen },
  daytime: { stream: streams.daytime, datagram: datagrams.daytime },
  time: { stream: streams.time, datagram: datagrams.time },
  qotd: { stream: streams.qotd, datagram: datagrams.qotd },
};

class Running implements Services {
  private readonly open: Array<TcpListener | UdpSocket> = [];
  private readonly http: streams.StreamService;

  constructor(
    private readonly stack: Stack,
    private readonly context: ServiceContext,
  ) {
    this.http = httpService(context.status);
  }

  start({ name, port }: ServicePort): void {
    this.listen(port, name === "http" ? this.http : PAIRS[name].stream);
    if (name === "http") return;
    const { addresses } = this.context;
    // A reply comes from the address that was asked, RFC 1122 §4.1.3.5: a socket each, where there are several.
    for (const host of addresses.length > 1 ? addresses : [undefined]) this.bind(port, host, PAIRS[name].datagram);
  }

  /** Without Nagle's algorithm, as Node's own web server is: it would hold the end of a page back until the peer's delayed ACK. */
  private listen(port: number, serve: streams.StreamService): void {
    const noDelay = serve === this.http;
    const listener = this.stack.listen({ port, backlog: BACKLOG, allowHalfOpen: true, keepAlive: true, noDelay });
    this.open.push(listener);
    listener.on("connection", serve);
  }

  private bind(port: number, host: string | undefined, answer: datagrams.DatagramService): void {
    let waiting = 0;
    const socket = this.stack.bindUdp({ port, ...(host === undefined ? {} : { host }) });
    this.open.push(socket);
    socket.on("message", (data: Buffer, from: RemoteInfo) => {
      if (!datagrams.mayAnswer(from.port, from.to, this.context.broadcasts)) return;
      const reply = waiting < WAITING ? answer(data) : null;
      if (reply === null) return;
      waiting++;
      const sent = () => {
        waiting--; // an answer that could not be sent is lost, as on the wire
      };
      socket.send(reply, from.port, from.address).then(sent, sent);
    });
  }

  close(): void {
    for (const socket of this.open) socket.close();
  }
}
