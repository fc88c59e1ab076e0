// smoltcp behind peer.h. Its release has no congestion control unless asked, and is not asked: that is how it is fastest.
use core::ffi::c_int;
use core::ptr::addr_of_mut;
use smoltcp::iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint, Ipv4Address};

const SLOTS: usize = 64;
const SLOT_HEADER: usize = 10;
const SLOT_OCTETS: usize = 1536;
const APPLICATION_OCTETS: usize = 65536;
const MTU: usize = 1514;
const FIRST_PORT: usize = 10_000;
const CONNECTIONS_PER_PORT: usize = 10_000;

#[repr(C)]
struct Slot {
    length: u32,
    air: [u8; SLOT_HEADER - 4],
    frame: [u8; SLOT_OCTETS - SLOT_HEADER],
}

#[repr(C)]
pub struct Rings {
    tx_written: *mut u32,
    tx_taken: *mut u32,
    rx_written: *mut u32,
    rx_taken: *mut u32,
    tx: *mut Slot,
    rx: *mut Slot,
}

struct Wire {
    tx_written: u32,
    tx_taken: u32,
    rx_written: u32,
    rx_taken: u32,
    tx: Vec<Slot>,
    rx: Vec<Slot>,
}

struct Tx<'a> {
    slot: &'a mut Slot,
    written: &'a mut u32,
}
struct Rx<'a> {
    slot: &'a Slot,
}

impl phy::TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let result = fill(&mut self.slot.frame[..length]);
        self.slot.length = length as u32;
        *self.written = self.written.wrapping_add(1);
        result
    }
}
impl phy::RxToken for Rx<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.slot.frame[..self.slot.length as usize])
    }
}

impl Device for Wire {
    type RxToken<'a> = Rx<'a>;
    type TxToken<'a> = Tx<'a>;

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.medium = Medium::Ethernet;
        capabilities
    }
    fn receive(&mut self, _: Instant) -> Option<(Rx<'_>, Tx<'_>)> {
        if self.rx_taken == self.rx_written || self.tx_written.wrapping_sub(self.tx_taken) as usize == SLOTS {
            return None;
        }
        let place = self.rx_taken as usize % SLOTS;
        self.rx_taken = self.rx_taken.wrapping_add(1);
        let free = self.tx_written as usize % SLOTS;
        Some((Rx { slot: &self.rx[place] }, Tx { slot: &mut self.tx[free], written: &mut self.tx_written }))
    }
    fn transmit(&mut self, _: Instant) -> Option<Tx<'_>> {
        if self.tx_written.wrapping_sub(self.tx_taken) as usize == SLOTS {
            return None;
        }
        let free = self.tx_written as usize % SLOTS;
        Some(Tx { slot: &mut self.tx[free], written: &mut self.tx_written })
    }
}

struct Stack {
    wire: Wire,
    interface: Interface,
    sockets: SocketSet<'static>,
    connections: Vec<SocketHandle>,
    limit: usize,
    buffer: usize,
    accepted: usize,
    datagrams: Option<SocketHandle>,
    peer: IpAddress,
    peer_port: u16,
    now: Instant,
    application: Vec<u8>,
    rings: Rings,
}

static mut STACK: Option<Box<Stack>> = None;

