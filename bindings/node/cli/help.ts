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

/** Examples under `ringwire tftp --help`. */
export const TFTP_EXAMPLES = `${DEVICES}

A file that is not whole is not left behind. Exit status: 0 when all of it went over, 1 when not, 2 when the command line is wrong.

Examples:
  sudo ringwire tftp get 10.9.0.1 boot/kernel.img --output kernel.img --tap rw0 --ip 10.9.0.2/24
  sudo ringwire tftp put 10.9.0.1 config.txt --input running.txt --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire tftpd --help`. */
export const TFTPD_EXAMPLES = `${DEVICES}

Names are looked up under --root: absolute ones, those with .. and links that lead out are refused, and so is all that is no file.

Example:
  sudo ringwire tftpd --root /srv/tftp --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24`;

/** Examples under `ringwire dhcpd --help`. */
export const DHCPD_EXAMPLES = `${DEVICES}

Example:
  sudo ringwire dhcpd --range 10.9.0.100-10.9.0.199 --router 10.9.0.2 --dns 10.9.0.53 --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire scan --help`. */
export const SCAN_EXAMPLES = `${DEVICES}

open: it answers; closed: a reset, or port unreachable for UDP; filtered: nothing, or ICMP says that somebody forbids it.
UDP that is silent is open|filtered. Many ports: those that are open are shown, the others counted; --all shows them.
Exit status: 0 when the ports were looked at, 1 when that could not be, 2 when the command line is wrong.

Examples:
  sudo ringwire scan 10.9.0.1 22,80,8000-8100 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
  sudo ringwire scan -u 10.9.0.1 53,123,161 --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire run --help`. */
export const RUN_EXAMPLES = `${DEVICES}

The module runs with the capacities that it was built with, as on a microcontroller. Mailbox words are what its host, here this
command, and the application inside tell each other; a line of stdin, as 0=2200, writes one while it runs.

Examples:
  sudo ringwire run sensor --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --mail 0=2150
  sudo ringwire run mqtt --tap rw0 --host-ip 10.9.0.1/24 --mail 0=2150 --mail 1=10.9.0.1 --show 2,3
  sudo ringwire run clock --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --mail 0=10.9.0.1 --show-text 8
  sudo ringwire run boot --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --text 16=image.bin --mail 0=10.9.0.1 --flash-out 1=image.bin --show 1,2`;

/** Examples under `ringwire netstat --help`. */
export const NETSTAT_EXAMPLES = `
Each stack of a command that runs (up, nc, tftpd, ...) tells of itself through a socket in $XDG_RUNTIME_DIR or the folder for
temporary files, which its user alone may open. A listener's Unread are connections that wait, of UDP datagrams, else octets.
Exit status: 0 when a stack was found, 1 when none, 2 when the command line is wrong.

Examples:
  sudo ringwire netstat
  sudo ringwire netstat --pid 4711 --interfaces --routes --neighbours`;

/** Examples under `ringwire trace --help`. */
export const TRACE_EXAMPLES = `
-> leaves our side, <- arrives, ** is what no frame brought; a line with | says why. In the ladder of a capture the host on the
left is the one that is seen first, and nothing says why. Sequence numbers count from the first of each side.
COMMAND is one that starts a stack (up, nc, ping, ...); its ladder goes to stderr. It is the same as its option --trace.

Examples:
  ringwire trace rw0.pcap
  sudo ringwire trace nc 10.9.0.1 7000 --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24`;

/** Examples under `ringwire sntp --help`. */
export const SNTP_EXAMPLES = `${DEVICES}

Exit status: 0 when the server told the time, 1 when not, 2 when the command line is wrong.

Example:
  sudo ringwire sntp 10.9.0.1 --tap rw0 --ip 10.9.0.2/24`;

/** Examples under `ringwire syslog --help`. */
export const SYSLOG_EXAMPLES = `${DEVICES}

Nobody answers a log message: exit status 0 says that it has left, 1 that it could not, 2 that the command line is wrong.

Example:
  sudo ringwire syslog 10.9.0.1 "the box is up" --severity notice --tap rw0 --ip 10.9.0.2/24`;

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
