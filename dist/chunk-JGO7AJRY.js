import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  require_lib
} from "./chunk-BQYSLNWA.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name,
  __toESM
} from "./chunk-7EV6XQIJ.js";

// src/server/known-hosts.ts
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
var KEY_TYPE = /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh\.com)$/;
function fingerprintOf(blob) {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
__name(fingerprintOf, "fingerprintOf");
function typeOf(blob) {
  if (blob.length < 4) return "";
  const length = blob.readUInt32BE(0);
  return length > 64 ? "" : blob.subarray(4, 4 + length).toString("latin1");
}
__name(typeOf, "typeOf");
function readPins(text, host, port) {
  const found = { pins: [], hints: [], authorities: [] };
  text.replace(/^\uFEFF/, "").split(/\r?\n|\r/).forEach((raw, index) => readLine(raw.trim(), index + 1, host.toLowerCase(), port, found));
  return found;
}
__name(readPins, "readPins");
function readLine(text, line, host, port, found) {
  if (text === "" || text.startsWith("#")) return;
  const fingerprint = /(?:^|\s)(SHA256:[A-Za-z0-9+/]{43})=?(?:\s|$)/.exec(text)?.[1];
  if (fingerprint) {
    const type2 = text.split(/\s+/).find((word) => KEY_TYPE.test(word));
    found.pins.push({ line, fingerprint, type: type2, revoked: false });
    return;
  }
  const words = text.split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift() : void 0;
  const names = KEY_TYPE.test(words[0] ?? "") ? void 0 : words.shift();
  const [type = "", base64 = ""] = words;
  const blob = Buffer.from(base64, "base64");
  if (!KEY_TYPE.test(type) || typeOf(blob) !== type) {
    found.hints.push(`line ${line} is neither a known_hosts line nor a SHA256: fingerprint`);
    return;
  }
  if (names !== void 0 && !matches(names, host, port)) {
    if (matches(names, host, 22) && port !== 22) {
      found.hints.push(`line ${line} is for port 22; for port ${port} it must begin with [${host}]:${port}`);
    }
    return;
  }
  if (marker === "@cert-authority") found.authorities.push(line);
  else if (marker === void 0 || marker === "@revoked") {
    found.pins.push({ line, fingerprint: fingerprintOf(blob), type, revoked: marker === "@revoked" });
  } else found.hints.push(`line ${line} has the unknown marker ${marker}`);
}
__name(readLine, "readLine");
function matches(names, host, port) {
  const wanted = port === 22 ? host : `[${host}]:${port}`;
  const hashed = /^\|1\|([A-Za-z0-9+/=]+)\|([A-Za-z0-9+/=]+)$/.exec(names);
  if (hashed) {
    const [, salt = "", digest = ""] = hashed;
    const expected = Buffer.from(digest, "base64");
    const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(wanted).digest();
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  }
  let matched = false;
  for (const name of names.toLowerCase().split(",")) {
    const negated = name.startsWith("!");
    const pattern = negated ? name.slice(1) : name;
    if (wildcard(pattern, wanted) || port === 22 && pattern === `[${host}]:22`) {
      if (negated) return false;
      matched = true;
    }
  }
  return matched;
}
__name(matches, "matches");
function wildcard(pattern, text) {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === text[t] || pattern[p] === "?")) {
      p++;
      t++;
    } else if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
__name(wildcard, "wildcard");
var FAMILIES = [
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]]
];
function hostKeyAttempts(pins) {
  const wanted = pins.filter((pin) => !pin.revoked);
  const typed = new Set(wanted.map((pin) => pin.type));
  if (typed.has(void 0)) return FAMILIES.map(([, algorithms]) => algorithms);
  const first = FAMILIES.filter(([type]) => typed.has(type));
  const rest = FAMILIES.filter(([type]) => !typed.has(type));
  return [[...first, ...rest].flatMap(([, algorithms]) => algorithms)];
}
__name(hostKeyAttempts, "hostKeyAttempts");

