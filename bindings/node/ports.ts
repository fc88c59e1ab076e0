// The well-known ports that people meet, by number: IANA's names, of TCP and UDP alike unless told. The only such table here.

/** Names that TCP and UDP share. */
const BOTH = `1 tcpmux 7 echo 9 discard 11 systat 13 daytime 17 qotd 18 msp 19 chargen 22 ssh 37 time 49 tacacs 53 domain 88 kerberos
  111 sunrpc 123 ntp 135 epmap 137 netbios-ns 138 netbios-dgm 139 netbios-ssn 161 snmp 162 snmptrap 177 xdmcp 319 ptp-event 320 ptp-general
  389 ldap 427 svrloc 434 mobile-ip 443 https 445 microsoft-ds 464 kpasswd 500 isakmp 514 shell/syslog 520 efs/router 546 dhcpv6-client
  547 dhcpv6-server 554 rtsp 623 asf-rmcp 631 ipp 636 ldaps 749 kerberos-adm 853 domain-s 1194 openvpn 1433 ms-sql-s 1434 ms-sql-m
  1701 l2tp 1812 radius 1813 radius-acct 1900 ssdp 2049 nfs 2123 gtp-control 2152 gtp-user 3260 iscsi-target 3306 mysql 3389 ms-wbt-server
  3478 stun 3702 ws-discovery 4500 ipsec-nat-t 4739 ipfix 5000 commplex-main 5004 rtp 5005 rtcp 5060 sip 5061 sips 5349 stuns 5351 nat-pmp
  5353 mdns 5355 llmnr 5432 postgresql 5683 coap 5684 coaps 6343 sflow 6514 syslog-tls 11211 memcache`;

/** Names of TCP only. */
const TCP = `20 ftp-data 21 ftp 23 telnet 25 smtp 43 whois 70 gopher 79 finger 80 http 102 iso-tsap 104 acr-nema 106 poppassd 109 pop2 110 pop3
  113 auth 119 nntp 143 imap 179 bgp 194 irc 199 smux 220 imap3 264 bgmp 369 rpc2portmap 406 imsp 444 snpp 465 submissions 502 mbap 512 exec
  513 login 515 printer 540 uucp 543 klogin 544 kshell 548 afpovertcp 563 nntps 587 submission 593 http-rpc-epmap 639 msdp 646 ldp 666 doom
  691 msexch-routing 783 spamd 860 iscsi 873 rsync 902 vmware-auth 989 ftps-data 990 ftps 992 telnets 993 imaps 995 pop3s 1080 socks 1099 rmiregistry
  1352 lotusnote 1414 ibm-mqseries 1521 oracle 1723 pptp 1755 ms-streaming 1863 msnp 1883 mqtt 1935 rtmp 2000 cisco-sccp 2082 cpanel 2083 cpanel-s
  2181 zookeeper 2222 ssh-alt 2375 docker 2376 docker-s 2377 swarm 2379 etcd-client 2380 etcd-server 2404 iec-104 2601 zebra 2628 dict
  3000 http-dev 3128 squid-http 3268 msft-gc 3269 msft-gc-ssl 3632 distcc 3690 svn 4190 sieve 4369 epmd 4443 https-alt 4444 krb524 4840 opcua-tcp
  4899 radmin 5001 iperf 5009 airport 5190 aol 5201 iperf3 5222 xmpp-client 5223 xmpp-client-s 5269 xmpp-server 5280 xmpp-bosh 5357 wsdapi
  5555 adb 5601 kibana 5666 nrpe 5671 amqps 5672 amqp 5800 vnc-http 5900 vnc 5901 vnc-1 5938 teamviewer 5984 couchdb 5985 wsman 5986 wsmans
  6000 x11 6001 x11-1 6379 redis 6443 kube-api 6566 sane-port 6600 mpd 6660 irc-alt 6666 irc-serv 6667 ircd 6697 ircs-u 7000 afs3 7077 spark 7547 cwmp
  7680 pando 8000 http-alt-8000 8001 vcom-tunnel 8006 proxmox 8008 http-alt-8008 8009 ajp13 8080 http-alt 8081 http-alt-8081 8086 influxdb 8088 radan-http
  8123 home-assistant 8200 vault 8333 bitcoin 8443 https-alt-8443 8500 consul 8530 wsus 8883 secure-mqtt 8888 http-alt-8888 9000 cslistener
  9001 tor-orport 9042 cassandra 9050 tor-socks 9090 prometheus 9092 kafka 9093 alertmanager 9100 jetdirect 9200 elasticsearch 9300 elasticsearch-s
  9418 git 9999 distinct 10000 webmin 10050 zabbix-agent 10051 zabbix-trapper 10250 kubelet 15672 rabbitmq-http 20000 dnp 25565 minecraft
  26257 cockroachdb 27017 mongodb 28015 rethinkdb 32400 plex 44818 ethernet-ip 50000 ibm-db2 64738 mumble`;

/** Names of UDP only. */
const UDP = `67 bootps 68 bootpc 69 tftp 80 http3 105 csnet-ns 192 osu-nms 407 timbuktu 496 pim-rp-disc 512 biff 513 who 517 talk 518 ntalk
  521 ripng 525 timed 593 http-rpc-epmap 655 tinc 664 asf-secure-rmcp 698 olsr 996 vsinet 1027 exosee 1645 radius-old 1646 radacct-old
  1718 h323gatedisc 1719 h323gatestat 1967 ip-sla 1985 hsrp 2055 netflow 2427 mgcp-gateway 3222 glbp 3260 iscsi-target 3544 teredo 3784 bfd-control
  3785 bfd-echo 4789 vxlan 4793 roce 5246 capwap-control 5247 capwap-data 5350 nat-pmp-status 5355 llmnr 6081 geneve 6696 babel 8472 otv
  9993 zerotier 10001 ubiquiti 17500 dropbox-lan 27015 srcds 30303 ethereum 33434 traceroute 41641 tailscale 47808 bacnet 48101 ipcd 51820 wireguard`;

const OF = { tcp: table(0, BOTH, TCP), udp: table(1, BOTH, UDP) };

/** Names by port; where both protocols share a port under two names, `side` tells which of them is meant. */
function table(side: 0 | 1, ...texts: string[]): Map<number, string> {
  const words = texts.flatMap((text) => text.trim().split(/\s+/));
  const names = new Map<number, string>();
  for (let i = 0; i < words.length; i += 2) {
    const names_ = (words[i + 1] as string).split("/");
    names.set(Number(words[i]), names_[side] ?? (names_[0] as string));
  }
  return names;
}

/** The name of a port, or undefined. */
export function serviceName(protocol: "tcp" | "udp", port: number): string | undefined {
  return OF[protocol].get(port);
}

/** The port that a name stands for, or undefined. */
export function servicePort(protocol: "tcp" | "udp", name: string): number | undefined {
  for (const [port, known] of OF[protocol]) if (known === name) return port;
  return undefined;
}