// One thread calls, and no call is inside another.
fn stack() -> &'static mut Stack {
    unsafe { (*addr_of_mut!(STACK)).as_mut().unwrap() }
}
fn slots() -> Vec<Slot> {
    (0..SLOTS).map(|_| Slot { length: 0, air: [0; SLOT_HEADER - 4], frame: [0; SLOT_OCTETS - SLOT_HEADER] }).collect()
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_start(host: c_int, connections: c_int, buffer: c_int, _time_wait: c_int) -> c_int {
    let mut wire = Wire { tx_written: 0, tx_taken: 0, rx_written: 0, rx_taken: 0, tx: slots(), rx: slots() };
    let mut config = Config::new(EthernetAddress([2, 0, 0, 0, 0, host as u8]).into());
    config.random_seed = host as u64;
    let mut interface = Interface::new(config, &mut wire, Instant::from_millis(0));
    interface.update_ip_addrs(|list| {
        list.push(IpCidr::new(IpAddress::v4(10, 0, 0, host as u8), 24)).unwrap();
    });
    let none = core::ptr::null_mut;
    let rings = Rings { tx_written: none(), tx_taken: none(), rx_written: none(), rx_taken: none(), tx: core::ptr::null_mut(), rx: core::ptr::null_mut() };
    let mut it = Box::new(Stack {
        wire,
        interface,
        sockets: SocketSet::new(Vec::new()),
        connections: Vec::new(),
        limit: connections as usize,
        buffer: buffer as usize,
        accepted: 0,
        datagrams: None,
        peer: IpAddress::Ipv4(Ipv4Address::new(10, 0, 0, 3 - host as u8)),
        peer_port: 0,
        now: Instant::from_millis(0),
        application: (0..APPLICATION_OCTETS).map(|i| (i * 7) as u8).collect(),
        rings,
    });
    let wire = &mut it.wire;
    it.rings = Rings {
        tx_written: &mut wire.tx_written,
        tx_taken: &mut wire.tx_taken,
        rx_written: &mut wire.rx_written,
        rx_taken: &mut wire.rx_taken,
        tx: wire.tx.as_mut_ptr(),
        rx: wire.rx.as_mut_ptr(),
    };
    unsafe { *addr_of_mut!(STACK) = Some(it) };
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_wire() -> *mut Rings {
    &mut stack().rings
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_receive(now: f64) {
    let it = stack();
    it.now = Instant::from_micros((now * 1000.0) as i64);
    it.interface.poll_maintenance(it.now);
    while it.interface.poll_ingress_single(it.now, &mut it.wire, &mut it.sockets) != PollIngressSingleResult::None {}
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_transmit() {
    let it = stack();
    while it.interface.poll_egress(it.now, &mut it.wire, &mut it.sockets) != PollResult::None {}
}

fn open(it: &mut Stack) -> usize {
    let buffer = || tcp::SocketBuffer::new(vec![0; it.buffer]);
    let handle = it.sockets.add(tcp::Socket::new(buffer(), buffer()));
    it.connections.push(handle);
    it.connections.len() - 1
}

// A socket that listens takes one connection: as many listen as there will be.
#[unsafe(no_mangle)]
pub extern "C" fn peer_listen(port: c_int) -> c_int {
    let it = stack();
    for _ in 0..CONNECTIONS_PER_PORT.min(it.limit - it.connections.len()) {
        let place = open(it);
        if it.sockets.get_mut::<tcp::Socket>(it.connections[place]).listen(port as u16).is_err() {
            return -1;
        }
    }
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_connect(port: c_int) -> c_int {
    let it = stack();
    let place = open(it);
    let local = (FIRST_PORT + place % CONNECTIONS_PER_PORT) as u16;
    let socket = it.sockets.get_mut::<tcp::Socket>(it.connections[place]);
    let remote = IpEndpoint::new(it.peer, port as u16);
    if socket.connect(it.interface.context(), remote, local).is_err() { -1 } else { place as c_int }
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_accept() -> c_int {
    let it = stack();
    let Some(handle) = it.connections.get(it.accepted) else { return -1 };
    if it.sockets.get::<tcp::Socket>(*handle).state() != tcp::State::Established {
        return -1;
    }
    it.accepted += 1;
    it.accepted as c_int - 1
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_put(connection: c_int, octets: c_int) -> c_int {
    let it = stack();
    let socket = it.sockets.get_mut::<tcp::Socket>(it.connections[connection as usize]);
    let mut done = 0;
    while done < octets as usize {
        match socket.send_slice(&it.application[done..octets as usize]) {
            Ok(0) | Err(_) => break,
            Ok(count) => done += count,
        }
    }
    done as c_int
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_get(connection: c_int, octets: c_int) -> c_int {
    let it = stack();
    let socket = it.sockets.get_mut::<tcp::Socket>(it.connections[connection as usize]);
    let mut done = 0;
    while done < octets as usize {
        match socket.recv_slice(&mut it.application[done..octets as usize]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(tcp::RecvError::Finished) if done == 0 => return -1,
            Err(_) => break,
        }
    }
    done as c_int
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_close(connection: c_int) {
    let it = stack();
    it.sockets.get_mut::<tcp::Socket>(it.connections[connection as usize]).close();
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_open_udp(port: c_int, peer_port: c_int) {
    let it = stack();
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; SLOTS], vec![0; SLOTS * SLOT_OCTETS]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(port as u16).unwrap();
    it.peer_port = peer_port as u16;
    it.datagrams = Some(it.sockets.add(socket));
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_put_udp(octets: c_int) {
    let it = stack();
    let socket = it.sockets.get_mut::<udp::Socket>(it.datagrams.unwrap());
    socket.send_slice(&it.application[..octets as usize], IpEndpoint::new(it.peer, it.peer_port)).unwrap();
}

#[unsafe(no_mangle)]
pub extern "C" fn peer_get_udp() -> c_int {
    let it = stack();
    let socket = it.sockets.get_mut::<udp::Socket>(it.datagrams.unwrap());
    socket.recv_slice(&mut it.application).map_or(-1, |(length, _)| length as c_int)
}
