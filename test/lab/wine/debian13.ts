import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../cache-folder.ts";
import { withFileLock } from "../file-lock.ts";

const execute = promisify(execFile);
const codename = "trixie";
/** Wine, what its package's own setup script is written for, and the locale C.UTF-8. */
const packages = ["wine64", "wine", "base-files", "coreutils", "dash", "libc-bin"];
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const tools = ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", "/usr/bin/unshare", "/usr/sbin/chroot", keyring];
/** In the folder's name; another number makes a new one. */
const format = 1;

/** Runs a program in the folder `$1`, in which the folders before `--` are the machine's own, as long as the program runs. */
const enter = `root=$1; shift
while [ "$1" != -- ]; do mkdir -p "$root$1" && mount --bind "$1" "$root$1" || exit 125; shift; done; shift
exec /usr/sbin/chroot "$root" "$@"`;

/** Where programs look for the certificate authorities that the machine trusts. */
const trusted = "etc/ssl/certs";

/** Debian 13 in a folder of the user's cache, with its Wine 10. */
export interface Debian13 {
  /** The command that runs a program in it. Paths below the temporary folder, the lab's cache and the project are the same there. */
  command(program: string, args: readonly string[]): readonly [file: string, args: string[]];
  /** Makes a file's CA one that it trusts. */
  trust(file: string): void;
}

/** Unpacks Debian 13, once on a machine. Throws an error that names what is missing. */
export async function debian13(): Promise<Debian13> {
  refuseMissing();
  const root = path.join(cacheFolder(), `debian-13-${format}`);
  await withFileLock(`${root}.lock`, async () => {
    if (!fs.existsSync(root)) await unpack(root);
  });
  const project = path.resolve(import.meta.dirname, "../../..");
  const shared = ["/dev", "/proc", os.tmpdir(), cacheFolder(), project];
  const entering = ["--mount", "--propagation", "private", "/bin/sh", "-c", enter, "enter", root, ...shared, "--"];
  return {
    command: (program, args) => ["/usr/bin/unshare", [...entering, program, ...args]],
    trust(file) {
      const name = new X509Certificate(fs.readFileSync(file)).fingerprint256.replaceAll(":", "");
      fs.mkdirSync(path.join(root, trusted), { recursive: true });
      fs.copyFileSync(file, path.join(root, trusted, `${name}.crt`));
    },
  };
}

function refuseMissing(): void {
  const missing = tools.filter((tool) => !fs.existsSync(tool));
  if (missing.length > 0) {
    throw new Error(`Wine 10 needs a machine with Debian 12 or later: ${missing.join(", ")} is missing.`);
  }
  if (process.getuid?.() !== 0) throw new Error("Wine 10 needs root, which may use chroot.");
}

/** Packages are unpacked, not installed: Wine needs one of their setup scripts only. */
async function unpack(root: string): Promise<void> {
  const unfinished = `${root}.${process.pid}.tmp`;
  const downloads = path.join(unfinished, "var/cache/lab");
  try {
    const files = await download(downloads);
    // First, because it contains the links from /bin and /lib to the folders in which the others' files are.
    files.sort((a, b) => Number(isPackage(b, "base-files")) - Number(isPackage(a, "base-files")));
    for (const file of files) await execute("dpkg-deb", ["--extract", file, unfinished]);
    const library = files.find((file) => isPackage(file, "libwine"));
    if (library === undefined) throw new Error("apt-get did not download libwine.");
    await execute("dpkg-deb", ["--control", library, path.join(unfinished, "tmp/libwine")]);
    // Marks the zlib of another package as Wine's own.
    await execute("/usr/sbin/chroot", [unfinished, "/bin/sh", "/tmp/libwine/postinst", "configure"]);
    fs.rmSync(downloads, { recursive: true });
    fs.renameSync(unfinished, root);
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}

function isPackage(file: string, name: string): boolean {
  return path.basename(file).startsWith(`${name}_`);
}

/** Downloads the packages and all that they depend on, and returns the files. apt checks Debian's signatures. */
async function download(folder: string): Promise<string[]> {
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(path.join(folder, "status"), "");
  fs.writeFileSync(
    path.join(folder, "sources.list"),
    `deb [signed-by=${keyring}] ${await mirror()} ${codename} main\n`,
  );
  const settings = {
    "Dir::State": folder,
    "Dir::State::status": path.join(folder, "status"),
    "Dir::Cache": path.join(folder, "cache"),
    "Dir::Etc::sourcelist": path.join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "APT::Install-Recommends": "false",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const limits = { maxBuffer: 16 * 1024 * 1024 };
  await execute("apt-get", [...options, "update", "--error-on=any"], limits);
  await execute("apt-get", [...options, "install", "--yes", "--download-only", ...packages], limits);
  const archives = path.join(folder, "cache/archives");
  const names = fs.readdirSync(archives).filter((name) => name.endsWith(".deb"));
  return names.map((name) => path.join(archives, name));
}

/** Where this machine's apt gets Debian from. */
async function mirror(): Promise<string> {
  const wanted = ["Created-By: Packages", "Origin: Debian", "Label: Debian", "Component: main"];
  const { stdout } = await execute("apt-get", ["indextargets", "--format", "$(REPO_URI)", ...wanted]);
  const [first = ""] = stdout.split("\n");
  if (first !== "") return first;
  throw new Error(
    `Wine 10 comes from Debian ${codename}, and apt has no mirror of Debian: run "apt-get update" first.`,
  );
}
