// Makes what manage serves as files, openapi.json and the page to read it on: `node openapi/build.mjs FOLDER`.
//
// An operation says what is its own; here comes what follows from that. `answers` become responses with the worker's
// headers, `errors` become one response for each status with the codes it may have, and every call has those of
// its worker besides: 401, 429 and so on.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { parse } from "yaml";

const read = (name) =>
  parse(fs.readFileSync(path.join(import.meta.dirname, `${name}.yaml`), "utf8"));
const [info, codes, components, manage, deliver, page, webhooks] =
  ["info", "errors", "components", "manage", "deliver", "page", "webhooks"].map(read);

const refs = (kind, names) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/${kind}/${name}` }]));
const MANAGE_HEADERS = Object.keys(components.headers).filter((name) => name.startsWith("Access-"));
const STATUS_HEADERS = { 401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"], 405: ["Allow"] };

const WORKERS = {
  manage: {
    paths: manage,
    headers: MANAGE_HEADERS,
    security: [{ user_token: [] }, { api_key: [] }],
  },
  deliver: {
    paths: deliver,
    headers: [],
    security: [{ service_key: [] }, { service_token: [] }],
    servers: [{
      url: "https://{deliver_host}",
      description: "deliver",
      variables: { deliver_host: { default: "webhooks-deliver.your-account.workers.dev" } },
    }],
  },
};
/** What opens a call besides what opens all of its worker. */
const MORE_SECURITY = { getMetrics: [{ metrics_key: [] }], deliver: [{ wake_up_key: [] }] };
/** What every call may be answered. */
const EVERY_CALL = [
  "invalid_value", "unauthorized", "too_many_requests", "misconfigured", "internal", "database_unavailable",
];

/** The schema with the fields of the one that it extends. */
function extended({ extends: name, ...own }) {
  if (!name) return own;
  const base = extended(components.schemas[name]);
  return {
    ...base,
    ...own,
    required: [...base.required, ...own.required],
    properties: { ...base.properties, ...own.properties },
  };
}
components.schemas = Object.fromEntries(
  Object.entries(components.schemas).map(([name, schema]) => [name, extended(schema)]),
);

components.responses = {};

/** The response for the codes of one status. */
function errorResponse(worker, status, names) {
  const key = `${worker}.${names.join("-or-")}`;
  components.responses[key] ??= {
    description: names.map((name) => `\`${name}\`: ${codes[name].description}`).join("\n\n"),
    headers: refs("headers", [
      "Cache-Control", ...(STATUS_HEADERS[status] ?? []), ...WORKERS[worker].headers,
    ]),
    content: { "application/json": { schema: {
      type: "object",
      required: ["error", "code"],
      properties: {
        error: { type: "string", description: "A sentence for people.", minLength: 1 },
        code: { enum: names },
        ...Object.assign({}, ...names.map((name) => codes[name].details)),
      },
    } } },
  };
  return { $ref: `#/components/responses/${key}` };
}

function errorResponses(worker, names) {
  const byStatus = Object.groupBy([...new Set(names)], (name) => {
    if (!codes[name]) throw new Error(`errors.yaml does not know ${name}`);
    return codes[name].status;
  });
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, names]) => [status, errorResponse(worker, status, names)]),
  );
}

/** The calls that the id in an answer is for: those of this worker with this parameter. */
function links(parameter) {
  const calls = Object.entries(manage)
    .filter(([route]) => route.includes(`{${parameter}}`) && !route.includes("{delivery_id}"))
    .flatMap(([, item]) => Object.values(item).filter(({ operationId }) => operationId));
  return Object.fromEntries(calls.map(({ operationId }) => [
    operationId, { operationId, parameters: { [parameter]: "$response.body#/data/id" } },
  ]));
}

function answerResponse(worker, { description, data, message, content, text, id_for, headers: own = [] }) {
  const headers = refs("headers", ["Cache-Control", ...own, ...WORKERS[worker].headers]);
  if (text) return { description, headers, content: { "text/plain": { schema: { type: "string" }, example: text } } };
  const schema = content ?? {
    type: "object",
    required: [...(data ? ["data"] : []), ...(message ? ["message"] : [])],
    properties: { ...(data && { data }), ...(message && { message: { type: "string" } }) },
  };
  return {
    description,
    headers,
    content: { "application/json": { schema } },
    ...(id_for && { links: links(id_for) }),
  };
}

