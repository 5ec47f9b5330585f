import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/server/shell.ts
function quote(word) {
  if (word.includes("\0") || !word.isWellFormed()) {
    throw new AutopilotError("INTERNAL", {
      what: "A word with a NUL byte or half a character cannot be passed to a shell.",
      why: `It begins with ${JSON.stringify(word.slice(0, 20))}.`,
      fix: "Remove the character from the configuration or the file name it came from."
    });
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
__name(quote, "quote");
function argvText(argv) {
  return argv.map(quote).join(" ");
}
__name(argvText, "argvText");
var VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
function assignments(env) {
  return Object.entries(env).map(([name, value]) => {
    if (!VARIABLE.test(name)) {
      throw new AutopilotError("INTERNAL", {
        what: `${JSON.stringify(name)} is not a name for an environment variable.`,
        fix: "Use letters, digits and underscores."
      });
    }
    return `${name}=${quote(value)}; export ${name}; `;
  }).join("");
}
__name(assignments, "assignments");
function directory(path) {
  return quote(path.startsWith("/") ? path : `./${path}`);
}
__name(directory, "directory");
function commandText(command) {
  const input = command.input === void 0 ? "" : `printf %s ${quote(command.input)} | `;
  const cwd = command.cwd === void 0 ? "" : `cd ${directory(command.cwd)} && `;
  return `( ${cwd}{ ${assignments(command.env ?? {})}${input}${argvText(command.argv)}; } )`;
}
__name(commandText, "commandText");
function loginText(text) {
  return `exec sh -c ${quote(text)}`;
}
__name(loginText, "loginText");

export {
  quote,
  argvText,
  commandText,
  loginText
};