// src/server/private-key.ts
var import_ssh2 = __toESM(require_lib(), 1);
import { createPrivateKey } from "node:crypto";
function refuse(what, fix, why = "") {
  throw new AutopilotError("SSH_KEY", { what, why, fix });
}
__name(refuse, "refuse");
var HOW = "Put the whole file, from -----BEGIN to -----END, into the secret: `gh secret set DEPLOY_KEY < key`.";
function readPrivateKey(input, passphrase = "") {
  const text = mend(input);
  if (text === "") {
    refuse(
      "The input `ssh-private-key` is empty.",
      "Set the secret it comes from. Runs of forks and of Dependabot do not get secrets."
    );
  }
  if (text.startsWith("PuTTY-User-Key-File")) {
    refuse(
      "The key in `ssh-private-key` is in the format of PuTTY (.ppk).",
      "Convert it: `puttygen key.ppk -O private-openssh -o key`, and use the new file."
    );
  }
  if (/^(ssh-|ecdsa-|sk-)|^-----BEGIN (RSA |SSH2 )?PUBLIC KEY|^---- BEGIN SSH2/.test(text)) {
    refuse(
      "The key in `ssh-private-key` is a public key.",
      "Use the private one: the file of the same name without `.pub`."
    );
  }
  const kind = /^-----BEGIN ([A-Z0-9 ]+)-----\n/.exec(text)?.[1];
  if (!kind?.endsWith("PRIVATE KEY")) {
    refuse(
      "The value of `ssh-private-key` is not a private key.",
      HOW,
      kind && `It is a ${kind.toLowerCase()}.`
    );
  }
  if (!text.includes(`-----END ${kind}-----`)) refuse("The key in `ssh-private-key` ends half-way.", HOW);
  const usable = kind === "PRIVATE KEY" || kind === "ENCRYPTED PRIVATE KEY" ? fromPkcs8(text, passphrase) : text;
  const parsed = import_ssh2.default.utils.parseKey(usable, passphrase || void 0);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === void 0) return explain(key?.message ?? "", passphrase);
  return { text: usable, type: key.type, fingerprint: fingerprintOf(key.getPublicSSH()) };
}
__name(readPrivateKey, "readPrivateKey");
function explain(message, passphrase) {
  if (/no passphrase/i.test(message)) {
    refuse(
      "The key in `ssh-private-key` is encrypted.",
      "Give its passphrase in `ssh-passphrase`, or use a key without one."
    );
  }
  if (passphrase !== "" && /integrity|malformed|decrypt|bad/i.test(message)) {
    refuse(
      "The key in `ssh-private-key` does not open with `ssh-passphrase`.",
      "Check the passphrase: `ssh-keygen -y -f key` asks for it and prints the public key when it is right."
    );
  }
  refuse(
    "The key in `ssh-private-key` cannot be read.",
    `Make a new one: \`ssh-keygen -t ed25519 -f key -N ''\`. ${HOW}`,
    message
  );
}
__name(explain, "explain");
function fromPkcs8(text, passphrase) {
  try {
    const key = createPrivateKey({ key: text, passphrase });
    if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs1", format: "pem" });
    if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" });
  } catch {
    explain(passphrase === "" && text.includes("ENCRYPTED") ? "no passphrase" : "bad decrypt", passphrase);
  }
  return refuse(
    "The key in `ssh-private-key` is in PKCS#8 form, of a type that SSH does not use in it.",
    "Make a new one: `ssh-keygen -t ed25519 -f key`."
  );
}
__name(fromPkcs8, "fromPkcs8");
function mend(input) {
  let text = input.replace(/^\uFEFF/, "").trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(text)?.[2];
  text = (quoted ?? text).trim();
  if (/^[A-Za-z0-9+/=\s]{100,}$/.test(text)) {
    const decoded = Buffer.from(text, "base64").toString("latin1").trim();
    if (decoded.startsWith("-----BEGIN ")) text = decoded;
  }
  if (!text.includes("\n") && text.includes("\\n")) text = text.replaceAll("\\r", "").replaceAll("\\n", "\n");
  const oneLine = /^(-----BEGIN [A-Z0-9 ]+-----)[ \t]+([A-Za-z0-9+/= \t]+?)[ \t]*(-----END [A-Z0-9 ]+-----)$/.exec(text);
  if (oneLine) text = [oneLine[1], ...(oneLine[2] ?? "").trim().split(/[ \t]+/), oneLine[3]].join("\n");
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  return text === "" ? "" : `${lines.join("\n").trim()}
`;
}
__name(mend, "mend");

