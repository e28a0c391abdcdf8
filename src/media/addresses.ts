/**
 * Which network addresses may be asked for media: those of the public internet only. An address that a stranger chose
 * must not lead to this machine, to its network, or to the metadata service of its provider.
 */
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IPv4: IANA's registry of special-purpose addresses (RFC 6890 and later), as `first address/prefix length`. */
const specialV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // between a provider and its customers (CGN)
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's services for a machine: public by its form only
  '169.254.0.0/16', // link-local, with the metadata services
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

/**
 * IPv6: everything outside 2000::/3, which alone is global unicast. So loopback, unique local, link-local, site-local,
 * multicast, and IPv4 in its forms `::ffff:0:0/96` (mapped), `::/96` (compatible) and `64:ff9b::/96` (NAT64) are in the
 * first three lines.
 */
const specialV6 = [
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // protocol assignments, with Teredo, which holds an IPv4 address
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which holds an IPv4 address
  '3fff::/20', // documentation
];

/** Two lists: a BlockList takes an IPv4 address for the mapped IPv6 one, so that `::/3` would hold them all. */
const special = { 4: listOf('ipv4', specialV4), 6: listOf('ipv6', specialV6) };

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length] = range.split('/');
    list.addSubnet(address, Number(length), family);
  }
  return list;
}

/**
 * Whether an address is one of the public internet, and none of this machine. `address` is a text as `dns.lookup` gives
 * it. What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  const held = family === 4 ? special[4].check(address, 'ipv4') : special[6].check(address, 'ipv6');
  return !held && !isOwn(address);
}

/** Whether this machine has the address. A service may be open to the machine alone, at its public address too. */
function isOwn(address: string): boolean {
  return Object.values(networkInterfaces())
    .flat()
    .some(own => own?.address === address);
}
