// tap DEVICE: smoltcp on a TAP device of plain frames, as 10.77.0.2: discards on port 9, and sends on port 19 as much as is taken.
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Medium, TunTapInterface, wait};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
use std::os::fd::AsRawFd;

/// Octets of each ring, as a connection of the command line of ours has.
const RING: usize = 524_288;
const DISCARD: u16 = 9;
const SOURCE: u16 = 19;

fn socket() -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(vec![0; RING]);
    tcp::Socket::new(buffer(), buffer())
}

fn main() {
    let name = std::env::args().nth(1).expect("expected: tap DEVICE");
    let mut device = TunTapInterface::new(&name, Medium::Ethernet).expect("the device cannot be opened");
    let fd = device.as_raw_fd();
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 2]).into());
    let mut interface = Interface::new(config, &mut device, Instant::now());
    interface.update_ip_addrs(|list| list.push(IpCidr::new(IpAddress::v4(10, 77, 0, 2), 24)).unwrap());
    let mut sockets = SocketSet::new(Vec::new());
    let discard = sockets.add(socket());
    let source = sockets.add(socket());
    println!("ready");
    loop {
        interface.poll(Instant::now(), &mut device, &mut sockets);
        let sink = sockets.get_mut::<tcp::Socket>(discard);
        if !sink.is_open() {
            sink.listen(DISCARD).unwrap();
        }
        while sink.can_recv() {
            sink.recv(|octets| (octets.len(), ())).unwrap();
        }
        if !sink.may_recv() && sink.may_send() {
            sink.close();
        }
        let spring = sockets.get_mut::<tcp::Socket>(source);
        if !spring.is_open() {
            spring.listen(SOURCE).unwrap();
        }
        while spring.can_send() {
            spring.send(|octets| (octets.len(), ())).unwrap();
        }
        if spring.state() == tcp::State::CloseWait {
            spring.abort();
        }
        wait(fd, interface.poll_delay(Instant::now(), &sockets)).unwrap();
    }
}
