import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/errors.ts
var AutopilotError = class extends Error {
  static {
    __name(this, "AutopilotError");
  }
  code;
  why;
  fix;
  constructor(code, parts) {
    super(parts.what, parts.cause === void 0 ? void 0 : { cause: parts.cause });
    this.name = "AutopilotError";
    this.code = code;
    this.why = parts.why ?? "";
    this.fix = parts.fix ?? "";
  }
  /** The whole message as printed for a person, one part a line. */
  toString() {
    const lines = [`${this.message} [${this.code}]`];
    if (this.why) lines.push(`Why: ${this.why}`);
    if (this.fix) lines.push(`What to do: ${this.fix}`);
    return lines.join("\n");
  }
};

export {
  AutopilotError
};
