// Replaces the route that an Azure machine has to its metadata service: connections to 169.254.169.254:80 go to the
// lab's server. Loaded into the agent's Node by NODE_OPTIONS; code above the socket does not notice it.
const net = require("node:net");

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first] = given;
  const options = Array.isArray(first) ? first[0] : first;
  if (options?.host === "169.254.169.254" && Number(options.port) === 80) {
    Object.assign(options, { host: "127.0.0.1", port: Number(process.env.LAB_INSTANCE_METADATA_PORT) });
  }
  return connect.apply(this, given);
};
