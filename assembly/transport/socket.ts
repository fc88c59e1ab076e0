import { FAST } from "../memory/config";
import { Endpoint } from "../memory/control";
import { Err, Option } from "../memory/errors";
import { Link } from "../memory/list";
import { Kind, Pool, PoolIndex, Timed } from "../memory/pool";
import { recent, root } from "../memory/root";

/** A record that is found by addresses and ports. Addresses in host order. */
@unmanaged
export class Tuple extends Timed {
  local: u32;
  remote: u32;
  /** Local port * 65,536 + remote port. */
  ports: u32;
  // Its place among those who owe a segment, or among those who wait for a neighbour.
  owedNext: u32;
  owedPrevious: u32;

  get owed(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Tuple>("owedNext"));
  }
  static ofOwed(link: Link): Tuple {
    return changetype<Tuple>(changetype<usize>(link) - offsetof<Tuple>("owedNext"));
  }
  get localPort(): u32 {
    return this.ports >> 16;
  }
  get remotePort(): u32 {
    return this.ports & 0xffff;
  }
}

/** A record with an owner who wants to know what happens to it. */
@unmanaged
export class Socket extends Tuple {
  readyNext: u32;
  readyPrevious: u32;
  /** Event bits since the owner last looked. */
  events: u16;
  owner: u8;
  /** 1: the last span call found no room; the next room is an event. */
  wants: u8;
  /** Number of the interface it is bound to, 0: any. */
  only: u8;
  /** 1: a ping socket. */
  isPing: u8;
  /** Protocol of a raw socket, 0: it is none. */
  raw: u8;
  /** Of a listener DECIDE, of a UDP socket ANY_PORT. */
  special: u8;
  // Options, in the order of Option, by which `option` and `setOption` find them.
  nodelay: u32;
  keepalive: u32;
  keepIdle: u32;
  keepInterval: u32;
  keepCount: u32;
  userTimeout: u32;
  ttl: u32;
  tos: u32;
  broadcast: u32;
  congestionControl: u32;
  offer: u32;
  reports: u32;
  dontFragment: u32;
  header: u32;
  /** Err: why it ended, or what is to be told once. */
  error: i32;
  /** ICMP type * 256 + code of the last soft error. */
  softError: u32;

  get ready(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Socket>("readyNext"));
  }
  /** The value of an option; its number must be one of Option. */
  option(which: u32): u32 {
    return load<u32>(changetype<usize>(this) + offsetof<Socket>("nodelay") + ((which - Option.NODELAY) << 2));
  }
  setOption(which: u32, value: u32): void {
    store<u32>(changetype<usize>(this) + offsetof<Socket>("nodelay") + ((which - Option.NODELAY) << 2), value);
  }
  /** Takes all options of another socket. */
  inherit(from: Socket): void {
    memory.copy(
      changetype<usize>(this) + offsetof<Socket>("nodelay"),
      changetype<usize>(from) + offsetof<Socket>("nodelay"),
      Option.REPORTS * 4,
    );
  }
  /** The defaults of the control block. */
  resetOptions(): void {
    this.keepIdle = root.keepIdle;
    this.keepInterval = root.keepInterval;
    this.keepCount = root.keepCount;
    this.userTimeout = root.userTimeout;
    this.ttl = root.ttl;
    this.congestionControl = root.congestion;
    this.offer = root.offer;
    this.reports = 1;
  }
  get handle(): i32 {
    return handleOf(this);
  }
  static ofReady(link: Link): Socket {
    return changetype<Socket>(changetype<usize>(link) - offsetof<Socket>("readyNext"));
  }
  /** Where both ends go in a control-block endpoint. */
  tellLocal(to: Endpoint): void {
    to.set(this.local, this.localPort, this.only);
  }
  tellRemote(to: Endpoint): void {
    to.set(this.remote, this.remotePort, this.only);
  }
}

const INDEX_BITS: u32 = 17;
const GENERATION_BITS: u32 = 11;
/** Most sockets of one kind. */
export const INDEX_MAX: u32 = (1 << INDEX_BITS) - 1;

/** The handle of a record: kind, generation, index. */
export function handleOf(record: Timed): i32 {
  const generation = <u32>record.generation & ((1 << GENERATION_BITS) - 1);
  return ((<i32>record.kind) << (INDEX_BITS + GENERATION_BITS)) | (generation << INDEX_BITS) | record.index;
}
export function kindOf(handle: i32): Kind {
  return handle >> (INDEX_BITS + GENERATION_BITS);
}
/** The record of a handle, null when it is stale or of another kind. */
export function recordOf(handle: i32, kind: Kind): Timed | null {
  if (handle <= 0 || kindOf(handle) != kind) return null;
  const record = FAST && handle == recent.handle ? changetype<Timed>(<usize>recent.record) : placeOf(kind, handle & INDEX_MAX);
  if (!record || !record.taken || handleOf(record) != handle) return null;
  if (FAST) {
    recent.handle = handle;
    recent.record = record.address;
  }
  return record;
}
/** The record at an index, null when that place was never used. */
function placeOf(kind: Kind, index: u32): Timed | null {
  for (let i: u32 = kind == Kind.UDP ? PoolIndex.UDP : 0; i <= <u32>PoolIndex.UDP; i++) {
    const pool = root.pool(i);
    if (pool.kind == <u32>kind && index >= pool.first && index < pool.first + pool.mark)
      return changetype<Timed>(pool.at(index - pool.first));
  }
  return null;
}
/** The handle at a place of a pool; 0: free, BAD_ARGUMENT: no such place. */
export function at(which: u32, place: u32): i32 {
  if (which > <u32>PoolIndex.UDP) return Err.BAD_ARGUMENT;
  const pool: Pool = root.pool(which);
  if (place >= pool.mark) return Err.BAD_ARGUMENT;
  const record = changetype<Timed>(pool.at(place));
  return record.taken ? handleOf(record) : 0;
}
