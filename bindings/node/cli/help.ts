/** Examples under `ringwire --help`. */
export const MAIN_EXAMPLES = `
Examples:
  ringwire demo
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
  sudo ringwire ping 10.9.0.1 -c 3 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
  echo hello | sudo ringwire nc 10.9.0.1 7000 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24

ringwire COMMAND --help says more about each.`;

/** How devices and their options go together. */
const DEVICES = `
Several devices: each --tap or --tun starts one, the options after it belong to it;
--netns, --mtu and the link options before the first one hold for all.
The other end of a device is the operating system's: it needs an address of the same network and must be up. --host-ip does that;
without it: sudo ip addr add 10.9.0.1/24 dev rw0 && sudo ip link set rw0 up`;

/** Examples under `ringwire up --help`. */
export const UP_EXAMPLES = `${DEVICES}

Services: echo (7), discard (9), daytime (13), qotd (17), chargen (19) and time (37) over TCP and UDP, http (80) over TCP;
each with another port as name:port.

Examples:
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --service echo,http:8080 --json
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --tun rw1 --ip 10.9.1.2/24
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --mdns box
  sudo ringwire up --forward --tap rw0 --ip 10.9.0.2/24 --tap rw1 --ip 10.9.1.2/24 --route "192.0.2.0/24 via 10.9.1.1"
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --filter "in tcp port 80 accept" --filter "policy in drop"
  sudo ringwire up --forward --tap rw0 --ip 10.1.0.1/24 --tap rw1 --ip 192.0.2.1/24 --napt --port-forward "tcp 8080 to 10.1.0.2:80"
  sudo ringwire up --tap rw0 --ip 10.9.0.2/24 --loss 5 --delay 20 --reorder 5 --link-seed 7 --pcap rw0.pcap`;

/** Examples under `ringwire ping --help`. */
export const PING_EXAMPLES = `${DEVICES}

Exit status: 0 when at least one answer came, 1 when none did, 2 when the command line is wrong.

Example:
  sudo ringwire ping 10.9.0.1 -c 3 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24`;

/** Examples under `ringwire traceroute --help`. */
export const TRACEROUTE_EXAMPLES = `${DEVICES}

A line for each hop: who answered, and how long each probe took; * for no answer; !N !H !P !S !F behind the answer of one who
says that the network, host, protocol or port cannot be reached, that a source route failed, or that a smaller packet is needed.
Exit status: 0 when HOST answered, 1 when it did not, 2 when the command line is wrong.

Example:
  sudo ringwire traceroute 192.0.2.1 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --gateway 10.9.0.1`;

/** Examples under `ringwire nc --help`. */
export const NC_EXAMPLES = `${DEVICES}

When stdin ends our side is closed and the other is read to its end. When the peer has closed, nc ends once stdin gives
nothing for a second. Exit status: 0, or 1 when the connection is refused, reset or times out.

Examples:
  sudo ringwire nc 10.9.0.1 7000 --tap rw0 --ip 10.9.0.2/24 < file
  sudo ringwire nc -l 7000 --tap rw0 --ip 10.9.0.2/24 > file
  echo hello | sudo ringwire nc -u 10.9.0.1 7000 --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire dig --help`. */
export const DIG_EXAMPLES = `${DEVICES}

Exit status: 0 when there are records, 1 when there are none or no server answers, 2 when the command line is wrong.

Examples:
  sudo ringwire dig www.example.com --dns 10.9.0.1 --tap rw0 --ip 10.9.0.2/24
  sudo ringwire dig 192.0.2.1 PTR @10.9.0.1 --tap rw0 --ip 10.9.0.2/24
  sudo ringwire dig _http._tcp.local PTR --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire httpd --help`. */
export const HTTPD_EXAMPLES = `${DEVICES}

GET, HEAD (ranges too) and OPTIONS; with --write PUT and DELETE. / is index.html. The server is the one inside the module.

Examples:
  sudo ringwire httpd --root site --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
  curl -T file http://10.9.0.2/file`;

/** Examples under `ringwire demo --help`. */
export const DEMO_EXAMPLES = `
Makes a network namespace, puts a TAP device into it, starts Ringwire on it and lets the Linux kernel talk to it: ping, HTTP,
100 MB echoed over a clean link and 4 MB over one that loses and reorders frames. Nothing is left behind. Works as root, and for
any user who may make user namespaces and open /dev/net/tun; else two stacks talk over a virtual wire.
Exit status: 0 when everything held.

Example:
  ringwire demo`;
