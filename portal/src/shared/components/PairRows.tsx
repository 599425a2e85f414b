import { texts } from "../../texts.ts";
import { Icon } from "./Icon.tsx";

/** A name and a value that are being typed. */
export interface Pair {
  id: number;
  name: string;
  value: string;
}

interface PairRowsProps {
  pairs: Pair[];
  nameLabel: string;
  valueLabel: string;
  addLabel: string;
  most: number;
  /** Whether values are secret. */
  isSecret?: boolean;
  onChange: (pairs: Pair[]) => void;
}

/** Rows of a name and a value each, to add to and to take from. */
export function PairRows({ pairs, nameLabel, valueLabel, addLabel, most, isSecret, onChange }: PairRowsProps) {
  const change = (id: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  const nextId = Math.max(0, ...pairs.map((pair) => pair.id)) + 1;
  return (
    <div className="stack stack-tight">
      {pairs.map((pair, index) => (
        <div key={pair.id} className="pair-row" role="group" aria-label={texts.pairs.row(index + 1)}>
          <input
            aria-label={nameLabel}
            placeholder={nameLabel}
            value={pair.name}
            onChange={(event) => change(pair.id, { name: event.target.value })}
          />
          <input
            aria-label={valueLabel}
            placeholder={valueLabel}
            value={pair.value}
            type={isSecret ? "password" : "text"}
            autoComplete="off"
            onChange={(event) => change(pair.id, { value: event.target.value })}
          />
          <button
            type="button"
            className="button button-quiet button-icon"
            aria-label={texts.pairs.remove(pair.name || String(index + 1))}
            onClick={() => onChange(pairs.filter((other) => other.id !== pair.id))}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
      {pairs.length < most && (
        <div>
          <button
            type="button"
            className="button button-small"
            onClick={() => onChange([...pairs, { id: nextId, name: "", value: "" }])}
          >
            <Icon name="plus" />{addLabel}
          </button>
        </div>
      )}
    </div>
  );
}
