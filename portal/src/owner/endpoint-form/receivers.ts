// The receivers of docs/receiving, which the tests run. Each is loaded when it is looked at.

/** A receiver in a language. Names of languages and files are the same in every language of the page. */
export interface Receiver {
  name: string;
  file: string;
  load: () => Promise<{ default: string }>;
}

/** A receiver for each language. */
export const RECEIVERS: Receiver[] = [
  { name: "Node.js", file: "node.mjs", load: () => import("../../../../docs/receiving/javascript/node.mjs?raw") },
  {
    name: "Workers, Deno, Bun",
    file: "worker.js",
    load: () => import("../../../../docs/receiving/javascript/worker.js?raw"),
  },
  {
    name: "TypeScript",
    file: "receiver.ts",
    load: () => import("../../../../docs/receiving/typescript/receiver.ts?raw"),
  },
  { name: "Python", file: "receiver.py", load: () => import("../../../../docs/receiving/python/receiver.py?raw") },
  { name: "Go", file: "main.go", load: () => import("../../../../docs/receiving/go/main.go?raw") },
  { name: "Rust", file: "main.rs", load: () => import("../../../../docs/receiving/rust/src/main.rs?raw") },
  { name: "Ruby", file: "receiver.rb", load: () => import("../../../../docs/receiving/ruby/receiver.rb?raw") },
  { name: "PHP", file: "receiver.php", load: () => import("../../../../docs/receiving/php/receiver.php?raw") },
  { name: "Java", file: "Receiver.java", load: () => import("../../../../docs/receiving/java/Receiver.java?raw") },
];
