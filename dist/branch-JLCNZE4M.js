import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  statusOf
} from "./chunk-DNZ7MGUB.js";
import {
  emptyRegistry
} from "./chunk-SER2FINV.js";
import "./chunk-E5QVSBEW.js";
import {
  emptyPipelineFile
} from "./chunk-ZTA2TRVF.js";
import "./chunk-XHA3XECK.js";
import {
  PipelineFile,
  RollbackRegistry
} from "./chunk-CQPNZCSA.js";
import "./chunk-HIF7VXVL.js";
import {
  array,
  boolean,
  number,
  object,
  prettifyError,
  string
} from "./chunk-4JOCUQ4S.js";
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/state/files.ts
var PIPELINE_PATH = "state/pipeline.json";
var REGISTRY_PATH = "state/rollback-registry.json";
var README_PATH = "README.md";
function parsePipelineFile(text, branch) {
  return parse(PipelineFile, text, PIPELINE_PATH, branch);
}
__name(parsePipelineFile, "parsePipelineFile");
function parseRegistry(text, branch) {
  return parse(RollbackRegistry, text, REGISTRY_PATH, branch);
}
__name(parseRegistry, "parseRegistry");
function serialised(schema, value) {
  const checked2 = schema.safeParse(value);
  if (!checked2.success) {
    throw new AutopilotError("INTERNAL", {
      what: "The pipeline was about to write a state file that it could not read again; nothing was written.",
      why: prettifyError(checked2.error)
    });
  }
  return `${JSON.stringify(checked2.data, null, 2)}
`;
}
__name(serialised, "serialised");
function corrupt(path, branch, why, cause) {
  return new AutopilotError("STATE_CORRUPT", {
    what: `${path} on the branch ${branch} cannot be used.`,
    why,
    fix: `Restore the last good version (git log ${branch} -- ${path}), or correct the file on that branch. To start with an empty history, delete the branch ${branch}.`,
    cause
  });
}
__name(corrupt, "corrupt");
function parse(schema, text, path, branch) {
  let value;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = text.trim() === "" ? "The file is empty." : `It is no JSON: ${error.message}`;
    throw corrupt(path, branch, why, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw corrupt(
    path,
    branch,
    `It has not the expected form (${issues.join("; ")}). A newer version may have written it.`
  );
}
__name(parse, "parse");

// src/state/git-data.ts
import { createHash } from "node:crypto";
var Sha = string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
var Ref = object({ object: object({ sha: Sha }) });
var Created = object({ sha: Sha });
var Tree = object({
  truncated: boolean().default(false),
  tree: array(
    object({ path: string(), type: string(), mode: string(), sha: Sha, size: number().default(0) })
  )
});
var Blob = object({ content: string(), encoding: string() });
function createGitData(github, branch) {
  const repository = "repos/{owner}/{repo}";
  const send = /* @__PURE__ */ __name((route, parameters) => github.request(route, parameters, { repeatable: true }), "send");
  const call = /* @__PURE__ */ __name(async (schema, route, parameters) => {
    const { data } = await send(route, parameters);
    return checked(schema, data, route);
  }, "call");
  return {
    async readHead() {
      try {
        return (await call(Ref, `GET /${repository}/git/ref/{ref}`, { ref: `heads/${branch}` })).object.sha;
      } catch (error) {
        if (statusOf(error) === 404) return void 0;
        throw error;
      }
    },
    async listFiles(commit) {
      const route = `GET /${repository}/git/trees/{tree_sha}`;
      const { tree, truncated } = await call(Tree, route, { tree_sha: commit, recursive: "1" });
      if (truncated) {
        throw new AutopilotError("STATE_CORRUPT", {
          what: `The branch ${branch} holds more files than GitHub lists; it is not the pipeline's state.`,
          fix: "Name another branch in the input `state-branch`; one that does not exist yet is created."
        });
      }
      return new Map(tree.filter(({ type }) => type !== "tree").map((entry) => [entry.path, entry]));
    },
    async readText(blob) {
      const route = `GET /${repository}/git/blobs/{file_sha}`;
      const { content, encoding } = await call(Blob, route, { file_sha: blob });
      const bytes = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
      const hash = createHash(blob.length === 64 ? "sha256" : "sha1");
      if (hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex") !== blob) throw incomplete(route);
      return bytes.toString("utf8");
    },
    async commit(message, { files, others, parent }) {
      const kept = [...others].filter(([path]) => !Object.hasOwn(files, path));
      const entries = [
        ...kept.map(([path, { mode, type, sha }]) => ({ path, mode, type, sha })),
        ...Object.entries(files).map(([path, content]) => ({ path, mode: "100644", type: "blob", content }))
      ];
      const { sha: tree } = await call(Created, `POST /${repository}/git/trees`, { tree: entries });
      const parents = parent === void 0 ? [] : [parent];
      return (await call(Created, `POST /${repository}/git/commits`, { message, tree, parents })).sha;
    },
    async createHead(commit) {
      await send(`POST /${repository}/git/refs`, { ref: `refs/heads/${branch}`, sha: commit });
    },
    async moveHead(commit) {
      const parameters = { ref: `heads/${branch}`, sha: commit, force: false };
      try {
        await send(`PATCH /${repository}/git/refs/{ref}`, parameters);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        throw Object.assign(new Error(`The branch ${branch} is gone`, { cause: error }), { status: 409 });
      }
    }
  };
}
__name(createGitData, "createGitData");
function checked(schema, data, route) {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw incomplete(route);
}
__name(checked, "checked");
function incomplete(route) {
  return new AutopilotError("GITHUB_UNAVAILABLE", {
    what: `GitHub's answer to ${route} was cut short or has an unknown form.`,
    fix: "Run it again; if it stays, see https://www.githubstatus.com."
  });
}
__name(incomplete, "incomplete");

// src/state/branch.ts
var MAX_TRIES = 10;
var MAX_OUTAGES = 3;
var BACKOFF = 200;
var MAX_BACKOFF = 5e3;
var MAX_FILE_SIZE = 2e7;
function createStateStore(options) {
  const { branch, log } = options;
  const git = createGitData(options.github, branch);
  let known;
  let page;
  const superseded = /* @__PURE__ */ new Set();
  async function load(memory) {
    const head = await git.readHead();
    if (known !== void 0 && head === known.head) return known;
    if (memory === "trusted" && known?.head !== void 0 && (head === void 0 || superseded.has(head))) {
      log.debug(`GitHub answered with an old head of ${branch}; going on from our own commit ${known.head}`);
      return known;
    }
    known = head === void 0 ? emptySnapshot() : await snapshotAt(git, head, branch);
    return known;
  }
  __name(load, "load");
  async function write(message, before, next) {
    const files = {
      [PIPELINE_PATH]: serialised(PipelineFile, next.file),
      [REGISTRY_PATH]: serialised(RollbackRegistry, next.registry)
    };
    try {
      page = options.renderReadme(next.file, next.registry);
    } catch (error) {
      log.warning(`The status page could not be rendered, the old one stays: ${error.message}`);
    }
    if (page !== void 0) files[README_PATH] = page;
    const head = await git.commit(`${message}

[skip ci]`, {
      files,
      others: before.files,
      parent: before.head
    });
    if (before.head === void 0) await git.createHead(head);
    else {
      await git.moveHead(head);
      superseded.add(before.head);
    }
    superseded.delete(head);
    return { file: next.file, registry: next.registry, head, files: before.files };
  }
  __name(write, "write");
  async function withRetries(attempt) {
    let outages = 0;
    let memory = "trusted";
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(memory);
      } catch (error) {
        if (error instanceof AutopilotError && error.code !== "GITHUB_UNAVAILABLE") throw error;
        if (error instanceof ReducerFailure) throw error.cause;
        const race = [409, 422].includes(statusOf(error) ?? 0);
        if (!race) outages += 1;
        if (outages >= MAX_OUTAGES) throw unavailable(branch, error);
        if (tries >= MAX_TRIES) throw conflict(branch, error);
        memory = race ? "doubted" : memory;
        const limit = Math.min(MAX_BACKOFF, BACKOFF * 2 ** (tries - 1));
        log.debug(`State branch: try ${tries} failed (${error.message}), trying again`);
        await options.clock.sleep(Math.ceil(limit * (0.25 + 0.75 * options.random.next())));
      }
    }
  }
  __name(withRetries, "withRetries");
  return {
    read: /* @__PURE__ */ __name(async () => published(await withRetries(load)), "read"),
    update: /* @__PURE__ */ __name(async (message, reducer) => {
      const after = await withRetries(async (memory) => {
        const before = await load(memory);
        const next = reduced(before, reducer);
        if (next.file === before.file && next.registry === before.registry) return before;
        if (JSON.stringify([next.file, next.registry]) === JSON.stringify([before.file, before.registry])) {
          return before;
        }
        known = await write(message, before, next);
        return known;
      });
      return published(after);
    }, "update")
  };
}
__name(createStateStore, "createStateStore");
var ReducerFailure = class extends Error {
  static {
    __name(this, "ReducerFailure");
  }
};
function reduced(before, reducer) {
  try {
    return reducer({ file: before.file, registry: before.registry });
  } catch (error) {
    throw new ReducerFailure("The reducer failed", { cause: error });
  }
}
__name(reduced, "reduced");
function published({ file, registry, head }) {
  return { file, registry, ...head === void 0 ? {} : { head } };
}
__name(published, "published");
function emptySnapshot() {
  return { file: emptyPipelineFile(), registry: emptyRegistry(), files: /* @__PURE__ */ new Map() };
}
__name(emptySnapshot, "emptySnapshot");
async function snapshotAt(git, head, branch) {
  const files = await git.listFiles(head);
  const pipeline = files.get(PIPELINE_PATH);
  const registry = files.get(REGISTRY_PATH);
  if (!pipeline && !registry) {
    if (files.size === 0) return { ...emptySnapshot(), head };
    throw new AutopilotError("STATE_CORRUPT", {
      what: `The branch ${branch} holds something else than the pipeline's state.`,
      why: `It has files (${[...files.keys()].slice(0, 3).join(", ")}) but no ${PIPELINE_PATH}.`,
      fix: "Name another branch in the input `state-branch`; one that does not exist yet is created. If only the state was deleted from it, restore it or delete the branch."
    });
  }
  if (!pipeline) throw corrupt(PIPELINE_PATH, branch, `It is missing, although ${REGISTRY_PATH} is there.`);
  if (!registry) throw corrupt(REGISTRY_PATH, branch, `It is missing, although ${PIPELINE_PATH} is there.`);
  for (const [path, entry] of [[PIPELINE_PATH, pipeline], [REGISTRY_PATH, registry]]) {
    refuseStrange(path, entry, branch);
  }
  const [pipelineText, registryText] = await Promise.all([
    git.readText(pipeline.sha),
    git.readText(registry.sha)
  ]);
  return {
    file: parsePipelineFile(pipelineText, branch),
    registry: parseRegistry(registryText, branch),
    head,
    files
  };
}
__name(snapshotAt, "snapshotAt");
function refuseStrange(path, entry, branch) {
  if (entry.type !== "blob" || entry.mode === "120000")
    throw corrupt(path, branch, "It is not a plain file.");
  if (entry.size > MAX_FILE_SIZE) throw corrupt(path, branch, `It has ${entry.size} bytes.`);
}
__name(refuseStrange, "refuseStrange");
function unavailable(branch, cause) {
  if (cause instanceof AutopilotError) return cause;
  if (statusOf(cause) === 404) {
    return new AutopilotError("GITHUB_PERMISSION", {
      what: `GitHub does not let this token use the state branch ${branch}.`,
      why: "It answered 404, which is also its answer for what a token may not see.",
      fix: "Give the job `permissions: contents: write`.",
      cause
    });
  }
  return new AutopilotError("GITHUB_UNAVAILABLE", {
    what: `The state branch ${branch} could not be reached.`,
    why: cause.message,
    fix: "Run it again when GitHub answers; what was not recorded is recorded then. See https://www.githubstatus.com.",
    cause
  });
}
__name(unavailable, "unavailable");
function conflict(branch, cause) {
  return new AutopilotError("STATE_CONFLICT", {
    what: `The state branch ${branch} could not be updated in ${MAX_TRIES} tries.`,
    why: `Another run was faster each time, or a ruleset forbids the update: ${cause.message}`,
    fix: `Use a \`concurrency\` group in the workflow, and let GitHub Actions write to ${branch} (rulesets, branch protection).`,
    cause
  });
}
__name(conflict, "conflict");
export {
  createStateStore
};
