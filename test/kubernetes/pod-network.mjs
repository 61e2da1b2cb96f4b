// What a pod's network is to a process in it, loaded before the process begins: an address of its own, which is all that it listens
// on at 0.0.0.0, and names of other pods, by the file that POD_NAMES names. Here every address is one of this machine.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import net from 'node:net';

const { POD_ADDRESS, POD_NAMES } = process.env;

const { lookup } = dns;
dns.lookup = (host, options, callback) => {
  const [how, done] = typeof options === 'function' ? [{}, options] : [options ?? {}, callback];
  const address = JSON.parse(readFileSync(POD_NAMES, 'utf8'))[host];
  if (address !== undefined) {
    const found = { address, family: 4 };
    return process.nextTick(() => (how.all ? done(null, [found]) : done(null, address, 4)));
  }
  if (net.isIP(host)) return lookup(host, how, done);
  // The cluster's names are all that there are.
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    hostname: host,
  });
  return process.nextTick(() => done(error));
};

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...args) {
  const own = args.map((arg) => {
    if (arg === '0.0.0.0') return POD_ADDRESS;
    return arg?.host === '0.0.0.0' ? { ...arg, host: POD_ADDRESS } : arg;
  });
  return listen.apply(this, own);
};