// src/server/ssh-errors.ts
function isPassing(error) {
  const { level, code, message } = error;
  if (level === "client-timeout" || level === "client-dns") return true;
  if (/lost before handshake|socket hang up|ended by other|reset/i.test(message)) return true;
  return [
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EPIPE",
    "EAI_AGAIN",
    "ENOTFOUND"
  ].includes(code ?? "");
}
__name(isPassing, "isPassing");
function connectError(error, at, key) {
  if (error instanceof AutopilotError) return error;
  const { level, code = "", message } = error;
  const where = `${at.host}:${at.port}`;
  const connect = /* @__PURE__ */ __name((what, fix) => new AutopilotError("SSH_CONNECT", { what, why: message, fix, cause: error }), "connect");
  if (level === "client-authentication") {
    return new AutopilotError("SSH_AUTH", {
      what: `${where} refused the key for the user \`${at.user}\`.`,
      why: `The key offered is ${key.type} ${key.fingerprint}.`,
      fix: `Add its public half to ~${at.user}/.ssh/authorized_keys on the server (\`ssh-copy-id\`), or correct \`deploy.user\`. There, \`journalctl -u ssh\` says why it refused.`,
      cause: error
    });
  }
  if (level === "client-dns" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return connect(
      `The name ${at.host} of \`deploy.target\` does not resolve.`,
      "Check the spelling; runners of GitHub see public DNS only, not private names or ~/.ssh/config."
    );
  }
  if (code === "ECONNREFUSED") {
    return connect(
      `Nothing listens at ${where}.`,
      "Check `deploy.port` and that sshd runs (`systemctl status ssh`)."
    );
  }
  if (level === "client-timeout" || ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"].includes(code)) {
    return connect(
      `${where} does not answer.`,
      "Check the address and the firewall: runners of GitHub have no fixed address, so port 22 must be open to all or the runner be your own."
    );
  }
  if (/^Handshake failed|no matching/i.test(message)) {
    return connect(
      `${where} and this client share no algorithm.`,
      "Update sshd on the server, or allow modern algorithms there."
    );
  }
  return connect(
    `The connection to ${where} ended before the login.`,
    "Something else than sshd may listen there, or it refuses for a while (MaxStartups, fail2ban). Look at `journalctl -u ssh`."
  );
}
__name(connectError, "connectError");
function unpinned(at, found, given, received) {
  const shown = received ? `The server shows ${received.type} ${received.fingerprint}. ` : "";
  return new AutopilotError("SSH_HOST_KEY", {
    what: given ? `No line of \`ssh-known-hosts\` is for ${at.host} port ${at.port}.` : "The input `ssh-known-hosts` is empty, so the server cannot be told from an impostor.",
    why: `${shown}${found.hints.join("; ")}`.trim(),
    fix: `Compare it on the server (\`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`), then give the output of \`ssh-keyscan -p ${at.port} ${at.host}\` or that fingerprint in \`ssh-known-hosts\`.`
  });
}
__name(unpinned, "unpinned");
function mismatch(at, pins, received) {
  const show = /* @__PURE__ */ __name((keys) => keys.map((key) => `${key.type ?? ""} ${key.fingerprint}`.trim()).join(", "), "show");
  const revoked = pins.find(
    (pin) => pin.revoked && received.some((key) => key.fingerprint === pin.fingerprint)
  );
  if (revoked) {
    return new AutopilotError("SSH_HOST_KEY", {
      what: `The host key of ${at.host} port ${at.port} is revoked.`,
      why: `Line ${revoked.line} of \`ssh-known-hosts\` revokes ${show(received)}, which the server shows.`,
      fix: "Give the server a new host key; whoever has the revoked one can pose as it."
    });
  }
  return new AutopilotError("SSH_HOST_KEY", {
    what: `The host key of ${at.host} port ${at.port} is not the one in \`ssh-known-hosts\`.`,
    why: `Received: ${show(received)}. Expected: ${show(pins.filter((pin) => !pin.revoked)) || "none that is not revoked"}.`,
    fix: "If the server was installed anew, compare the fingerprint there and update `ssh-known-hosts`. If not, somebody may be in between: do not connect."
  });
}
__name(mismatch, "mismatch");
function certificateAuthority(at, lines) {
  return new AutopilotError("SSH_HOST_KEY", {
    what: `Line ${lines.join(", ")} of \`ssh-known-hosts\` trusts a certificate authority for ${at.host}, which is not supported.`,
    why: "The SSH library cannot check host certificates.",
    fix: `Give the host key itself: the output of \`ssh-keyscan -p ${at.port} ${at.host}\`.`
  });
}
__name(certificateAuthority, "certificateAuthority");

// src/server/credentials.ts
function readCredentials(given) {
  const key = readPrivateKey(given.privateKey, given.passphrase);
  const pins = readPins(given.knownHosts, given.host, given.port);
  if (pins.authorities.length > 0) throw certificateAuthority(given, pins.authorities);
  return { key, pins };
}
__name(readCredentials, "readCredentials");
function checkCredentials(given) {
  const { pins } = readCredentials(given);
  if (pins.pins.length === 0) throw unpinned(given, pins, given.knownHosts.trim() !== "", void 0);
}
__name(checkCredentials, "checkCredentials");

export {
  fingerprintOf,
  typeOf,
  hostKeyAttempts,
  isPassing,
  connectError,
  unpinned,
  mismatch,
  readCredentials,
  checkCredentials
};