function operation(worker, operation) {
  const {
    answers, errors = [], body, optional_body, example, idempotent, writes, is_public, by_console, parameters = [], ...rest
  } = operation;
  const { security, servers } = WORKERS[worker];
  const schema = body ?? optional_body;
  const hasOwner = worker === "manage" && !is_public;
  const all = [
    ...errors,
    ...EVERY_CALL,
    ...(hasOwner ? ["owner_required", "wrong_owner", "no_owner", "invalid_field"] : []),
    ...(writes ? ["insufficient_scope"] : []),
    ...(schema ? ["body_too_large", "unsupported_media_type"] : []),
    ...(idempotent ? ["idempotency_key_reused"] : []),
  ];
  return {
    ...rest,
    ...(servers && { servers }),
    security: is_public ? [] : [
      ...security, ...(by_console ? [{ console_session: [] }] : []), ...(MORE_SECURITY[rest.operationId] ?? []),
    ],
    parameters: [
      ...parameters,
      ...(idempotent ? [{ $ref: "#/components/parameters/idempotency_key" }] : []),
      ...(hasOwner ? [{ $ref: "#/components/parameters/owner" }] : []),
    ],
    ...(schema && {
      requestBody: {
        required: Boolean(body),
        content: { "application/json": { schema, ...(example && { example }) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, answerResponse(worker, answer)]),
      ),
      ...errorResponses(worker, all),
    },
  };
}

/** The path's own fields, its parameters, and its operations. */
function pathItem(worker, route, item) {
  const METHODS = ["get", "put", "post", "patch", "delete"];
  const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const parameters = item.parameters ?? named.map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return Object.fromEntries([
    ...(parameters.length ? [["parameters", parameters]] : []),
    ...Object.entries(item)
      .filter(([name]) => name !== "parameters")
      .map(([name, value]) => [name, METHODS.includes(name) ? operation(worker, value) : value]),
  ]);
}

/** A pattern for names that are not of these forms, in any case and with _ for -. */
function noneOf(words) {
  const anyCase = (word) =>
    word.replace(/[a-z-]/g, (c) => (c === "-" ? "[-_]" : `[${c}${c.toUpperCase()}]`));
  return `^(?!${words.map(anyCase).join("|")})`;
}
const { RequestHeaders, SignatureHeaders } = components.schemas;
const reserved = RequestHeaders["x-reserved"];
const ours = ["webhook-", "nuke-", "svix-", "stripe-signature$"];
for (const [schema, words] of [
  [RequestHeaders, reserved],
  [SignatureHeaders, reserved.filter((word) => !ours.includes(word))],
]) {
  schema.propertyNames.pattern = schema.propertyNames.pattern.replace("^", noneOf(words));
}

const paths = Object.fromEntries(
  Object.entries(WORKERS).flatMap(([worker, { paths }]) =>
    Object.entries(paths).map(([route, item]) => [route, pathItem(worker, route, item)]),
  ),
);
// What another method of a known path is answered: no call of its own.
errorResponse("manage", 405, ["method_not_allowed"]);
errorResponse("deliver", 405, ["method_not_allowed"]);

const document = { ...info, paths: { ...paths, ...page }, webhooks, components };
const redoc = path.dirname(createRequire(import.meta.url).resolve("redoc/package.json"));
const source = path.join(import.meta.dirname, "page");
const files = Object.fromEntries(
  ["_headers", "docs.html", "docs/start.js"].map((name) => [name, fs.readFileSync(path.join(source, name))]),
);
// Without its logo, which would come from another host.
files["docs/redoc.standalone.js"] = Buffer.from(
  fs.readFileSync(path.join(redoc, "bundles/redoc.standalone.js"), "utf8")
    .replaceAll("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,"),
);
files["openapi.json"] = Buffer.from(JSON.stringify(document, null, 1) + "\n");

// What is there already is left alone: a worker may be serving it.
const [folder] = process.argv.slice(2);
fs.mkdirSync(path.join(folder, "docs"), { recursive: true });
for (const name of fs.readdirSync(folder, { recursive: true })) {
  if (name !== "docs" && !/^portal($|\/)/.test(name) && !files[name]) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}
for (const [name, content] of Object.entries(files)) {
  const file = path.join(folder, name);
  if (!fs.existsSync(file) || !fs.readFileSync(file).equals(content)) fs.writeFileSync(file, content);
}
