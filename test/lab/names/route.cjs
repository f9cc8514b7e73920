// Replaces what the system's resolver answers for the names in LAB_NAMES, and the route to their port 443. Loaded into the
// agent's Node by NODE_OPTIONS; code above the socket does not notice it. LAB_NAMES is JSON, by name: the addresses, none if the
// name is unknown, and the port of the lab that stands for 443.
const net = require("node:net");

const names = JSON.parse(process.env.LAB_NAMES ?? "{}");

function lookup(host, { all }, done) {
  const { addresses } = names[host];
  if (addresses.length === 0) {
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
    });
    return process.nextTick(done, error);
  }
  const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
  process.nextTick(() => (all ? done(null, found) : done(null, found[0].address, found[0].family)));
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first] = given;
  const options = Array.isArray(first) ? first[0] : first;
  const place = Number(options?.port) === 443 ? names[options.host] : undefined;
  if (place) Object.assign(options, { lookup, port: place.port });
  return connect.apply(this, given);
};
