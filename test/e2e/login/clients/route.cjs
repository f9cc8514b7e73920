// The route that a network has to the workspace, for a client that knows no proxy: connections to LAB_ROUTE (`name:port`),
// port 443, go to that port of this machine. Loaded by NODE_OPTIONS; code above the socket does not notice it.
const net = require("node:net");

const [name, port] = (process.env.LAB_ROUTE ?? "").split(":");
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first] = given;
  const options = Array.isArray(first) ? first[0] : first;
  if (options?.host === name && Number(options.port) === 443) {
    Object.assign(options, { host: "127.0.0.1", port: Number(port) });
  }
  return connect.apply(this, given);
};
