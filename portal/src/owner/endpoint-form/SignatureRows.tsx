import { Icon } from "../../shared/components/Icon.tsx";
import { texts } from "../../texts.ts";
import { SIGNATURE_KINDS, type SignatureKind } from "../signatures.ts";
import type { SignatureRow } from "./draft.ts";
import "./signature-rows.css";

const MOST = 10;

interface SignatureRowsProps {
  rows: SignatureRow[];
  onChange: (rows: SignatureRow[]) => void;
}

/** Rows of a header and what it carries, to add to and to take from. */
export function SignatureRows({ rows, onChange }: SignatureRowsProps) {
  const words = texts.signatures;
  const change = (id: number, part: Partial<SignatureRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const nextId = Math.max(0, ...rows.map((row) => row.id)) + 1;
  return (
    <div className="stack stack-tight">
      {rows.map((row, index) => (
        <div key={row.id} className="pair-row signature-row" role="group" aria-label={texts.pairs.row(index + 1)}>
          <input
            aria-label={words.name}
            placeholder={words.name}
            autoComplete="off"
            spellCheck={false}
            value={row.name}
            onChange={(event) => change(row.id, { name: event.target.value })}
          />
          <select
            aria-label={words.carries}
            value={row.kind}
            onChange={(event) => change(row.id, { kind: event.target.value as SignatureKind })}
          >
            {SIGNATURE_KINDS.map((kind) => <option key={kind} value={kind}>{words.kinds[kind]}</option>)}
          </select>
          <button
            type="button"
            className="button button-quiet button-icon"
            aria-label={texts.pairs.remove(row.name || String(index + 1))}
            onClick={() => onChange(rows.filter((other) => other.id !== row.id))}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
      {rows.length < MOST && (
        <div>
          <button
            type="button"
            className="button button-small"
            onClick={() => onChange([...rows, { id: nextId, name: "", kind: "standard" }])}
          >
            <Icon name="plus" />{words.add}
          </button>
        </div>
      )}
    </div>
  );
}
