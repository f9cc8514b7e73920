// The agent's worker: the process that starts those of a job's steps, and hands their output and exit codes on.
// It does what it is sent: { do: "start", id, file, args, cwd, env }, { do: "signal", id, name }, { do: "abandon", id }.
const { spawn } = require("node:child_process");

process.title = "Agent.Worker";
const children = new Map();

const actions = {
  start({ id, file, args, cwd, env }) {
    const child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    children.set(id, child);
    child.once("error", ({ message }) => process.send({ id, event: "error", message }));
    child.once("spawn", () => {
      process.send({ id, event: "started", pid: child.pid });
      child.stdin.on("error", () => {}).end();
    });
    child.once("exit", (code, signal) => process.send({ id, event: "exit", code, signal }));
    for (const stream of ["stdout", "stderr"]) {
      child[stream].on("data", (chunk) => process.send({ id, event: "data", stream, chunk }));
      child[stream].on("error", () => {});
      child[stream].once("close", () => process.send({ id, event: "closed", stream }));
    }
  },
  signal({ id, name }) {
    children.get(id)?.kill(name);
  },
  abandon({ id }) {
    const child = children.get(id);
    child?.stdout.destroy();
    child?.stderr.destroy();
  },
};

process.on("message", (message) => actions[message.do](message));
process.on("disconnect", () => process.exit());
