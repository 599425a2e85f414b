// The headers that sign a delivery, and what each carries.

import type { Schemas } from "../shared/api.ts";

/** What a signature header carries. */
export type SignatureKind = Schemas["SignatureHeader"];

/** Headers by name, with what each carries. */
export type SignatureHeaders = Record<string, SignatureKind>;

/** What a signature header can carry: what is signed first, then the signatures. */
export const SIGNATURE_KINDS: readonly SignatureKind[] = ["id", "timestamp", "standard", "stripe", "convoy", "hex"];

/** What an endpoint sends that has no signature headers of its own. */
export const USUAL_SIGNATURES: SignatureHeaders = {
  "webhook-id": "id",
  "webhook-timestamp": "timestamp",
  "webhook-signature": "standard",
  "Stripe-Signature": "stripe",
  "Nuke-Signature": "stripe",
  "Nuke-Timestamp": "timestamp",
};

/** Whether it signs, where it does not only carry what is signed. */
export const isSignature = (kind: SignatureKind): boolean => kind !== "id" && kind !== "timestamp";
