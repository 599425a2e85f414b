// What Cloudflare runs: the worker that worker-build made, and what answers after a panic.

import Worker from "./build/index.js";
import { guarded } from "../shared/src/guard.mjs";

export default guarded(Worker);
