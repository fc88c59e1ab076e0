import koffi from "koffi";

// A ping through the kernel, for machines where no `ping` is installed: Node has no raw sockets.

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;

interface Libc {
  socket(family: number, type: number, protocol: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  send(fd: number, data: Uint8Array, length: number, flags: number): number;
  recv(fd: number, data: Uint8Array, length: number, flags: number): number;
  poll(fds: Uint8Array, count: number, timeout: number): number;
  close(fd: number): number;
}

function libc(): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func("int socket(int family, int type, int protocol)"),
    connect: library.func("int connect(int fd, void *address, unsigned int length)"),
    send: library.func("intptr_t send(int fd, void *data, size_t length, int flags)"),
    recv: library.func("intptr_t recv(int fd, void *data, size_t length, int flags)"),
    poll: library.func("int poll(void *fds, unsigned long count, int timeout)"),
    close: library.func("int close(int fd)"),
  };
}

function must(result: number, what: string): number {
  if (result < 0) throw new Error(`${what} failed with errno ${koffi.errno()}`);
  return result;
}

/** A `struct sockaddr_in` with port 0. */
function socketAddress(address: string): Buffer {
  const octets = Buffer.alloc(16);
  octets.writeUInt16LE(AF_INET, 0);
  octets.set(address.split(".").map(Number), 4);
  return octets;
}

/** Octets of data in an echo request, and of the ICMP and the shortest IPv4 header. */
const DATA = 56;
const ICMP = 8;
const IPV4 = 20;

/** Sends ICMP echo requests through a raw socket of the kernel, one after another; answers each round trip in ms, NaN for none. */
export function rawPing(host: string, count: number, timeout: number): number[] {
  const c = libc();
  const fd = must(c.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "opening a raw socket");
  try {
    must(c.connect(fd, socketAddress(host), 16), "connecting a raw socket");
    return Array.from({ length: count }, (_, sequence) => echoOnce(c, fd, sequence + 1, timeout));
  } finally {
    c.close(fd);
  }
}

function echoOnce(c: Libc, fd: number, sequence: number, timeout: number): number {
  const sent = echoRequest(process.pid & 0xffff, sequence);
  const start = performance.now();
  must(c.send(fd, sent, sent.length, 0), "sending an echo request");
  const waiting = Buffer.alloc(8);
  waiting.writeInt32LE(fd, 0);
  waiting.writeInt16LE(1, 4); // POLLIN
  const packet = Buffer.alloc(2048);
  for (;;) {
    const left = Math.ceil(start + timeout - performance.now());
    if (left <= 0 || must(c.poll(waiting, 1, left), "poll") === 0) return Number.NaN;
    const length = must(c.recv(fd, packet, packet.length, 0), "receiving an echo reply");
    if (answers(packet.subarray(0, length), sent)) return performance.now() - start;
  }
}

function echoRequest(id: number, sequence: number): Buffer {
  const message = Buffer.alloc(ICMP + DATA);
  message[0] = 8;
  message.writeUInt16BE(id, 4);
  message.writeUInt16BE(sequence, 6);
  for (let i = 0; i < DATA; i++) message[ICMP + i] = i;
  let sum = 0;
  for (let i = 0; i < message.length; i += 2) sum += message.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  message.writeUInt16BE(~sum & 0xffff, 2);
  return message;
}

/** Whether an IPv4 packet is the echo reply with the same identifier, sequence number and data. RFC 792. */
function answers(packet: Buffer, request: Buffer): boolean {
  if (packet.length < IPV4 + ICMP) return false;
  const message = packet.subarray(((packet[0] ?? 0) & 15) * 4);
  return message[0] === 0 && message.subarray(4).equals(request.subarray(4));
}
